#include "tests/bench/mix.h"

#include "classify/line.h"
#include "tests/support/corpus.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { LINES_MAX = 1 << 20, DEVICE_BYTES = 32, CHATTER_BYTES = 192 };

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double mix_cpu_s(void)
{
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}

double mix_wall_s(void)
{
    return seconds(CLOCK_MONOTONIC);
}

static struct mix mix_new(size_t lines)
{
    struct mix m = {calloc(lines, sizeof(*m.records)), calloc(lines, sizeof(*m.messages)), 0, 0, 0};
    if (!m.records || !m.messages)
        abort();
    return m;
}

static void add(struct mix *m, const struct record *r)
{
    struct envelope e = {.line = r->value};
    struct line line;
    m->records[m->count++] = *r;
    m->bytes += r->value.len;
    if (line_read(&e, &line) == RECORD_READ && line.text.len)
        m->messages[m->message_count++] = line.text;
}

struct mix mix_load(int files, char **names)
{
    struct mix m = mix_new(LINES_MAX);
    struct corpus *logs = calloc((size_t)files, sizeof(*logs));
    size_t longest = 0;
    for (int f = 0; f < files; f++) {
        char *device = malloc(DEVICE_BYTES);
        snprintf(device, DEVICE_BYTES, "device%04d", f);
        logs[f] = corpus_load(names[f], device);
        longest = logs[f].count > longest ? logs[f].count : longest;
    }
    for (size_t i = 0; i < longest; i++)
        for (int f = 0; f < files && m.count < LINES_MAX; f++)
            if (i < logs[f].count)
                add(&m, &logs[f].records[i]);
    for (int f = 0; f < files; f++)
        free(logs[f].records);
    free(logs);
    return m;
}

/* A JSON string of the bytes; what is not ASCII stays as it is. @return its end */
static char *put_json(char *to, struct span text)
{
    *to++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\') {
            *to++ = '\\';
            *to++ = (char)c;
        } else if (c < ' ') {
            to += snprintf(to, 7, "\\u%04x", c);
        } else {
            *to++ = (char)c;
        }
    }
    *to++ = '"';
    return to;
}

static char *put(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

static const char vector_head[] = "{\"appname\":\"charon\",\"facility\":\"daemon\",\"host\":";
static const char vector_tail[] =
    ",\"severity\":\"info\",\"source_ip\":\"10.9.8.7\",\"source_type\":\"syslog\","
    "\"timestamp\":\"2026-06-18T00:24:08Z\"}";

static char *put_envelope(char *to, struct span host, struct span line, bool vector)
{
    to = put_json(put(to, vector ? vector_head : "{\"host\":"), host);
    to = put_json(put(to, ",\"message\":"), line);
    return put(to, vector ? vector_tail : "}");
}

static size_t envelope_most(const struct record *r)
{
    return (r->value.len + r->key.len) * 6 + sizeof(vector_head) + sizeof(vector_tail) + 32;
}

struct mix mix_in_envelopes(const struct mix *m, bool vector)
{
    struct mix out = mix_new(m->count);
    size_t most = 0;
    for (size_t i = 0; i < m->count; i++)
        most += envelope_most(&m->records[i]);
    char *to = malloc(most); /* one behind the other, as the raw lines are, and the records of a fetch */
    if (!to)
        abort();
    for (size_t i = 0; i < m->count; i++) {
        struct record r = m->records[i];
        char *from = to;
        to = put_envelope(to, r.key, r.value, vector);
        r.value = span_from(from, (size_t)(to - from));
        out.records[out.count++] = r;
        out.bytes += r.value.len;
    }
    return out;
}

struct mix mix_chatter(size_t lines, bool charon)
{
    static const char *const other[] = {
        "sshd[%zu]: Accepted publickey for netops from 10.9.8.7 port 50022 ssh2: RSA SHA256:yLx6",
        "CRON[%zu]: (root) CMD (/usr/bin/test -x /usr/sbin/anacron || run-parts /etc/cron.daily)",
        "dnsmasq[%zu]: query[AAAA] time.example.net from 10.20.30.40 is cached, answered at once",
        "kernel: [%zu.120321] ge0_1: received packet with own address as source address, dropped",
    };
    static const char *const own[] = {
        "charon: 14[LIB] resolving next candidate of the pool took %zu ms, nothing to do",
        "charon: 09[MGR] %zu entries looked at, none of them is older than its neighbour",
        "charon: 11[JOB] watched descriptor %zu had no news within this turn of the loop",
        "charon: 03[CFG] section number %zu of the settings was read again, it is as it was",
    };
    struct mix m = mix_new(lines);
    for (size_t i = 0; i < lines; i++) {
        char *device = malloc(DEVICE_BYTES), *line = malloc(CHATTER_BYTES);
        if (!device || !line)
            abort();
        snprintf(device, DEVICE_BYTES, "device%04zu", i % 50);
        int head = snprintf(line, CHATTER_BYTES, "Jun 18 %02zu:%02zu:%02zu %s ", i / 180000 % 24,
            i / 3000 % 60, i / 50 % 60, device);
        snprintf(line + head, CHATTER_BYTES - (size_t)head, (charon ? own : other)[i / 50 % 4], i % 997);
        const struct record r = {.value = span_of(line), .key = span_of(device), .time_ms = TIME_NONE};
        add(&m, &r);
    }
    return m;
}

struct mix mix_part(const struct mix *m, size_t part, size_t of)
{
    struct mix out = mix_new(m->count);
    for (size_t i = 0; i < m->count; i++)
        if (span_hash(m->records[i].key, 0) % of == part)
            add(&out, &m->records[i]);
    return out;
}

static size_t collect(struct classify *c, struct rows *rows)
{
    rows_reset(rows);
    classify_collect(c, rows);
    return rows_count(rows);
}

size_t mix_feed(struct classify *c, struct match_scratch *scratch, const struct mix *m, int passes,
    size_t *fed, struct rows *rows)
{
    size_t handed = 0;
    for (int p = 0; p < passes; p++) {
        for (size_t i = 0; i < m->count; i++) {
            struct record r = m->records[i];
            r.offset = (int64_t)(*fed)++;
            classify_feed(c, scratch, &r);
            if (i % MIX_FLUSH_RECORDS == MIX_FLUSH_RECORDS - 1)
                handed += collect(c, rows);
        }
        handed += collect(c, rows);
    }
    return handed;
}
