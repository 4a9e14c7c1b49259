#include "classify/exchange.h"
#include "classify/sa.h"

static const char *const type_names[EXCHANGE_TYPE_COUNT] = {"", "IKE_SA_INIT", "IKE_AUTH", "CREATE_CHILD_SA",
    "INFORMATIONAL", "IKE_SESSION_RESUME", "IKE_INTERMEDIATE", "IKE_FOLLOWUP_KE", "ME_CONNECT", "ID_PROT",
    "AUTH_ONLY", "AGGRESSIVE", "INFORMATIONAL_V1", "TRANSACTION", "QUICK_MODE", "NEW_GROUP_MODE"};

static const char *const outcome_names[] = {"pending", "answered", "refused", "unanswered", "abandoned"};

enum exchange_type exchange_type_of(struct span name)
{
    if (span_eq(name, SPAN("INFORMATIONAL"))) /* nearly all of them */
        return INFORMATIONAL;
    for (int i = 1; i < EXCHANGE_TYPE_COUNT; i++)
        if (span_eq(name, span_of(type_names[i])))
            return (enum exchange_type)i;
    return EXCHANGE_NONE;
}

enum exchange_type exchange_type_numbered(int64_t number)
{
    return number == 36 ? CREATE_CHILD_SA : number == 37 ? INFORMATIONAL : EXCHANGE_NONE;
}

const char *exchange_type_name(uint8_t type)
{
    return type < EXCHANGE_TYPE_COUNT ? type_names[type] : "";
}

const char *outcome_name(uint8_t outcome)
{
    return outcome_names[outcome];
}

/* Short names that change what a message means. Errors are the notifies below 16384. */
static const struct {
    const char *name;
    uint32_t flags;
} meanings[] = {
    {"N(NO_PROP)", PAYLOAD_NO_PROP | PAYLOAD_ERROR},
    {"N(AUTH_FAILED)", PAYLOAD_AUTH_FAILED | PAYLOAD_ERROR},
    {"N(TS_UNACCEPT)", PAYLOAD_TS_UNACCEPT | PAYLOAD_ERROR},
    {"N(INVAL_KE)", PAYLOAD_INVAL_KE | PAYLOAD_ERROR},
    {"N(TEMP_FAIL)", PAYLOAD_TEMP_FAIL | PAYLOAD_ERROR},
    {"N(NO_CHILD_SA)", PAYLOAD_ERROR},
    {"N(NO_ADD_SAS)", PAYLOAD_ERROR},
    {"N(SINGLE_PAIR)", PAYLOAD_ERROR},
    {"N(INT_ADDR_FAIL)", PAYLOAD_ERROR},
    {"N(FAIL_CP_REQ)", PAYLOAD_ERROR},
    {"N(CRIT)", PAYLOAD_ERROR},
    {"N(INVAL_IKE_SPI)", PAYLOAD_ERROR},
    {"N(INVAL_MAJOR)", PAYLOAD_ERROR},
    {"N(INVAL_SYN)", PAYLOAD_ERROR},
    {"N(INVAL_MID)", PAYLOAD_ERROR},
    {"N(INVAL_SPI)", PAYLOAD_ERROR},
    {"N(INVAL_ID)", PAYLOAD_INVAL_ID | PAYLOAD_ERROR},
    {"N(PLD_MAL)", PAYLOAD_MALFORMED | PAYLOAD_ERROR},
    {"N(COOKIE)", PAYLOAD_COOKIE},
    {"N(UPD_SA_ADDR)", PAYLOAD_MOVED},
    {"N(REKEY_SA)", PAYLOAD_REKEY_SA},
    {"SA", PAYLOAD_SA},
    {"TSi", PAYLOAD_TS},
    {"IDr", PAYLOAD_IDR},
    {"D", PAYLOAD_DELETE},
    {"CERT", PAYLOAD_CERT},
    {"HASH", PAYLOAD_HASH},
    {"ID", PAYLOAD_ID},
    {"N(DPD)", PAYLOAD_DPD},
    {"N(DPD_ACK)", PAYLOAD_DPD_ACK},
    {"N(INVAL_HASH)", PAYLOAD_AUTH_FAILED | PAYLOAD_ERROR},
};

static uint32_t meaning_of(struct span name)
{
    if (span_starts(name, SPAN("EF(")))
        return PAYLOAD_FRAGMENT;
    for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++)
        if (span_eq(name, span_of(meanings[i].name)))
            return meanings[i].flags;
    return 0;
}

static void split(struct payloads *p)
{
    for (uint16_t i = 0; i < p->len && p->count < PAYLOADS_LIST_MAX;) {
        uint16_t from = i, depth = 0;
        while (i < p->len && (depth || p->text[i] != ' ')) { /* CPRQ(ADDR DNS) holds a blank */
            depth = (uint16_t)(depth + (p->text[i] == '(') - (p->text[i] == ')' && depth));
            i++;
        }
        if (i > from && !(i - from == 1 && p->text[from] == ']')) {
            p->start[p->count] = from;
            p->length[p->count++] = (uint16_t)(i - from);
            p->flags |= meaning_of(span_from(p->text + from, (size_t)(i - from)));
        }
        i++;
    }
}

static uint32_t payloads_keep(struct classify *c, uint64_t hash, const struct payloads *from)
{
    uint32_t h = pool_take(&c->payloads);
    if (!h || !index_put(&c->payload_index, hash, h)) {
        pool_give(&c->payloads, h);
        return 0;
    }
    struct payloads *p = pool_at(&c->payloads, h);
    *p = *from;
    p->hash = hash;
    return h;
}

/* The table is full of lists that nobody writes twice: what this one means is kept, its text is not. */
static uint32_t payloads_meaning(struct classify *c, struct payloads *p)
{
    uint64_t hash = hash_mix(0x666c616773, p->flags);
    uint32_t h = index_get(&c->payload_index, hash);
    c->counts.shed++;
    p->len = p->count = 0;
    return h ? h : payloads_keep(c, hash, p);
}

uint32_t payloads_intern(struct classify *c, struct span text)
{
    uint64_t hash = span_hash(text, 0);
    uint32_t h = index_get(&c->payload_index, hash);
    if (h)
        return h;
    struct payloads p = {.flags = 0};
    p.len = (uint16_t)span_copy(p.text, sizeof(p.text), text);
    split(&p);
    return pool_count(&c->payloads) < PAYLOAD_LISTS_MAX ? payloads_keep(c, hash, &p)
                                                        : payloads_meaning(c, &p);
}

uint32_t payloads_flags(const struct classify *c, uint32_t payloads)
{
    return payloads ? ((const struct payloads *)pool_at(&c->payloads, payloads))->flags : 0;
}

static void finish(struct classify *c, uint32_t h)
{
    struct exchange *x = exchange_at(c, h);
    x->final = true;
    for (int i = 0; x->sa && i < sa_at(c, x->sa)->held_count; i++)
        if (sa_at(c, x->sa)->held[i] == h)
            x->final = false; /* its uid may still come */
    mark_exchange(c, h);
}

/* The line of our answer is lost, or there is none. */
static void close_arrived(struct classify *c, struct sa *sa)
{
    uint32_t h = sa->in_exchange;
    sa->in_exchange = 0;
    if (pool_live(&c->exchanges, h) && !exchange_at(c, h)->out && sa_at(c, exchange_at(c, h)->sa) == sa)
        exchange_closed(c, h, OUTCOME_ABANDONED);
}

uint32_t exchange_open(struct classify *c, uint32_t sa_handle, bool out, uint8_t type, int64_t mid,
    int64_t at_ms, int64_t offset, uint32_t payloads)
{
    uint32_t h = pool_take(&c->exchanges);
    if (!h) {
        c->counts.shed++;
        return 0;
    }
    struct sa *sa = sa_at(c, sa_handle);
    struct exchange *x = exchange_at(c, h);
    *x = (struct exchange){.id = hash_mix(device_at(c, sa->device)->id, (uint64_t)offset),
        .device = sa->device,
        .tunnel = sa->tunnel,
        .sa = sa_handle,
        .uid = sa_uid(sa),
        .run = device_at(c, sa->device)->run,
        .mid = mid,
        .requested_ms = at_ms,
        .answered_ms = TIME_NONE,
        .type = type,
        .out = out,
        .request_bytes = INT_NONE,
        .response_bytes = INT_NONE,
        .request = payloads};
    if (!out && type != INFORMATIONAL_V1) {
        close_arrived(c, sa);
        sa->in_exchange = h;
    }
    if (sa->uid < 0 && sa->held_count < SA_HELD_MAX)
        sa->held[sa->held_count++] = h;
    mark_exchange(c, h);
    return h;
}

void exchange_answered(struct classify *c, uint32_t h, int64_t at_ms, uint32_t payloads, int32_t bytes)
{
    if (!pool_live(&c->exchanges, h))
        return;
    struct exchange *x = exchange_at(c, h);
    uint32_t flags = payloads_flags(c, payloads);
    x->answered_ms = at_ms;
    x->response = payloads;
    x->response_bytes = bytes;
    x->outcome = flags & PAYLOAD_ERROR && !(flags & PAYLOAD_INVAL_KE) ? OUTCOME_REFUSED : OUTCOME_ANSWERED;
    finish(c, h);
}

void exchange_closed(struct classify *c, uint32_t h, enum outcome outcome)
{
    if (!pool_live(&c->exchanges, h) || exchange_at(c, h)->outcome != OUTCOME_PENDING)
        return;
    exchange_at(c, h)->outcome = (uint8_t)outcome;
    finish(c, h);
}

void exchange_hold(struct classify *c, struct job *job, uint32_t h)
{
    if (job->exchange == h)
        return;
    if (job->exchange) {
        struct exchange *before = exchange_at(c, job->exchange);
        before->jobs--;
        if (before->final && !before->dirty && !before->jobs)
            pool_give(&c->exchanges, job->exchange);
    }
    job->exchange = h;
    if (h)
        exchange_at(c, h)->jobs++;
}

static void let_go(struct classify *c, struct sa *sa, int64_t uid)
{
    uint8_t n = sa->held_count;
    sa->held_count = 0;
    for (uint8_t i = 0; i < n; i++) {
        if (!pool_live(&c->exchanges, sa->held[i]))
            continue;
        struct exchange *x = exchange_at(c, sa->held[i]);
        x->uid = uid;
        x->tunnel = sa->tunnel;
        x->final = x->outcome != OUTCOME_PENDING;
        mark_exchange(c, sa->held[i]);
    }
}

void exchange_uid_known(struct classify *c, struct sa *sa)
{
    let_go(c, sa, sa->uid);
}

void exchange_release(struct classify *c, struct sa *sa)
{
    exchange_closed(c, sa->out_exchange, OUTCOME_ABANDONED);
    close_arrived(c, sa);
    let_go(c, sa, sa_uid(sa));
}
