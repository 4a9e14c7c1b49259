#include "tests/support/corpus.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { CORPUS_TIME_S = 1795478400 }; /* 2026-11-24: every log of the corpus is older */

static char *read_all(const char *path, size_t *len)
{
    struct stat st;
    FILE *f = fopen(path, "rb");
    if (!f || fstat(fileno(f), &st) != 0) {
        fprintf(stderr, "%s: cannot be read\n", path);
        abort();
    }
    char *bytes = malloc((size_t)st.st_size + 1);
    *len = fread(bytes, 1, (size_t)st.st_size, f);
    bytes[*len] = '\0';
    fclose(f);
    return bytes;
}

struct corpus corpus_load(const char *path, const char *device)
{
    struct corpus c = {0};
    size_t len, cap = 0;
    c.bytes = read_all(path, &len);
    struct span rest = {c.bytes, len};
    while (rest.len) {
        const char *end = memchr(rest.ptr, '\n', rest.len);
        size_t n = end ? (size_t)(end - rest.ptr) : rest.len;
        if (c.count == cap) {
            cap = cap ? cap * 2 : 512;
            c.records = realloc(c.records, cap * sizeof(*c.records));
        }
        c.records[c.count] = (struct record){.value = span_from(rest.ptr, n),
            .key = span_of(device),
            .time_ms = CORPUS_TIME_S * 1000LL,
            .offset = (int64_t)c.count};
        c.count++;
        rest = span_skip(rest, n + 1);
    }
    return c;
}

void corpus_free(struct corpus *c)
{
    free(c->records);
    free(c->bytes);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

size_t corpus_cases(char names[][64], size_t max)
{
    size_t n = 0;
    DIR *dir = opendir(CORPUS_DIR);
    for (struct dirent *d; dir && n < max && (d = readdir(dir));) {
        char path[512];
        struct stat st;
        snprintf(path, sizeof(path), "%s/%.60s/messages", CORPUS_DIR, d->d_name);
        if (d->d_name[0] != '.' && stat(path, &st) == 0)
            snprintf(names[n++], 64, "%.63s", d->d_name);
    }
    closedir(dir);
    qsort(names, n, 64, by_name);
    return n;
}

const struct catalogue *corpus_catalogue(void)
{
    static const struct catalogue *cat;
    char error[256];
    if (!cat)
        cat = catalogue_builtin(error, sizeof(error));
    if (!cat) {
        fprintf(stderr, "%s\n", error);
        abort();
    }
    return cat;
}
