#include "classify/line.h"

static inline bool is_digit(char c)
{
    return (unsigned)(unsigned char)c - '0' <= 9;
}

static struct span unindented(struct span s)
{
    while (s.len && s.ptr[0] == ' ')
        s = span_skip(s, 1);
    return s;
}

static struct span skip_pri(struct span s)
{
    if (s.len < 3 || s.ptr[0] != '<')
        return s;
    size_t i = 1;
    while (i < s.len && i < 4 && is_digit(s.ptr[i]))
        i++;
    return i > 1 && i < s.len && s.ptr[i] == '>' ? span_skip(s, i + 1) : s;
}

/* "daemon.info: ", as some collectors print facility and severity. */
static struct span skip_facility(struct span s)
{
    size_t i = 0;
    while (i < s.len && i < 24 &&
           ((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || s.ptr[i] == '.' || is_digit(s.ptr[i])))
        i++;
    if (i >= 3 && i + 2 < s.len && s.ptr[i] == ':' && s.ptr[i + 1] == ' ' && memchr(s.ptr, '.', i))
        return span_skip(s, i + 2);
    return s;
}

static struct span take_word(struct span *s)
{
    const char *blank = s->len ? memchr(s->ptr, ' ', s->len) : NULL;
    struct span word = {s->ptr, blank ? (size_t)(blank - s->ptr) : s->len};
    *s = unindented(span_skip(*s, word.len));
    return word;
}

/* STRUCTURED-DATA of RFC 5424 6.3: `-` or [..] elements, `\]` inside values escaped. */
static void skip_structured(struct span *s)
{
    if (s->len && s->ptr[0] == '-') {
        *s = span_skip(*s, 1);
    } else {
        size_t i = 0;
        while (i < s->len && s->ptr[i] == '[') {
            while (i < s->len && s->ptr[i] != ']')
                i += s->ptr[i] == '\\' && i + 1 < s->len ? 2 : 1;
            i += i < s->len;
        }
        *s = span_skip(*s, i);
    }
    *s = unindented(*s);
    if (s->len >= 3 && memcmp(s->ptr, "\xEF\xBB\xBF", 3) == 0)
        *s = span_skip(*s, 3);
}

/* "1 STAMP HOST APP PROCID MSGID SD MSG", s standing at STAMP. @return 1, 0 not this form, -1 impossible date
 */
static int read_5424(struct span s, struct line *out, struct span *program, struct span *message)
{
    int rc = stamp_read(&s, &out->stamp);
    if (rc <= 0 || !s.len || s.ptr[0] != ' ')
        return rc < 0 ? -1 : 0;
    s = span_skip(s, 1);
    out->host = take_word(&s);
    *program = take_word(&s);
    take_word(&s);
    take_word(&s);
    skip_structured(&s);
    *message = s;
    return program->len ? 1 : 0;
}

/* TAG of RFC 3164 4.1.3: up to ':', '[' or a blank. */
static struct span take_tag(struct span *s)
{
    size_t i = 0;
    while (i < s->len && s->ptr[i] != ':' && s->ptr[i] != '[' && s->ptr[i] != ' ')
        i++;
    struct span tag = {s->ptr, i};
    if (i < s->len && s->ptr[i] == '[') {
        const char *close = memchr(s->ptr + i, ']', s->len - i);
        if (close)
            i = (size_t)(close - s->ptr) + 1;
    }
    if (i < s->len && s->ptr[i] == ':')
        i++;
    *s = unindented(span_skip(*s, i));
    return tag;
}

static int read_header(struct span s, struct line *out, struct span *program, struct span *message)
{
    if (s.len > 2 && s.ptr[0] == '1' && s.ptr[1] == ' ')
        return read_5424(span_skip(s, 2), out, program, message);
    if (s.len && s.ptr[0] == '*') /* IOS: clock not synchronised */
        s = span_skip(s, 1);
    int rc = stamp_read(&s, &out->stamp);
    if (rc <= 0)
        return rc;
    if (!s.len || (s.ptr[0] != ' ' && s.ptr[0] != ':'))
        return 0;
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == ':'))
        s = span_skip(s, 1);
    out->host = take_word(&s);
    *program = take_tag(&s);
    *message = s;
    return out->host.len && program->len ? 1 : 0;
}

static const char *last_of(struct span s, char c)
{
    for (size_t i = s.len; i > 0; i--)
        if (s.ptr[i - 1] == c)
            return s.ptr + i - 1;
    return NULL;
}

/* `05[IKE1] <conn|12> text`, `[IKE] text`, bare text. @return false: no head of charon's */
static bool read_charon_head(struct span s, struct line *out)
{
    size_t i = 0;
    int thread = 0;
    while (i < s.len && i < 5 && is_digit(s.ptr[i]))
        thread = thread * 10 + (s.ptr[i++] - '0');
    if (s.len < i + 6 || s.ptr[i] != '[')
        return false;
    size_t close = s.ptr[i + 4] == ']' ? i + 4 : i + 5;
    if (s.ptr[close] != ']')
        return false;
    for (size_t k = i + 1; k < i + 4; k++)
        if (s.ptr[k] < 'A' || s.ptr[k] > 'Z')
            return false;
    out->thread = i ? (int16_t)thread : -1;
    memcpy(out->group, s.ptr + i + 1, 3);
    s = unindented(span_skip(s, close + 1));
    const char *end = s.len > 2 && s.ptr[0] == '<' ? memchr(s.ptr, '>', s.len) : NULL;
    if (end) {
        struct span in = {s.ptr + 1, (size_t)(end - s.ptr - 1)};
        const char *bar = last_of(in, '|');
        uint64_t uid;
        struct span number = bar ? span_skip(in, (size_t)(bar - in.ptr) + 1) : in;
        if (span_u64(number, &uid) && uid <= UINT32_MAX) {
            out->uid = (int64_t)uid;
            out->conn = bar ? span_from(in.ptr, (size_t)(bar - in.ptr)) : SPAN_NONE;
            s = unindented(span_skip(s, in.len + 2));
        }
    }
    out->text = s;
    return true;
}

/* %Viptela-HOST-DAEMON-6-INFO-1400002: text; the host may hold dashes, so from the right (messages.md 2.1).
 */
static bool read_viptela_head(struct span s, struct line *out)
{
    if (!s.len || s.ptr[0] != '%')
        return false;
    struct span prefix = span_starts(s, SPAN("%Viptela-")) ? SPAN("%Viptela-") : SPAN("%Cisco-SDWAN-");
    if (!span_starts(s, prefix))
        return false;
    const char *colon = memchr(s.ptr, ':', s.len);
    if (!colon)
        return false;
    struct span tag = span_skip(span_from(s.ptr, (size_t)(colon - s.ptr)), prefix.len);
    size_t cut[4];
    size_t found = 0;
    for (size_t i = tag.len; i > 0 && found < 4; i--)
        if (tag.ptr[i - 1] == '-')
            cut[found++] = i - 1;
    if (found < 4)
        return false;
    out->daemon = span_from(tag.ptr + cut[3] + 1, cut[2] - cut[3] - 1);
    out->tag_host = span_from(tag.ptr, cut[3]);
    out->text = unindented(span_skip(s, (size_t)(colon - s.ptr) + 1));
    return true;
}

/* `message repeated 3 times: [ 05[IKE] text]` of rsyslog and journald stands for the text once more. */
static struct span unrepeated(struct span s)
{
    if (!span_starts(s, SPAN("message repeated ")))
        return s;
    ptrdiff_t open = span_find(s, SPAN(" times: ["));
    if (open < 0 || s.ptr[s.len - 1] != ']')
        return s;
    s = span_skip(s, (size_t)open + 9);
    s.len--;
    return unindented(s);
}

static bool charon_name(struct span program)
{
    return span_starts(program, SPAN("charon")) || span_eq(program, SPAN("ipsec"));
}

static void read_message(struct span program, struct span message, struct line *out)
{
    message = unrepeated(message);
    out->text = message;
    if (read_viptela_head(message, out)) {
        out->program = LINE_VIPTELA;
    } else if (charon_name(program)) {
        if (read_charon_head(message, out) || program.len != 5) /* `ipsec` also prints lines of its own */
            out->program = LINE_CHARON;
    }
}

/* A body without header: program and time come from the envelope. */
static int read_body(const struct envelope *e, struct line *out, struct span *program, struct span *message)
{
    struct span stamp = e->stamp;
    if (!e->program.ptr || !e->stamp.ptr)
        return 0;
    int rc = stamp_read(&stamp, &out->stamp);
    struct span tag = e->program;
    *program = take_tag(&tag);
    *message = unindented(e->line);
    return rc;
}

enum dead_reason line_read(const struct envelope *e, struct line *out)
{
    *out = (struct line){.whole = e->line, .thread = -1, .uid = -1};
    struct span program = SPAN_NONE, message = SPAN_NONE;
    int rc = read_header(skip_facility(skip_pri(e->line)), out, &program, &message);
    if (rc == 0)
        rc = read_body(e, out, &program, &message);
    if (rc <= 0)
        return rc < 0 ? DEAD_BAD_STAMP : DEAD_NOT_SYSLOG;
    read_message(program, message, out);
    return RECORD_READ;
}
