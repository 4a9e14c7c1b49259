/* Any bytes as ikewatch.conf: values within their bounds, or a mistake that is said; nothing leaks. Run it
 * with -close_fd_mask=2: each mistake is said on stderr. */
#include "classify/base/err.h"
#include "classify/base/settings.h"

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct {
    char *text, *secret, *list;
    uint64_t count, bytes;
    int64_t duration_ms;
    bool flag;
    int choice;
} options;

static const struct setting rows[] = {
    {"kafka", "topic", SETTING_TEXT, offsetof(__typeof__(options), text), "charon", NULL, NULL, NULL, 't',
        "topic", NULL, "text"},
    {"database", "password", SETTING_SECRET, offsetof(__typeof__(options), secret), NULL, NULL, NULL, NULL, 0,
        NULL, NULL, "secret"},
    {"kafka", "property", SETTING_LIST, offsetof(__typeof__(options), list), NULL, NULL, NULL, NULL, 'X',
        "property", NULL, "list"},
    {"ingest", "workers", SETTING_UINT, offsetof(__typeof__(options), count), "4", "1", "64", NULL, 0, NULL,
        NULL, "number"},
    {"ingest", "batch", SETTING_BYTES, offsetof(__typeof__(options), bytes), "8M", "64K", "1G", NULL, 0, NULL,
        NULL, "bytes"},
    {"api", "wait", SETTING_DURATION, offsetof(__typeof__(options), duration_ms), "10s", "1s", "1h", NULL, 0,
        NULL, NULL, "duration"},
    {"api", "open", SETTING_BOOL, offsetof(__typeof__(options), flag), "no", NULL, NULL, NULL, 0, NULL, NULL,
        "flag"},
    {"log", "form", SETTING_ENUM, offsetof(__typeof__(options), choice), "text", NULL, NULL, "text json", 0,
        NULL, NULL, "choice"},
};
static const struct settings_table table = {rows, sizeof(rows) / sizeof(rows[0]), &options};

static void must(bool held)
{
    if (!held)
        abort();
}

/* @return a descriptor whose /proc name settings_load() opens as a file */
static int as_file(const uint8_t *data, size_t size)
{
    int fd = memfd_create("ikewatch.conf", MFD_CLOEXEC);
    must(fd >= 0 && write(fd, data, size) == (ssize_t)size);
    return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = as_file(data, size), rest;
    char name[] = "fuzz", option[] = "-c", path[64];
    char *argv[] = {name, option, path, NULL};
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    int rc = settings_load("fuzz", "Reads any bytes.", &table, 1, 3, argv, &rest);
    must(rc == 0 || rc == ERR_CONFIG || rc == ERR_USAGE);
    if (rc == 0) {
        must(options.count >= 1 && options.count <= 64);
        must(options.bytes >= 64 * 1024 && options.bytes <= 1024 * 1024 * 1024);
        must(options.duration_ms >= 1000 && options.duration_ms <= 3600000);
        must(options.choice == 0 || options.choice == 1);
        must(options.text != NULL);
    }
    settings_free(&table, 1);
    close(fd);
    return 0;
}
