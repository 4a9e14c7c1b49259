#include "ingest/slot.h"

#include "classify/base/log.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static bool make_dirs(const char *path)
{
    char part[PATH_MAX];
    size_t len = span_copy(part, sizeof(part), span_of(path));
    for (size_t i = 1; i <= len; i++) {
        if (part[i] != '/' && part[i] != '\0')
            continue;
        char kept = part[i];
        part[i] = '\0';
        if (mkdir(part, 0750) != 0 && errno != EEXIST)
            return false;
        part[i] = kept;
    }
    return true;
}

/* A group's name may hold what a file's name may not. */
static void file_name(char *out, size_t cap, const char *dir, const char *group, int number)
{
    char safe[128];
    span_copy(safe, sizeof(safe), span_of(group));
    for (char *p = safe; *p; p++)
        if (*p == '/')
            *p = '_';
    snprintf(out, cap, "%s/member-%s-%d.lock", dir, safe, number);
}

int slot_take_number(const char *state_dir, const char *group, int number)
{
    char path[PATH_MAX];
    file_name(path, sizeof(path), state_dir, group, number);
    int fd = make_dirs(state_dir) ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640) : -1;
    if (fd < 0) {
        log_error("ingest.state_dir", "file=%s detail=%s remedy=%s", log_quote(path),
            log_quote(strerror(errno)), log_quote("give a directory that can be written: --state-dir DIR"));
        return ERR_CONFIG;
    }
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd;
    close(fd);
    return ERR_FULL;
}

int slot_take(const char *state_dir, const char *group, int *number)
{
    for (int i = 0; i < SLOT_MAX; i++) {
        int fd = slot_take_number(state_dir, group, i);
        *number = i;
        if (fd != ERR_FULL)
            return fd;
    }
    log_error("ingest.slots", "directory=%s taken=%d remedy=%s", log_quote(state_dir), SLOT_MAX,
        log_quote("too many processes of one group share the state directory; give this one its own"));
    return ERR_FULL;
}

int slot_count(const char *state_dir, const char *group)
{
    char path[PATH_MAX];
    int count = SLOT_MAX;
    do
        file_name(path, sizeof(path), state_dir, group, count - 1);
    while (access(path, F_OK) != 0 && --count > 0);
    return count;
}

void slot_member(const char *group, const char *topic, int number, char out[SLOT_MEMBER_MAX])
{
    char host[HOST_NAME_MAX + 1] = "";
    gethostname(host, sizeof(host) - 1);
    snprintf(out, SLOT_MEMBER_MAX, "%s-%s-%d-%s", group, host, number, topic);
    for (char *p = out; *p; p++)
        if (!isalnum((unsigned char)*p) && *p != '.' && *p != '-')
            *p = '_';
}
