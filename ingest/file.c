#include "ingest/file.h"
#include "classify/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

enum { READ_BYTES = 1 << 16 };

/* One file's place in the reading order. */
struct entry {
    const char *name;
    size_t stem_len;       /* without .gz and .N */
    unsigned long rotated; /* N; 0: the file being written */
    size_t set;            /* where the first of its set stands on the command line */
    size_t given;
};

struct reader {
    file_line_fn line;
    void *ctx;
    int64_t number;
    char *buf; /* FILE_LINE_MAX + READ_BYTES: a longer line is cut before it fills up */
    size_t used;
    bool skipping; /* the rest of a line that was given cut */
    struct file_line now;
};

static void read_name(struct entry *e)
{
    size_t len = strlen(e->name), digits = 0;
    uint64_t n;
    if (len > 3 && strcmp(e->name + len - 3, ".gz") == 0)
        len -= 3;
    while (digits < len && e->name[len - 1 - digits] >= '0' && e->name[len - 1 - digits] <= '9')
        digits++;
    if (digits && digits < 7 && len > digits + 1 && e->name[len - 1 - digits] == '.' &&
        span_u64(span_from(e->name + len - digits, digits), &n)) {
        e->rotated = (unsigned long)n;
        len -= digits + 1;
    }
    e->stem_len = len;
}

static int by_order(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->set != y->set)
        return x->set < y->set ? -1 : 1;
    if (x->rotated != y->rotated)
        return x->rotated > y->rotated ? -1 : 1;
    return x->given < y->given ? -1 : 1;
}

/* @return how many entries are left after names given twice are dropped */
static size_t order_names(char *const *names, size_t count, struct entry *entries)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        struct entry e = {.name = names[i], .set = i, .given = i};
        bool again = false;
        read_name(&e);
        for (size_t k = 0; k < kept && !again; k++) {
            again = strcmp(entries[k].name, e.name) == 0;
            if (span_eq(span_from(entries[k].name, entries[k].stem_len), span_from(e.name, e.stem_len)))
                e.set = entries[k].set;
        }
        if (!again)
            entries[kept++] = e;
    }
    qsort(entries, kept, sizeof(*entries), by_order);
    return kept;
}

static int give(struct reader *r, const char *start, size_t len)
{
    bool cut = len > FILE_LINE_MAX;
    if (cut)
        len = FILE_LINE_MAX;
    else if (len && start[len - 1] == '\r')
        len--;
    r->now.text = span_from(start, len);
    r->now.number = ++r->number;
    r->now.number_in_file++;
    r->now.cut = cut;
    return r->line(r->ctx, &r->now);
}

/* Hands out every whole line of the buffer and moves what is left of it to the front. */
static int give_lines(struct reader *r)
{
    const char *start = r->buf;
    size_t left = r->used;
    int rc = 0;

    for (const char *end; rc == 0 && (end = memchr(start, '\n', left)) != NULL;) {
        size_t len = (size_t)(end - start);
        if (!r->skipping)
            rc = give(r, start, len);
        r->skipping = false;
        start = end + 1;
        left -= len + 1;
    }
    memmove(r->buf, start, left);
    r->used = left;
    if (rc == 0 && r->used > FILE_LINE_MAX) {
        if (!r->skipping)
            rc = give(r, r->buf, r->used);
        r->skipping = true;
        r->used = 0;
    }
    return rc;
}

static int fail(const char *name, const char *what, const char *reason)
{
    log_error(
        "file.read", "file=%s detail=%s reason=%s", log_quote(name), log_quote(what), log_quote(reason));
    return ERR_IO;
}

/* A gzip file that ends early reads like a short one: only gzerror() tells. */
static int check_end(gzFile gz, const char *name)
{
    int code;
    char what[96];
    const char *text = gzerror(gz, &code);
    if (code == Z_OK || code == Z_STREAM_END)
        return 0;
    if (code == Z_ERRNO)
        return fail(name, "cannot be read", strerror(errno));
    snprintf(what, sizeof(what), "damaged gzip data at byte %lld; what stands before it is whole",
        (long long)gzoffset(gz));
    return fail(name, what, code == Z_BUF_ERROR ? "the file ends too early" : text);
}

static int read_stream(struct reader *r, gzFile gz, const char *name)
{
    int rc = 0, got;
    r->used = 0;
    r->skipping = false;
    while (rc == 0 && (got = gzread(gz, r->buf + r->used, READ_BYTES)) > 0) {
        r->used += (size_t)got;
        rc = give_lines(r);
    }
    if (rc == 0)
        rc = check_end(gz, name);
    if (rc == 0 && r->used && !r->skipping)
        rc = give(r, r->buf, r->used);
    return rc;
}

static int64_t now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int read_file(struct reader *r, const char *name)
{
    struct stat st;
    bool is_stdin = strcmp(name, "-") == 0;
    int fd = is_stdin ? dup(STDIN_FILENO) : open(name, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return fail(name, "cannot be opened", strerror(errno));
    if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode)) {
        close(fd);
        return fail(
            name, "cannot be read", S_ISDIR(st.st_mode) ? "is a directory; name its files" : strerror(errno));
    }
    gzFile gz = gzdopen(fd, "rb");
    if (!gz) {
        close(fd);
        return fail(name, "cannot be read", "out of memory");
    }
    gzbuffer(gz, READ_BYTES);
    r->now = (struct file_line){.file = name,
        .file_time_ms = S_ISREG(st.st_mode) ? (int64_t)st.st_mtim.tv_sec * 1000 + st.st_mtim.tv_nsec / 1000000
                                            : now_ms()};
    int rc = read_stream(r, gz, name);
    gzclose_r(gz);
    return rc;
}

int file_read_lines(char *const *names, size_t count, file_line_fn line, void *ctx)
{
    int rc = ERR_NOMEM;
    struct reader r = {.line = line, .ctx = ctx};
    struct entry *entries = calloc(count ? count : 1, sizeof(*entries));

    r.buf = malloc(FILE_LINE_MAX + READ_BYTES);
    if (!entries || !r.buf)
        goto out;
    size_t kept = order_names(names, count, entries);
    rc = 0;
    for (size_t i = 0; rc == 0 && i < kept; i++)
        rc = read_file(&r, entries[i].name);
out:
    free(r.buf);
    free(entries);
    return rc;
}
