#include "classify/catalog_build.h"

#include <stdlib.h>

enum {
    TELLING_BYTES = 12, /* of literal text, after which few other templates are left */
};

static size_t up_to(struct span s, char c)
{
    const char *end = s.len ? memchr(s.ptr, c, s.len) : NULL;
    return end ? (size_t)(end - s.ptr) : s.len;
}

static inline unsigned char lower(unsigned char c)
{
    return c >= 'A' && c <= 'Z' ? (unsigned char)(c | 0x20) : c;
}

bool template_choice(struct span *rest, struct span *choice)
{
    if (!rest->ptr)
        return false;
    *choice = span_from(rest->ptr, up_to(*rest, '|'));
    *rest = choice->len == rest->len ? SPAN_NONE : span_skip(*rest, choice->len + 1);
    return true;
}

static bool field_kind(char letter, enum segment_kind *kind)
{
    static const char letters[] = "uxawsr";
    static const enum segment_kind kinds[] = {
        SEGMENT_UNSIGNED, SEGMENT_HEX, SEGMENT_ADDR, SEGMENT_WORD, SEGMENT_SHORTEST, SEGMENT_REST};
    const char *hit = strchr(letters, letter);
    if (!hit || !letter)
        return false;
    *kind = kinds[hit - letters];
    return true;
}

/* `{…}` between the braces. @return NULL or what is wrong */
static const char *brace_segment(struct span in, struct segment *s)
{
    s->field = -1;
    if (span_eq(in, SPAN("*"))) {
        s->kind = SEGMENT_IGNORE;
        return NULL;
    }
    if (in.len && in.ptr[0] == '|') {
        s->kind = SEGMENT_ONE_OF;
        s->text = span_skip(in, 1);
        return NULL;
    }
    if (in.len < 3 || in.ptr[in.len - 2] != ':' || !field_kind(in.ptr[in.len - 1], &s->kind))
        return "a field is {name:u}, :x, :a, :w, :s or :r";
    struct span name = {in.ptr, in.len - 2};
    s->field = span_eq(name, SPAN("_")) ? -1 : event_field_by_name(name);
    return s->field < 0 && !span_eq(name, SPAN("_"))
               ? "no such field; they are listed in event.def, {_:w} keeps nothing"
               : NULL;
}

static size_t one_of_shortest(struct span choices)
{
    size_t shortest = SIZE_MAX, run = 0;
    for (size_t i = 0; i <= choices.len; i++) {
        if (i == choices.len || choices.ptr[i] == '|') {
            shortest = run < shortest ? run : shortest;
            run = 0;
        } else {
            run++;
        }
    }
    return shortest;
}

/* "{{" and "}}" stand for the braces that charon prints around a CHILD_SA's number. */
static bool doubled_brace(struct span s)
{
    return s.len >= 2 && s.ptr[0] == s.ptr[1] && (s.ptr[0] == '{' || s.ptr[0] == '}');
}

static size_t literal_run(struct span s)
{
    size_t i = 1;
    while (i < s.len && s.ptr[i] != '{' && !doubled_brace(span_skip(s, i)))
        i++;
    return i;
}

const char *template_compile(struct template *t)
{
    struct span s = span_of(t->text);
    struct segment *segments = calloc(s.len + 1, sizeof(*segments));
    if (!segments)
        return "out of memory";
    t->segments = segments;
    while (s.len) {
        struct segment *out = &segments[t->segment_count++];
        if (doubled_brace(s)) {
            *out = (struct segment){SEGMENT_LITERAL, -1, {s.ptr, 1}};
            t->literal_bytes++;
            s = span_skip(s, 2);
        } else if (s.ptr[0] == '{') {
            const char *close = memchr(s.ptr, '}', s.len);
            if (!close)
                return "a brace is not closed";
            const char *wrong = brace_segment(span_from(s.ptr + 1, (size_t)(close - s.ptr) - 1), out);
            if (wrong)
                return wrong;
            t->literal_bytes += out->kind == SEGMENT_ONE_OF ? one_of_shortest(out->text) : 0;
            s = span_skip(s, (size_t)(close - s.ptr) + 1);
        } else {
            *out = (struct segment){SEGMENT_LITERAL, -1, {s.ptr, literal_run(s)}};
            t->literal_bytes += out->text.len;
            s = span_skip(s, out->text.len);
        }
    }
    return t->segment_count ? NULL : "text is empty";
}

static char *put(char *to, const char *text)
{
    size_t n = strlen(text);
    memcpy(to, text, n);
    return to + n;
}

static char *put_literal(char *to, struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (strchr("\\^$.|?*+()[]{}/-", text.ptr[i]))
            *to++ = '\\';
        *to++ = text.ptr[i];
    }
    return to;
}

static char *put_one_of(char *to, struct span choices)
{
    to = put(to, "(?:");
    for (size_t i = 0; i < choices.len; i++) {
        if (choices.ptr[i] == '|')
            *to++ = '|';
        else
            to = put_literal(to, span_from(choices.ptr + i, 1));
    }
    return put(to, ")");
}

/* How much literal text the expression needs: the reader checks the rest anyway, and a database of short
 * anchored literals compiles and scans in a fraction of the time of one of whole expressions
 * (tests/bench/README.md). */
static size_t telling_bytes(size_t have, const struct segment *s)
{
    size_t left = have < TELLING_BYTES ? TELLING_BYTES - have : 0;
    return s->text.len < left ? s->text.len : left;
}

char *template_expression(const struct template *t, bool whole)
{
    size_t literal = 0;
    char *text = malloc(strlen(t->text) * 4 + 64), *to = text;
    if (!text)
        return NULL;
    to = put(to, "^");
    for (size_t i = 0; i < t->segment_count && (whole || literal < TELLING_BYTES); i++) {
        const struct segment *s = &t->segments[i];
        size_t take = whole ? s->text.len : telling_bytes(literal, s);
        switch (s->kind) {
        case SEGMENT_LITERAL:
            to = put_literal(to, span_from(s->text.ptr, take));
            literal += take;
            break;
        case SEGMENT_UNSIGNED:
            to = put(to, "[0-9]+");
            break;
        case SEGMENT_HEX:
            to = put(to, "[0-9a-fA-Fx]+");
            break;
        case SEGMENT_ADDR:
            to = put(to, "[^ \\[]+");
            break;
        case SEGMENT_WORD:
            to = put(to, "[^ ]+");
            break;
        case SEGMENT_SHORTEST:
            to = put(to, ".*");
            break;
        case SEGMENT_ONE_OF:
            to = put_one_of(to, s->text);
            break;
        case SEGMENT_REST:
        case SEGMENT_IGNORE:
            break; /* anything may follow, nothing to match */
        }
    }
    *to = '\0';
    return text;
}

static size_t append(char head[HEAD_BYTES], size_t have, struct span text)
{
    size_t left = HEAD_BYTES - have, n = text.len < left ? text.len : left;
    memcpy(head + have, text.ptr, n);
    return have + n;
}

static bool add_needle(struct needles *out, struct span text)
{
    if (text.len < NEEDLE_MIN_BYTES || out->count == NEEDLES_MAX)
        return false;
    out->len[out->count] = append(out->text[out->count], 0, text);
    out->count++;
    return true;
}

/* Every literal text that a message can begin with, from segment i on. @return false: one is too short, or
 * they are too many */
static bool add_heads(
    const struct template *t, size_t i, const char begun[HEAD_BYTES], size_t len, struct needles *out)
{
    char head[HEAD_BYTES];
    const struct segment *s = &t->segments[i];
    bool literal = i < t->segment_count && s->kind == SEGMENT_LITERAL;
    if (len == HEAD_BYTES || i == t->segment_count || (!literal && s->kind != SEGMENT_ONE_OF))
        return add_needle(out, span_from(begun, len));
    memcpy(head, begun, len);
    if (literal)
        return add_heads(t, i + 1, head, append(head, len, s->text), out);
    for (struct span rest = s->text, choice; template_choice(&rest, &choice);)
        if (!add_heads(t, i + 1, head, append(head, len, choice), out))
            return false;
    return true;
}

/* The longest text of which a message holds one at this place. */
static const struct segment *most_telling(const struct template *t)
{
    const struct segment *best = NULL;
    size_t most = 0;
    for (size_t i = 0; i < t->segment_count && t->segments[i].kind != SEGMENT_IGNORE; i++) {
        const struct segment *s = &t->segments[i];
        size_t bytes = s->kind == SEGMENT_ONE_OF ? one_of_shortest(s->text) : s->text.len;
        best = bytes > most ? s : best;
        most = bytes > most ? bytes : most;
    }
    return best;
}

static bool add_inner(const struct template *t, struct needles *out)
{
    const struct segment *s = most_telling(t);
    if (!s || s->kind == SEGMENT_LITERAL)
        return s && add_needle(out, s->text);
    for (struct span rest = s->text, choice; template_choice(&rest, &choice);)
        if (!add_needle(out, choice))
            return false;
    return true;
}

/* @return false: the text is empty */
static bool mark_begin(struct span text, bool nocase, bool out[256])
{
    if (!text.len)
        return false;
    unsigned char c = (unsigned char)text.ptr[0];
    out[c] = true;
    if (nocase && lower(c) >= 'a' && lower(c) <= 'z')
        out[c ^ 0x20] = true;
    return true;
}

/* @return false: what follows can begin it, too */
static bool begins_with(const struct segment *s, bool nocase, bool out[256])
{
    bool all = true;
    if (s->kind == SEGMENT_LITERAL) {
        mark_begin(s->text, nocase, out);
    } else if (s->kind == SEGMENT_ONE_OF) {
        for (struct span rest = s->text, choice; template_choice(&rest, &choice);)
            all = mark_begin(choice, nocase, out) && all;
    } else if (s->kind == SEGMENT_UNSIGNED) {
        memset(out + '0', true, 10);
    } else {
        memset(out, true, 256);
    }
    return all;
}

void template_begins(const struct template *t, bool out[256])
{
    size_t i = 0;
    memset(out, false, 256);
    while (i < t->segment_count && !begins_with(&t->segments[i], t->nocase, out))
        i++;
    if (i == t->segment_count)
        memset(out, true, 256);
}

void template_needles(const struct template *t, struct needles *out)
{
    static const char nothing[HEAD_BYTES];
    *out = (struct needles){.stage = STAGE_HEAD};
    if (add_heads(t, 0, nothing, 0, out))
        return;
    out->count = 0;
    out->stage = !add_inner(t, out)                                                            ? STAGE_WHOLE
                 : t->segments->kind == SEGMENT_LITERAL || t->segments->kind == SEGMENT_ONE_OF ? STAGE_BEHIND
                                                                                               : STAGE_INNER;
}

static bool starts(struct span s, struct span prefix, bool nocase)
{
    if (!nocase)
        return span_starts(s, prefix);
    return s.len >= prefix.len && span_eq_nocase(span_from(s.ptr, prefix.len), prefix);
}

/* How many bytes of s belong to a field of this kind, at least 1 to be one. */
static size_t run_of(enum segment_kind kind, struct span s)
{
    size_t i = 0;
    switch (kind) {
    case SEGMENT_UNSIGNED:
        while (i < s.len && (unsigned)(unsigned char)s.ptr[i] - '0' <= 9)
            i++;
        return i;
    case SEGMENT_HEX:
        while (i < s.len &&
               (((unsigned)(unsigned char)s.ptr[i] - '0' <= 9) ||
                   (lower((unsigned char)s.ptr[i]) >= 'a' && lower((unsigned char)s.ptr[i]) <= 'f') ||
                   s.ptr[i] == 'x'))
            i++;
        return i;
    case SEGMENT_ADDR:
        while (i < s.len && s.ptr[i] != ' ' && s.ptr[i] != '[' && s.ptr[i] != ',')
            i++;
        return i;
    default:
        return up_to(s, ' ');
    }
}

/* A word or address ends before the literal that follows, if that stands inside it (`…` between addresses,
 * quotes). */
static size_t cut_before(struct span s, size_t n, const struct segment *next)
{
    if (!next || next->kind != SEGMENT_LITERAL || next->text.ptr[0] == ' ')
        return n;
    ptrdiff_t at =
        span_find(span_from(s.ptr, n), span_from(next->text.ptr, next->text.len < n ? next->text.len : 1));
    return at > 0 ? (size_t)at : n;
}

static bool take_one_of(struct span *s, struct span choices, bool nocase)
{
    while (true) {
        const char *bar = choices.len ? memchr(choices.ptr, '|', choices.len) : NULL;
        struct span choice = {choices.ptr, bar ? (size_t)(bar - choices.ptr) : choices.len};
        if (starts(*s, choice, nocase)) {
            *s = span_skip(*s, choice.len);
            return true;
        }
        if (!bar)
            return false;
        choices = span_skip(choices, choice.len + 1);
    }
}

static bool take_field(const struct template *t, size_t i, struct span *s, struct captures *out)
{
    const struct segment *seg = &t->segments[i];
    const struct segment *next = i + 1 < t->segment_count ? &t->segments[i + 1] : NULL;
    size_t n;
    if (seg->kind == SEGMENT_REST) {
        n = s->len;
    } else if (seg->kind == SEGMENT_SHORTEST) {
        ptrdiff_t at = next && next->kind == SEGMENT_LITERAL ? span_find(*s, next->text) : (ptrdiff_t)s->len;
        if (at < 0)
            return false;
        n = (size_t)at;
    } else {
        n = run_of(seg->kind, *s);
        if (seg->kind == SEGMENT_ADDR || seg->kind == SEGMENT_WORD)
            n = cut_before(*s, n, next);
        if (n == 0)
            return false;
    }
    if (seg->field >= 0) {
        out->set |= UINT64_C(1) << seg->field;
        out->text[seg->field] = span_from(s->ptr, n);
    }
    *s = span_skip(*s, n);
    return true;
}

bool catalogue_read(const struct catalogue *cat, size_t index, struct span s, struct captures *out)
{
    const struct template *t = &cat->templates[index];
    out->set = 0;
    for (size_t i = 0; i < t->segment_count; i++) {
        const struct segment *seg = &t->segments[i];
        switch (seg->kind) {
        case SEGMENT_LITERAL:
            if (!starts(s, seg->text, t->nocase))
                return false;
            s = span_skip(s, seg->text.len);
            break;
        case SEGMENT_ONE_OF:
            if (!take_one_of(&s, seg->text, t->nocase))
                return false;
            break;
        case SEGMENT_IGNORE:
            return true;
        default:
            if (!take_field(t, i, &s, out))
                return false;
        }
    }
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\r'))
        s = span_skip(s, 1);
    return s.len == 0;
}
