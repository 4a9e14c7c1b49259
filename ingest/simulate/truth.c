#include "ingest/simulate/truth.h"

#include <string.h>
#include <time.h>

enum { FLAP_MS = 15 * 60000 };

static void put_time(FILE *out, const char *name, int64_t ms, const struct sim_device *d)
{
    time_t s = (time_t)((ms + d->skew_ms) / 1000);
    struct tm tm;
    if (ms == 0) {
        fprintf(out, "\"%s\": null", name);
        return;
    }
    gmtime_r(&s, &tm);
    fprintf(out, "\"%s\": \"%04d-%02d-%02dT%02d:%02d:%02dZ\"", name, tm.tm_year + 1900, tm.tm_mon + 1,
        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_words(FILE *out, const char *name, const char *words)
{
    fprintf(out, ", \"%s\": [", name);
    for (const char *w = words, *sep = ""; w && *w; sep = ", ") {
        size_t n = strcspn(w, " ");
        fprintf(out, "%s\"%.*s\"", sep, (int)n, w);
        w += n;
        w += strspn(w, " ");
    }
    fputs("]", out);
}

static void put_incident(const struct sim_device *d, const struct sim_incident *i, FILE *out)
{
    bool flap = !i->never_up && i->ended_ms && i->ended_ms - i->began_ms <= FLAP_MS;
    fprintf(out, "{\"symptom\": \"%s\", \"cause\": \"%s\"",
        i->never_up ? "not-established"
        : flap      ? "flap"
                    : "down",
        i->cause);
    put_words(out, "cause_also", i->also);
    if (i->blocker && !i->ended_ms) {
        fprintf(out, ", \"blocker\": \"%s\"", i->blocker);
        put_words(out, "blocker_also", i->blocker_also);
    }
    fputs(", ", out);
    put_time(out, "began", i->began_ms, d);
    fputs(", ", out);
    put_time(out, "ended", i->ended_ms, d);
    if (i->onset_latest_ms) {
        fputs(", ", out);
        put_time(out, "onset_earliest", i->onset_earliest_ms, d);
        fputs(", ", out);
        put_time(out, "onset_latest", i->onset_latest_ms, d);
    }
    fputs("}", out);
}

static void put_tunnel(const struct sim_device *d, const struct sim_tunnel *t, FILE *out)
{
    fprintf(out,
        "  {\"tunnel\": \"%s\", \"conn\": \"%s\", \"child\": \"%s\", \"local\": \"%s\", \"peer\": \"%s\",\n",
        t->name, t->conn, t->child_name, t->local, t->peer_id);
    fprintf(out,
        "   \"simulated\": \"%s\", \"ike_version\": %d, \"final_state\": \"%s\",\n"
        "   \"transitions\": [",
        sim_faults[d->fault == F_NONE ? t->fault : d->fault].name, t->ike == &sim_ikev1 ? 1 : 2,
        t->up        ? "up"
        : t->ever_up ? "down"
                     : "never-up");
    for (size_t i = 0; i < t->transitions; i++) {
        fputs(i ? ", {" : "{", out);
        put_time(out, "time", t->transition[i].at_ms, d);
        fprintf(out, ", \"state\": \"%s\"}", t->transition[i].up ? "up" : "down");
    }
    fputs("],\n   \"incidents\": [", out);
    for (size_t i = 0; i < t->incidents; i++) {
        fputs(i ? ",\n    " : "", out);
        put_incident(d, &t->incident[i], out);
    }
    fputs("]}", out);
}

void sim_truth_write(const struct sim_device *d, FILE *out)
{
    fprintf(out,
        "{\"device\": \"%s\", \"clock_shift_s\": %lld, \"retransmit\": {\"timeout\": %u, \"base\": 1.8, "
        "\"tries\": %u},\n ",
        d->name, (long long)(d->skew_ms / 1000), d->retransmit_ms / 1000, d->tries);
    put_time(out, "began", d->began_ms, d);
    fputs(", ", out);
    put_time(out, "ended", d->ends_ms, d);
    fputs(",\n \"tunnels\": [\n", out);
    for (uint32_t i = 0; i < d->tunnels; i++) {
        put_tunnel(d, &d->tunnel[i], out);
        fputs(i + 1 < d->tunnels ? ",\n" : "\n", out);
    }
    fputs("]}\n", out);
}

void sim_config_write(const struct sim_device *d, FILE *out)
{
    fprintf(
        out, "! device %s\nsystem\n host-name %s\n system-ip %s\n!\nvpn 1\n", d->name, d->name, d->system_ip);
    for (uint32_t i = 0; i < d->tunnels; i++) {
        const struct sim_tunnel *t = &d->tunnel[i];
        bool v1 = t->ike == &sim_ikev1;
        if (t->fault == F_STRANGER)
            continue;
        fprintf(out,
            " interface %s\n  tunnel-source %s\n  tunnel-destination %s\n"
            "  dead-peer-detection interval %u retries %u\n  ike\n   version %d\n%s   rekey %u\n"
            "   cipher-suite aes256-cbc-sha1\n   group 14\n   authentication-type\n    pre-shared-key\n"
            "     local-id %s\n     remote-id %s\n   !\n  !\n  ipsec\n   rekey %u\n   cipher-suite %s\n"
            "   perfect-forward-secrecy group-14\n  !\n  no shutdown\n !\n",
            t->name, t->local, t->peer_id, t->dpd_s, d->tries, v1 ? 1 : 2,
            t->aggressive ? "   mode aggressive\n" : "", t->ike_rekey_s, t->local, t->peer_id,
            t->child_rekey_s, v1 ? "aes256-cbc-sha1" : "aes256-gcm");
    }
    fputs("!\n", out);
}
