/*
 * state.h — the state of one partition, shared by the steps of this room; nobody outside classify/ sees it.
 *
 * All items are plain values linked by pool handles, so that state.c can save them as they are. Handle 0 is
 * "none". Time    *_ms is device-clock milliseconds, UTC; TIME_NONE where unknown. Source  strongSwan IKE_SA
 * and CHILD_SA states (messages.md 1.5); RFC 7296 2.1, 2.2 for message ids.
 */
#ifndef IKEWATCH_CLASSIFY_STATE_H
#define IKEWATCH_CLASSIFY_STATE_H

#include "classify/classify.h"
#include "classify/event.h"
#include "classify/inventory.h"
#include "classify/line.h"
#include "classify/pool.h"

enum {
    NAME_MAX_BYTES = 64,
    NOTE_TEXT_MAX = 240,
    EVIDENCE_TEXT_MAX = 640,
    EVIDENCE_PER_TUNNEL = 32,
    THREADS_MAX = 32, /* charon runs 16 by default; more share a slot, told apart by job.thread */
    CHILDREN_MAX = 8,
    SA_HELD_MAX = 6,
    ALIASES_MAX = 4,
    PAYLOADS_TEXT_MAX = 512, /* charon's own buffer, messages.md 1.3 */
    PAYLOADS_LIST_MAX = 48,
    PAYLOAD_LISTS_MAX = 4096, /* different lists of a partition; a fleet writes some dozens */
    PROPOSALS_TEXT_MAX = 1600,
    HISTORY_MAX = 8,
    CLOSED_MAX = 2,
    SAS_PER_DEVICE = 4096, /* so that one device, or who forges its lines, cannot take the others' room */
    TUNNELS_PER_DEVICE_MAX = 2048,
    PARKED_PER_DEVICE = 128,
    SENT_MAX = 8,
    PARKED_LINE_MAX = 900,
    HELD_MAX = 16384,
    HELD_PER_DEVICE = 512,
    JOB_GAP_MS = 2000, /* lines of one job stand in the same second, or the next */
    DECIDE_GRACE_MS =
        5000, /* FTMD and charon print the two halves of one event in any order, seconds apart at most */
};

/* A line kept in case it turns out to be evidence: what is known of it beside its text. */
struct quote {
    int64_t at_ms, offset;
    uint16_t len; /* 0: none */
    bool cut;     /* then sha256 was taken over the whole line */
    unsigned char sha256[32];
};

struct note {
    struct quote q;
    char text[NOTE_TEXT_MAX];
};

/* Proposal lists are the longest lines that prove something. */
struct long_note {
    struct quote q;
    char text[EVIDENCE_TEXT_MAX];
};

struct sent {
    uint32_t sa;
    int64_t at_ms;
};

struct device {
    uint64_t id;
    char name[NAME_MAX_BYTES], system_ip[ADDR_TEXT_MAX], aliases[ALIASES_MAX][NAME_MAX_BYTES];
    uint8_t alias_count;
    bool dirty, replayed, future, skew_known, stored;
    int64_t first_seen_ms, last_seen_ms, booted_ms, skew_ms;
    int64_t lines;
    uint32_t jobs[THREADS_MAX], first_sa, first_tunnel, first_parked, last_parked;
    uint16_t parked_count, sa_count, tunnel_count;
    struct sent
        sent[SENT_MAX]; /* whose packets went to the sender: another thread tells if the socket refused one */
    uint32_t next_sent;
    int64_t sweep_ms; /* gone and half-open SAs are looked for when the clock passes this */
    int64_t tied_ms;  /* when lines of giving up came that fit several SAs, */
    uint16_t tied;    /* and how many */
    int16_t tied_thread;
    int32_t run;      /* of charon, from 1 */
    int32_t tries;    /* retransmissions before it gives up, as seen last; 0: not yet */
    int64_t next_uid; /* of the next IKE_SA charon makes: it counts from 1; -1 unknown */
    int64_t clock_ms; /* the latest stamp that is believed (held.h) */
    int64_t unordered_until_ms, held_clock_ms, held_record_ms;
    uint32_t first_held, last_held, next_holding;
    uint16_t held_count, late_lines;
    bool holding;
    int64_t check_ms; /* when the clock passes this, incidents are looked at again (incident_check) */
};

/* A packet line waiting for the summary that says whose it is, or the other way round. */
struct packet {
    struct addr src, dst;
    uint16_t src_port, dst_port;
    int32_t bytes; /* -1: none */
};

enum waiting_kind { WAITING_NONE, WAITING_REQUEST, WAITING_RETRANSMIT, WAITING_REFUSAL, WAITING_MOVED };

/* A request or retransmission printed before any line said whose it is (messages.md 1.2.5), or a refusal of
 * ours after such lines were lost, or the peer's first request from another address. */
struct waiting {
    enum waiting_kind kind;
    uint8_t exchange;
    int64_t mid, at_ms, offset;
    int32_t attempt, tries, timeout_s; /* of a retransmission; -1: not printed */
    uint32_t payloads;
    struct note note;
};

struct job {
    int16_t thread;
    int64_t last_ms;
    uint32_t device, sa, tunnel, exchange, proposals;
    bool parked;    /* a line of it waits for an earlier one (parked.h) */
    bool packet_in; /* `packet` is one received, not sent */
    struct packet packet;
    uint32_t awaited; /* what sa_due() said of the line about to be read */
    struct waiting waiting;
    struct note summary;   /* the latest parsed or generating line */
    uint8_t unbound_count; /* lines told to nobody yet, for options.bound */
    int64_t unbound[14];
};

/* Both lists of one negotiation, until the job ends. */
struct proposals {
    uint16_t received_len, configured_len;
    char received[PROPOSALS_TEXT_MAX], configured[PROPOSALS_TEXT_MAX];
    struct long_note received_note, configured_note;
};

enum sa_state { SA_CREATED, SA_CONNECTING, SA_ESTABLISHED, SA_REKEYED, SA_DELETING, SA_GONE };

struct sa {
    uint32_t device, tunnel, next_of_device, next_of_pair;
    int64_t uid;   /* -1: not known yet */
    int64_t guess; /* of a responder's: the number whose turn it is; -1: none */
    struct addr local, peer;
    uint16_t local_port, peer_port;
    uint8_t state;
    bool initiator, paired, implicit; /* implicit: was there before the log began */
    uint64_t facts;                   /* of this negotiation */
    int64_t created_ms, gone_ms;
    int64_t next_out, next_in; /* message ids; -1: unknown */
    uint32_t out_exchange;     /* the request under way; window size is 1 (RFC 7296 2.3) */
    uint8_t out_type;
    bool out_is_rekey_ike, out_is_rekey_child;
    bool out_is_auth;              /* IKE_AUTH, or the message of IKEv1's phase 1 that carries the identity */
    uint8_t out_sends, out_errors; /* packets of it, and how many the socket refused */
    uint8_t probes;                /* IKEv1's, beside that request, since the peer was heard last; */
    int64_t probe_ms;              /* the first of them */
    int64_t out_mid, out_sent_ms, out_last_ms;
    int32_t out_retransmits, out_base_ms; /* base: first time-out, 0 unknown */
    struct note request;                  /* the line of that request */
    struct note initiating;               /* the line that began this SA */
    uint32_t in_exchange;                 /* the request that arrived last, until it is answered */
    uint32_t held[SA_HELD_MAX];           /* exchanges waiting for the uid */
    uint8_t held_count;
};

struct exchange {
    uint64_t id;
    uint32_t device, tunnel, sa;
    int64_t uid, mid, requested_ms, answered_ms;
    int32_t run; /* of charon, which the uid is of */
    uint8_t type, outcome;
    bool out, dirty, stored, near_miss;
    bool final;   /* nothing more can happen to it but the size of its packet */
    uint8_t jobs; /* whose next `sending packet` is about it */
    int32_t retransmits, request_bytes, response_bytes;
    uint32_t request, response; /* payload lists */
};

struct child {
    int64_t id, spi_in, spi_out, up_ms;
};

/* A CHILD_SA whose closing stands before the line that it was established, both of one second. */
struct closed {
    int64_t id, at_ms;
};

/* Lines of one second may stand in any order but that of their thread. */
static inline bool same_second(int64_t a_ms, int64_t b_ms)
{
    return a_ms != TIME_NONE && b_ms != TIME_NONE && a_ms / 1000 == b_ms / 1000;
}

enum tunnel_state { TUNNEL_UNKNOWN, TUNNEL_UP, TUNNEL_DOWN, TUNNEL_NEVER_UP };
enum identity { IDENTITY_UNKNOWN, IDENTITY_ADDRESS, IDENTITY_INVENTORY, IDENTITY_CONNECTION, IDENTITY_FTMD };

struct tunnel {
    uint64_t id, merged_into;
    uint32_t device, next_of_device;
    char name[NAME_MAX_BYTES], conn[NAME_MAX_BYTES];
    int32_t vpn_id;
    struct addr local, peer;
    uint8_t state, identity, child_count, evidence_count;
    bool dirty, stored, ftmd, seen_up;
    int64_t since_ms, first_seen_ms, last_proof_ms, next_rekey_ms, predicted_ms, near_misses;
    struct child children[CHILDREN_MAX];
    struct closed closed[CLOSED_MAX]; /* the latest first */
    uint64_t facts;                   /* since the tunnel was last well */
    uint32_t incident;                /* open, or closed a moment ago */
    uint32_t evidence[EVIDENCE_PER_TUNNEL];
    int64_t first_unanswered_ms, onset_earliest_ms; /* of the trouble at hand */
    int64_t trouble_ms; /* latest line that told of it: what stands in the same second may have come before */
    struct note last_proof;
    uint32_t diff; /* proposals that were refused, kept while the facts are */
};

struct evidence {
    int64_t at_ms, offset;
    uint16_t role; /* enum fact, or enum chain_role behind them */
    uint16_t len;
    char text[EVIDENCE_TEXT_MAX];
    unsigned char sha256[32];
};

/* Roles of lines that prove no fact by themselves; evidence_role_text() gives the words. */
enum chain_role {
    ROLE_LAST_PROOF = FACT_COUNT,
    ROLE_FIRST_UNANSWERED,
    ROLE_ATTEMPT,
    ROLE_DECLARED_DOWN,
    ROLE_PROPOSALS,
    ROLE_SUMMARY
};

enum symptom { SYMPTOM_NOT_ESTABLISHED, SYMPTOM_FLAP, SYMPTOM_DOWN };
enum confidence { CONFIDENCE_POSSIBLE, CONFIDENCE_LIKELY, CONFIDENCE_CERTAIN };

/* What cause.c decided. Index into its rule table, -1: nothing fits. */
struct verdict {
    int16_t rule;
};

struct history {
    int64_t at_ms;
    uint8_t symptom;
    struct verdict verdict;
};

struct incident {
    uint64_t id, outage_id;
    uint32_t device, tunnel;
    uint8_t symptom, history_count, evidence_count;
    bool dirty, stored, closed, settled, has_outage, restarted;
    bool defect, defect_sure; /* CSCvx86427: its pattern fits; long enough to be likely */
    struct verdict verdict, blocker;
    uint64_t facts; /* of the loss, grown while it may still turn */
    int64_t began_ms, onset_earliest_ms, onset_latest_ms, declared_ms, ended_ms, predicted_ms, down_ms;
    struct history history[HISTORY_MAX];
    uint32_t evidence[EVIDENCE_PER_TUNNEL];
    uint32_t diff;
};

struct transition {
    uint64_t device_id, tunnel_id, id, incident_id;
    int64_t at_ms;
    bool up, ftmd;
    uint8_t quality;
};

/* An event that waits, with a copy of its line; fields are where they stand in it. */
struct parked {
    uint32_t next, job;
    uint8_t kind, fact;
    int16_t thread;
    bool has_conn;
    uint16_t conn_start, conn_len, line_len;
    int64_t at_ms, offset, prefix_uid;
    uint64_t set;
    uint16_t start[FIELD_COUNT], length[FIELD_COUNT];
    char line[PARKED_LINE_MAX];
};

/* One that waits for lines that were written before it (held.h). */
struct held {
    struct parked event;
};

/* An interned payload list with what it means. */
enum payload_flag {
    PAYLOAD_NO_PROP = 1 << 0,
    PAYLOAD_AUTH_FAILED = 1 << 1,
    PAYLOAD_TS_UNACCEPT = 1 << 2,
    PAYLOAD_INVAL_KE = 1 << 3,
    PAYLOAD_REKEY_SA = 1 << 4,
    PAYLOAD_TS = 1 << 5,
    PAYLOAD_SA = 1 << 6,
    PAYLOAD_IDR = 1 << 7,
    PAYLOAD_DELETE = 1 << 8,
    PAYLOAD_FRAGMENT = 1 << 9,
    PAYLOAD_COOKIE = 1 << 10,
    PAYLOAD_ERROR = 1 << 11, /* any error notify: RFC 7296 3.10.1, types below 16384 */
    PAYLOAD_CERT = 1 << 12,
    PAYLOAD_TEMP_FAIL = 1 << 13,
    PAYLOAD_HASH = 1 << 14, /* IKEv1: encrypted, so of phase 2 in an informational */
    PAYLOAD_ID = 1 << 15,
    PAYLOAD_DPD = 1 << 16,
    PAYLOAD_DPD_ACK = 1 << 17,
    PAYLOAD_INVAL_ID = 1 << 18,
    PAYLOAD_MALFORMED = 1 << 19,
    PAYLOAD_MOVED = 1 << 20, /* MOBIKE: the sender has another address */
};

struct payloads {
    uint64_t hash;
    uint32_t flags;
    uint16_t len, count;
    char text[PAYLOADS_TEXT_MAX];
    uint16_t start[PAYLOADS_LIST_MAX], length[PAYLOADS_LIST_MAX];
};

struct unknown {
    uint64_t id;
    uint16_t masked_len, sample_len;
    char masked[200], sample[400];
    int64_t count, first_ms, last_ms;
};

struct classify {
    struct classify_options options;
    struct classify_counts counts;
    int64_t watermark_ms;
    struct pool devices, jobs, sas, exchanges, tunnels, incidents, evidence, proposals, payloads, unknowns,
        parked, held;
    uint32_t first_holding; /* devices that hold lines, and the record time at which to look after them */
    int64_t held_due_ms;
    struct index device_index, uid_index, pair_index, name_index, payload_index, spi_index, unknown_index;
    struct handles dirty_devices, dirty_exchanges, dirty_tunnels, dirty_incidents;
    struct transition *transitions;
    uint32_t transition_count, transition_cap;
    char envelope_buf[RECORD_VALUE_MAX];
};

static inline struct device *device_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->devices, h);
}
static inline struct job *job_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->jobs, h);
}
static inline struct sa *sa_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->sas, h);
}
static inline struct exchange *exchange_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->exchanges, h);
}
static inline struct tunnel *tunnel_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->tunnels, h);
}
static inline struct incident *incident_at(const struct classify *c, uint32_t h)
{
    return pool_at(&c->incidents, h);
}

/* Pools and indexes, empty. */
void state_open(struct classify *c);
void state_close(struct classify *c);

/* Marks for the next collect. */
void mark_tunnel(struct classify *c, uint32_t tunnel);
void mark_exchange(struct classify *c, uint32_t exchange);
void mark_incident(struct classify *c, uint32_t incident);

/* Copies the event's line. */
void quote_take(struct quote *q, char *text, size_t cap, const struct event *e);

static inline void note_take(struct note *n, const struct event *e)
{
    quote_take(&n->q, n->text, sizeof(n->text), e);
}

#endif
