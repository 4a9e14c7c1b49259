#include "ingest/knowledge.h"

#include "classify/base/log.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

enum { ERROR_MAX = 512, FILE_MAX_BYTES = 64 << 20 };

/* A whole file, malloc()ed. @return false: said on the log */
static bool read_whole(const char *path, char **out, size_t *len)
{
    size_t cap = 0, used = 0, got;
    char *text = NULL;
    FILE *f = fopen(path, "re");
    bool ok = f != NULL;
    while (ok) {
        if (used == cap) {
            char *grown = cap < FILE_MAX_BYTES ? realloc(text, cap = cap ? cap * 2 : 65536) : NULL;
            ok = grown != NULL;
            errno = grown ? 0 : EFBIG;
            text = grown ? grown : text;
        } else if ((got = fread(text + used, 1, cap - used, f)) > 0) {
            used += got;
        } else {
            ok = !ferror(f);
            break;
        }
    }
    if (!ok) {
        log_error("ingest.file", "file=%s detail=%s", log_quote(path), log_quote(strerror(errno)));
        free(text);
    }
    if (f)
        fclose(f);
    *out = text;
    *len = used;
    return ok;
}

static int is_ini(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 4 && strcmp(entry->d_name + n - 4, ".ini") == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_file(struct catalogue *cat, const char *path, char *error)
{
    char *text;
    size_t len;
    if (!read_whole(path, &text, &len)) {
        snprintf(error, ERROR_MAX, "%.400s cannot be read", path);
        return ERR_IO;
    }
    int rc = catalogue_add(cat, path, span_from(text, len), error, ERROR_MAX);
    free(text);
    return rc;
}

static int add_directory(struct catalogue *cat, const char *directory, char *error)
{
    struct dirent **names = NULL;
    int rc = 0, n = scandir(directory, &names, is_ini, by_bytes);
    if (n < 0) {
        snprintf(error, ERROR_MAX, "%s: %s", directory, strerror(errno));
        return ERR_IO;
    }
    for (int i = 0; i < n; i++) {
        char path[PATH_MAX];
        snprintf(path, sizeof(path), "%s/%s", directory, names[i]->d_name);
        if (rc == 0)
            rc = add_file(cat, path, error);
        free(names[i]);
    }
    free(names);
    return rc;
}

struct catalogue *knowledge_catalogue(const char *directory)
{
    return knowledge_catalogue_with(directory, NULL, 0);
}

struct catalogue *knowledge_catalogue_with(const char *directory, char *const *files, size_t count)
{
    char error[ERROR_MAX] = "";
    struct catalogue *cat = catalogue_new();
    int rc = cat ? catalogue_add_builtin(cat, error, sizeof(error)) : ERR_NOMEM;
    if (rc == 0 && directory)
        rc = add_directory(cat, directory, error);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = add_file(cat, files[i], error);
    if (rc == 0)
        rc = catalogue_compile(cat, error, sizeof(error));
    if (rc == 0)
        return cat;
    log_error("ingest.catalogue", "detail=%s", log_quote(error[0] ? error : err_text(rc)));
    catalogue_free(cat);
    return NULL;
}

int knowledge_inventory_file(const char *file, struct inventory **out, struct inventory_errors *errors)
{
    char *text;
    size_t len;
    *out = NULL;
    errors->count = 0;
    if (!read_whole(file, &text, &len))
        return ERR_IO;
    int rc = inventory_read_all(span_from(text, len), out, errors);
    free(text);
    return rc;
}

int knowledge_inventory(const char *file, struct inventory **out)
{
    struct inventory_errors errors;
    char said[ERROR_MAX + INVENTORY_ERROR_BYTES];
    *out = NULL;
    if (!file)
        return 0;
    int rc = knowledge_inventory_file(file, out, &errors);
    for (size_t i = 0; i < errors.count && i < INVENTORY_ERRORS_MAX; i++) {
        snprintf(said, sizeof(said), "%.400s:%zu: %s", file, errors.list[i].line, errors.list[i].text);
        log_error("ingest.inventory", "detail=%s", log_quote(said));
    }
    if (rc && rc != ERR_IO && !errors.count)
        log_error("ingest.inventory", "file=%s detail=%s", log_quote(file), log_quote(err_text(rc)));
    return rc;
}

/* Of the file as it is now; 0 without one. */
static uint64_t hash_file(const char *file)
{
    char *text;
    size_t len;
    if (!file || !read_whole(file, &text, &len))
        return 0;
    uint64_t hash = span_hash(span_from(text, len), 0);
    free(text);
    return hash;
}

static int64_t hash_all(const struct ingest_options *options, const struct catalogue *catalogue)
{
    uint64_t hash = hash_mix(catalogue_hash(catalogue), hash_file(options->inventory_file));
    hash = hash_mix(hash, span_hash(span_of(options->zone ? options->zone : ""), 0));
    hash = hash_mix(hash, (uint64_t)options->flap_window_ms);
    hash = hash_mix(hash, (uint64_t)options->stay_down_after_ms);
    hash = hash_mix(hash, options->max_devices);
    return (int64_t)(hash & INT64_MAX);
}

int knowledge_load(const struct ingest_options *options, struct knowledge **out)
{
    struct knowledge *k = calloc(1, sizeof(*k));
    *out = NULL;
    if (!k)
        return ERR_NOMEM;
    k->catalogue = knowledge_catalogue(options->catalogue_dir);
    int rc = k->catalogue ? knowledge_inventory(options->inventory_file, &k->inventory) : ERR_CATALOGUE;
    if (rc == 0)
        rc = zone_set_load(options->zone, k->inventory, &k->zones);
    if (rc) {
        knowledge_free(k);
        return rc;
    }
    k->hash = hash_all(options, k->catalogue);
    *out = k;
    return 0;
}

void knowledge_free(struct knowledge *k)
{
    if (!k)
        return;
    zone_set_free(&k->zones);
    inventory_free(k->inventory);
    catalogue_free(k->catalogue);
    free(k);
}
