#include "ingest/simulate/out.h"

#include "classify/base/err.h"
#include "classify/base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BYTES_FIRST = 64 * 1024, HELD_FIRST = 512, LINE_MAX_BYTES = 2048 };

/* --- one record --- */

static size_t header(const struct sim_lines *l, int64_t at_ms, char *to, size_t cap, const char *program)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t s = (time_t)(at_ms / 1000);
    int ms = (int)(at_ms % 1000), n = 0;
    struct tm tm;
    char iso[96], bsd[64];
    gmtime_r(&s, &tm);
    snprintf(bsd, sizeof(bsd), "%.3s %2d %02d:%02d:%02d", months + 3 * tm.tm_mon, tm.tm_mday, tm.tm_hour,
        tm.tm_min, tm.tm_sec);
    snprintf(iso, sizeof(iso), "%04d-%02d-%02dT%02d:%02d:%02d.%03d", tm.tm_year + 1900, tm.tm_mon + 1,
        tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ms);
    switch (l->way.form) {
    case FORM_RFC5424: {
        const char *pid = strchr(program, '[');
        int name = pid ? (int)(pid - program) : (int)strlen(program);
        n = snprintf(to, cap, "<30>1 %sZ %s %.*s %.*s - - ", iso, l->host, name, program,
            pid ? (int)strlen(pid) - 2 : 1, pid ? pid + 1 : "-");
        break;
    }
    case FORM_ISO:
        n = snprintf(to, cap, "%s+00:00 %s %s: ", iso, l->host, program);
        break;
    case FORM_PRI:
        n = snprintf(to, cap, "<30>%s %s %s: ", bsd, l->host, program);
        break;
    case FORM_FACILITY:
        n = snprintf(to, cap, "daemon.info: %s %s %s: ", bsd, l->host, program);
        break;
    default:
        n = snprintf(to, cap, "%s %s %s: ", bsd, l->host, program);
    }
    return n < 0 ? 0 : (size_t)n;
}

static size_t escaped(char *to, struct span s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == '"' || s.ptr[i] == '\\')
            to[n++] = '\\';
        to[n++] = s.ptr[i];
    }
    return n;
}

static void beat_time(int64_t at_ms, char *to, size_t cap)
{
    time_t s = (time_t)(at_ms / 1000);
    struct tm tm;
    gmtime_r(&s, &tm);
    snprintf(to, cap, "\"@timestamp\":\"%04d-%02d-%02dT%02d:%02d:%02d.%03dZ\",", tm.tm_year + 1900,
        tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, (int)(at_ms % 1000));
}

static size_t wrap(const struct sim_lines *l, int64_t collected_ms, char *to, size_t cap, struct span line)
{
    static const char *const before[WRAP_COUNT] = {"", "\"host\": \"%s\", \"message\": \"",
        "\"appname\":\"charon\",\"host\":\"%s\",\"source_type\":\"syslog\",\"message\":\"",
        "\"host\":\"%s\",\"severity\":\"info\",\"message\":\"",
        "\"host\":\"%s\",\"ident\":\"charon\",\"message\":\"", "\"host\":{\"name\":\"%s\"},\"message\":\""};
    char text[2 * LINE_MAX_BYTES], when[64] = "";
    const char *format = before[l->way.envelope];
    const char *hole = strstr(format, "%s");
    size_t n = escaped(text, line);
    if (l->way.envelope == WRAP_FILEBEAT)
        beat_time(collected_ms, when, sizeof(when));
    return (size_t)snprintf(
        to, cap, "{%s%.*s%s%s%.*s\"}", when, (int)(hole - format), format, l->host, hole + 2, (int)n, text);
}

static void write_record(struct sim_lines *l, const struct sim_held *h)
{
    char wrapped[3 * LINE_MAX_BYTES];
    struct span line = span_from(l->bytes + h->text, h->len);
    if (l->way.envelope != WRAP_RAW)
        line = span_from(wrapped, wrap(l, h->at_ms - l->skew_ms, wrapped, sizeof(wrapped), line));
    l->written++;
    if (l->messages) {
        fwrite(line.ptr, 1, line.len, l->messages);
        putc('\n', l->messages);
    }
    if (l->producer && l->error == 0)
        l->error = producer_send(l->producer, span_of(l->host), line, h->at_ms - l->skew_ms);
    if (l->attribution && h->tunnel != SIM_NO_TUNNEL) {
        const struct sim_tunnel *t = &l->tunnels[h->tunnel];
        if (h->uid == 0)
            fprintf(l->attribution, "%llu\t-\t-\t%s\n", (unsigned long long)l->written, t->name);
        else if (h->epoch)
            fprintf(l->attribution, "%llu\t%u.%u\t%s\t%s\n", (unsigned long long)l->written, h->epoch + 1,
                h->uid, t->conn, t->name);
        else
            fprintf(l->attribution, "%llu\t%u\t%s\t%s\n", (unsigned long long)l->written, h->uid, t->conn,
                t->name);
    } else if (l->attribution) {
        fprintf(l->attribution, "%llu\t-\t-\t-\n", (unsigned long long)l->written);
    }
}

static int by_arrival(const void *a, const void *b)
{
    const struct sim_held *x = a, *y = b;
    if (x->arrives_ms != y->arrives_ms)
        return x->arrives_ms < y->arrives_ms ? -1 : 1;
    return x->text < y->text ? -1 : x->text > y->text;
}

static void deliver(struct sim_lines *l, const struct sim_held *h)
{
    if (l->way.loss > 0 && sim_random_share(&l->random) < l->way.loss)
        return;
    write_record(l, h);
    if (l->way.duplicate > 0 && sim_random_share(&l->random) < l->way.duplicate)
        write_record(l, h);
}

/* Forgets the first `gone` lines, and the bytes before those of the others. */
static void drop(struct sim_lines *l, size_t gone)
{
    size_t first = l->used;
    l->count -= gone;
    memmove(l->held, l->held + gone, l->count * sizeof(*l->held));
    for (size_t i = 0; i < l->count; i++)
        first = l->held[i].text < first ? l->held[i].text : first;
    memmove(l->bytes, l->bytes + first, l->used - first);
    l->used -= first;
    for (size_t i = 0; i < l->count; i++)
        l->held[i].text -= first;
}

/* What arrives before that moment; a line yet to be written arrives no earlier. */
static int flush(struct sim_lines *l, int64_t before_ms)
{
    size_t n = 0;
    if (l->way.reorder_ms && l->count)
        qsort(l->held, l->count, sizeof(*l->held), by_arrival);
    for (; n < l->count && (!l->way.reorder_ms || l->held[n].arrives_ms < before_ms); n++)
        deliver(l, &l->held[n]);
    if (n)
        drop(l, n);
    return l->error;
}

static int64_t arrival(struct sim_lines *l, int64_t at_ms, uint32_t lane)
{
    if (!l->way.reorder_ms)
        return at_ms;
    int64_t ms = at_ms + (int64_t)(sim_random_next(&l->random) % (uint64_t)l->way.reorder_ms);
    int64_t *lane_ms = &l->lane_ms[lane % SIM_LANES];
    *lane_ms = ms > *lane_ms ? ms : *lane_ms;
    return *lane_ms;
}

static bool room(struct sim_lines *l)
{
    if (l->count == l->held_cap) {
        size_t cap = l->held_cap ? l->held_cap * 2 : HELD_FIRST;
        void *grown = realloc(l->held, cap * sizeof(*l->held));
        if (!grown)
            return false;
        l->held = grown;
        l->held_cap = cap;
    }
    if (l->used + LINE_MAX_BYTES > l->bytes_cap) {
        size_t cap = l->bytes_cap ? l->bytes_cap * 2 : BYTES_FIRST;
        char *grown = realloc(l->bytes, cap);
        if (!grown)
            return false;
        l->bytes = grown;
        l->bytes_cap = cap;
    }
    return true;
}

void sim_line_out(
    struct sim_lines *l, int64_t at_ms, const char *program, struct span text, const struct sim_held *about)
{
    if (at_ms / 1000 != l->second) {
        flush(l, at_ms - at_ms % 1000);
        l->second = at_ms / 1000;
    }
    if (!room(l)) {
        l->error = ERR_NOMEM;
        return;
    }
    struct sim_held *h = &l->held[l->count++];
    *h = *about;
    h->at_ms = at_ms;
    h->arrives_ms = arrival(l, at_ms, h->lane);
    h->text = l->used;
    h->len = header(l, at_ms, l->bytes + l->used, LINE_MAX_BYTES, program);
    if (h->len + text.len > LINE_MAX_BYTES)
        text.len = LINE_MAX_BYTES - h->len;
    memcpy(l->bytes + l->used + h->len, text.ptr, text.len);
    h->len += text.len;
    l->used += h->len;
}

int sim_lines_flush(struct sim_lines *l)
{
    return flush(l, INT64_MAX);
}

void sim_lines_free(struct sim_lines *l)
{
    free(l->bytes);
    free(l->held);
}
