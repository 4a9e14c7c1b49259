/* `ikewatch explain`: what one line says, or why it says nothing to ikewatch. */
#include "classify/base/arena.h"
#include "classify/base/log.h"
#include "classify/line.h"
#include "classify/match.h"
#include "classify/text.h"
#include "classify/unknown.h"
#include "ingest/explain_fact.h"
#include "ingest/explain_why.h"
#include "ingest/file.h"
#include "ingest/ingest.h"
#include "ingest/knowledge.h"
#include "ingest/offline.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { FORMAT_TEXT, FORMAT_JSON };
enum { ARENA_BYTES = 64 * 1024, MASKED_MAX = 512, SAYS_MAX = 512 };

static struct explain_options {
    int format;
    bool why, all;
    char *device, *tunnel, *zone, *inventory_file, *catalogue_dir;
    uint64_t year;
    int64_t flap_window_ms, stay_down_after_ms;
} options;

static const struct setting rows[] = {
#define SETTING(section, key, type, field, fallback, min, max, choices, letter, name, unit, help)            \
    {section, key, SETTING_##type, offsetof(struct explain_options, field), fallback, min, max, choices,     \
        letter, name, unit, help},
#include "ingest/explain_settings.def"
#undef SETTING
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

struct explain {
    const struct catalogue *cat;
    struct match_scratch *scratch;
    struct arena *arena; /* reset with each line */
    char *unescaped;     /* RECORD_VALUE_MAX */
};

/* What there is to say of one line. */
struct said {
    struct envelope envelope;
    struct line line;
    struct event event;
    const struct template *template; /* NULL: not recognised */
    bool bare;                       /* no syslog header: taken for a message of charon */
    const char *why;                 /* it is not recognised */
    char masked[MASKED_MAX];
    char says[SAYS_MAX];
};

/* A message copied without its header is still a message. */
static bool read_bare(struct span text, struct said *s)
{
    s->envelope =
        (struct envelope){.line = text, .program = SPAN("charon"), .stamp = SPAN("1970-01-01T00:00:00Z")};
    s->bare = line_read(&s->envelope, &s->line) == RECORD_READ;
    return s->bare;
}

static void recognise(const struct explain *x, struct said *s)
{
    int hit = match_text(x->cat, x->scratch, s->line.text, &s->event.fields);
    if (hit < 0) {
        s->why = "no template of the catalogue has this text; ikewatch counts it by its masked form";
        s->masked[unknown_mask(s->line.text, s->masked, sizeof(s->masked) - 1)] = '\0';
        return;
    }
    s->template = catalogue_template(x->cat, (size_t)hit);
    s->event.kind = s->template->event;
    s->event.fact = (enum fact)s->template->fact;
    snprintf(s->says, sizeof(s->says), "%s",
        s->event.fact ? explain_fact(s->event.fact) : explain_event(s->event.kind));
}

static void explain_line(const struct explain *x, struct span text, struct said *s)
{
    *s = (struct said){0};
    enum dead_reason reason = envelope_open(text, x->unescaped, &s->envelope);
    if (reason == RECORD_READ)
        reason = line_read(&s->envelope, &s->line);
    if (reason == DEAD_NOT_SYSLOG && read_bare(text, s)) {
        recognise(x, s);
        if (!s->template)
            s->why = dead_reason_detail(DEAD_NOT_SYSLOG);
    } else if (reason != RECORD_READ) {
        s->why = dead_reason_detail(reason);
    } else if (s->line.program == LINE_OTHER) {
        s->why = "a line of another program: ikewatch reads charon and Viptela's daemons";
    } else {
        recognise(x, s);
    }
}

/* The next `key:value` of a notification's pairs. @return false: no more */
static bool next_pair(struct span *pairs, struct span *key, struct span *value)
{
    while (pairs->len && pairs->ptr[0] == ' ')
        *pairs = span_skip(*pairs, 1);
    const char *colon = pairs->len ? memchr(pairs->ptr, ':', pairs->len) : NULL;
    if (!colon)
        return false;
    *key = span_from(pairs->ptr, (size_t)(colon - pairs->ptr));
    struct span v = span_skip(*pairs, key->len + 1);
    bool quoted = v.len && v.ptr[0] == '"';
    v = quoted ? span_skip(v, 1) : v;
    const char *end = v.len ? memchr(v.ptr, quoted ? '"' : ' ', v.len) : NULL;
    *value = span_from(v.ptr, end ? (size_t)(end - v.ptr) : v.len);
    *pairs = span_skip(v, value->len + quoted);
    return true;
}

static const char *field_name(int f)
{
    static const char *const names[FIELD_COUNT] = {
#define EVENT(symbol, name, starts, meaning)
#define FIELD(symbol, name) [symbol] = name,
#include "classify/event.def"
#undef EVENT
#undef FIELD
    };
    return names[f];
}

/* --- for people -------------------------------------------------------------------------------------------
 */

static void put(const char *label, struct span text)
{
    printf("  %-9s ", label);
    for (size_t i = 0; i < text.len; i++) /* a log may hold what would command the terminal */
        putchar((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f ? '?' : text.ptr[i]);
    putchar('\n');
}

static void put_head(const struct said *s)
{
    const struct line *l = &s->line;
    if (s->bare) {
        puts("  header    none: taken for a message of charon");
    } else {
        const struct stamp *t = &l->stamp;
        printf("  time      %s%02d-%02d %02d:%02d:%02d%s\n", t->year ? "" : "(no year) ", t->month, t->day,
            t->hour, t->minute, t->second, t->zoned ? "" : ", zone not said");
        put("host", l->host.ptr ? l->host : SPAN("not said"));
    }
    if (l->program == LINE_VIPTELA) {
        put("daemon", l->daemon);
    } else if (l->program == LINE_CHARON) {
        if (l->thread >= 0)
            printf("  thread    %02d\n", l->thread);
        if (l->group[0])
            printf("  group     %s\n", l->group);
        if (l->conn.ptr)
            put("conn", l->conn);
        if (l->uid >= 0)
            printf("  IKE_SA    %lld\n", (long long)l->uid);
    }
}

static void put_fields(const struct captures *got)
{
    for (int f = 0; f < FIELD_COUNT; f++) {
        if (!(got->set >> f & 1))
            continue;
        if (f != F_PAIRS) {
            put(field_name(f), got->text[f]);
            continue;
        }
        struct span pairs = got->text[f], key, value;
        while (next_pair(&pairs, &key, &value)) {
            char label[64];
            span_copy(label, sizeof(label), key);
            put(label, value);
        }
    }
}

static void print_text(const struct said *s, struct span text)
{
    put("line", text);
    if (s->line.program != LINE_OTHER)
        put_head(s);
    if (s->template) {
        const struct template *t = s->template;
        printf("  template  %s\n  event     %s: %s\n", t->id, event_kind_name(t->event),
            explain_event(t->event));
        if (s->event.fact)
            printf("  fact      %s: %s\n", fact_name(s->event.fact), explain_fact(s->event.fact));
        put_fields(&s->event.fields);
        printf("  says      %s\n  source    %s\n", s->says, t->source ? t->source : "not said");
    } else {
        printf("  unknown   %s\n", s->why);
        if (s->masked[0])
            put("masked", span_of(s->masked));
    }
    putchar('\n');
}

/* --- for programs
 * ------------------------------------------------------------------------------------------- */

static json_t *json_of(const struct explain *x, struct span text)
{
    struct span clean = text_clean(x->arena, text);
    return clean.ptr ? json_stringn(clean.ptr, clean.len) : json_null();
}

static json_t *json_of_fields(const struct explain *x, const struct captures *got)
{
    json_t *fields = json_object();
    for (int f = 0; f < FIELD_COUNT; f++)
        if (got->set >> f & 1 && f != F_PAIRS)
            json_object_set_new(fields, field_name(f), json_of(x, got->text[f]));
    if (got->set >> F_PAIRS & 1) {
        struct span pairs = got->text[F_PAIRS], key, value;
        while (next_pair(&pairs, &key, &value)) {
            struct span name = text_clean(x->arena, key);
            char label[64];
            span_copy(label, sizeof(label), name);
            json_object_set_new(fields, label, json_of(x, value));
        }
    }
    return fields;
}

static json_t *json_of_said(const struct explain *x, const struct said *s, struct span text)
{
    static const char *const programs[] = {
        [LINE_OTHER] = "other", [LINE_CHARON] = "charon", [LINE_VIPTELA] = "viptela"};
    const struct line *l = &s->line;
    json_t *o = json_pack("{s:o s:s s:o s:b}", "line", json_of(x, text), "program", programs[l->program],
        "host", json_of(x, l->host), "header", !s->bare && s->template);
    if (l->program == LINE_CHARON && l->thread >= 0)
        json_object_set_new(o, "thread", json_integer(l->thread));
    if (l->group[0])
        json_object_set_new(o, "group", json_string(l->group));
    if (l->program == LINE_CHARON && l->uid >= 0)
        json_object_set_new(o, "ike_sa", json_integer(l->uid));
    if (l->program == LINE_VIPTELA)
        json_object_set_new(o, "daemon", json_of(x, l->daemon));
    json_object_set_new(o, "template", s->template ? json_string(s->template->id) : json_null());
    if (!s->template) {
        json_object_set_new(o, "why", json_string(s->why));
        if (s->masked[0])
            json_object_set_new(o, "masked", json_of(x, span_of(s->masked)));
        return o;
    }
    json_object_set_new(o, "event", json_string(event_kind_name(s->event.kind)));
    json_object_set_new(o, "fact", s->event.fact ? json_string(fact_name(s->event.fact)) : json_null());
    json_object_set_new(o, "fields", json_of_fields(x, &s->event.fields));
    json_object_set_new(o, "says", json_string(s->says));
    json_object_set_new(o, "source", s->template->source ? json_string(s->template->source) : json_null());
    return o;
}

static int explain(const struct explain *x, struct span text)
{
    struct said s;
    explain_line(x, text, &s);
    if (options.format == FORMAT_TEXT) {
        print_text(&s, text);
        return 0;
    }
    json_t *o = json_of_said(x, &s, text);
    int rc = o && json_dumpf(o, stdout, JSON_COMPACT) == 0 ? 0 : ERR_NOMEM;
    putchar('\n');
    json_decref(o);
    arena_reset(x->arena);
    return rc;
}

static int on_line(void *ctx, const struct file_line *line)
{
    return line->text.len ? explain(ctx, line->text) : 0;
}

static int run(char *const *lines, size_t count)
{
    struct explain x = {.arena = arena_new(ARENA_BYTES), .unescaped = malloc(RECORD_VALUE_MAX)};
    struct catalogue *cat = knowledge_catalogue(options.catalogue_dir);
    int rc = cat ? 0 : ERR_CATALOGUE;
    x.cat = cat;
    x.scratch = cat ? match_scratch_new(cat) : NULL;
    if (rc == 0 && (!x.scratch || !x.arena || !x.unescaped))
        rc = ERR_NOMEM;
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = strcmp(lines[i], "-") == 0 ? file_read_lines(lines + i, 1, on_line, &x)
                                        : explain(&x, span_of(lines[i]));
    match_scratch_free(x.scratch);
    arena_free(x.arena);
    free(x.unescaped);
    catalogue_free(cat);
    return rc;
}

static int print_why(const struct analysis *a, const struct explain_why *why)
{
    const char *no_colour = getenv("NO_COLOR"); /* https://no-color.org: set and not empty */
    const struct explain_why_view view = {.analysis = a,
        .why = why,
        .device = options.device,
        .tunnel = options.tunnel,
        .all = options.all,
        .colour = isatty(STDOUT_FILENO) && !(no_colour && *no_colour)};
    return options.format == FORMAT_JSON ? explain_why_print_json(&view, stdout)
                                         : explain_why_print_text(&view, stdout);
}

static int run_why(char *const *files, size_t count)
{
    struct explain_why *why = explain_why_new();
    const struct offline_options how = {.inventory_file = options.inventory_file,
        .catalogue_dir = options.catalogue_dir,
        .zone = options.zone,
        .year = (int16_t)options.year,
        .flap_window_ms = options.flap_window_ms,
        .stay_down_after_ms = options.stay_down_after_ms,
        .decided = explain_why_decided,
        .decided_ctx = why};
    struct offline o = {0};
    int rc = why ? offline_read(&o, &how, files, count) : ERR_NOMEM;
    if (rc == 0)
        rc = offline_classify(&o, &how);
    if (rc == 0) {
        rc = explain_why_settle(why);
        if (rc == 0)
            rc = print_why(&o.analysis, why);
        if (rc)
            log_error("explain.why", "detail=%s", log_quote(err_text(rc)));
    }
    offline_free(&o);
    explain_why_free(why);
    return rc;
}

int verb_explain(int argc, char **argv)
{
    int rest;
    int rc = settings_load("explain LINE|- or explain --why FILE…",
        "Says of a log line (- reads lines from stdin) which template it is, its fields, and what it tells "
        "of a tunnel;\n"
        "of a line that is not recognised, why. The syslog header may be missing.\n"
        "With --why reads log files as `ikewatch analyze` does, and says of each incident which facts held, "
        "which "
        "rule\n"
        "fired on them, and what each cause that was tried before it lacked.",
        &table, 1, argc, argv, &rest);
    if (rc == 0 && rest == argc) {
        fprintf(stderr, "ikewatch explain: give a %s\nSee `ikewatch explain --help`.\n",
            options.why ? "log file, or - for stdin" : "line in quotes, or - for stdin");
        rc = ERR_USAGE;
    }
    if (rc == 0)
        rc = (options.why ? run_why : run)(argv + rest, (size_t)(argc - rest));
    else if (rc > 0)
        rc = EXIT_SUCCESS;
    settings_free(&table, 1);
    return rc;
}
