#include "classify/base/metric.h"
#include "classify/base/err.h"

#include <assert.h>
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static struct {
    struct metric *rows;
    size_t count;
} tables[METRIC_TABLES_MAX];
static size_t table_count;

void metric_register(struct metric *table, size_t count)
{
    for (size_t i = 0; i < table_count; i++)
        if (tables[i].rows == table)
            return;
    assert(table_count < METRIC_TABLES_MAX);
    tables[table_count].rows = table;
    tables[table_count++].count = count;
}

static void print_head(FILE *f, const char *name, const char *kind, const char *help)
{
    fprintf(f, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void print_table(FILE *f, struct metric *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct metric *m = &rows[i];
        if (i == 0 || strcmp(rows[i - 1].name, m->name) != 0)
            print_head(f, m->name, m->kind == METRIC_COUNTER ? "counter" : "gauge", m->help);
        long long value = __atomic_load_n(&m->value, __ATOMIC_RELAXED);
        fprintf(f, *m->labels ? "%s{%s} %lld\n" : "%s%s %lld\n", m->name, m->labels, value);
    }
}

/* Field `number` (1..) of /proc/self/stat; counted behind the program's name, which may hold blanks. */
static unsigned long long stat_field(int number)
{
    char text[1024];
    FILE *f = fopen("/proc/self/stat", "re");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;
    if (f)
        fclose(f);
    text[n] = '\0';
    char *p = strrchr(text, ')');
    for (int i = 2; p && i < number; i++)
        p = strchr(p + 1, ' ');
    return p ? strtoull(p, NULL, 10) : 0;
}

static double boot_time(void)
{
    char line[256];
    unsigned long long seconds = 0;
    FILE *f = fopen("/proc/stat", "re");
    while (f && fgets(line, sizeof(line), f))
        if (strncmp(line, "btime ", 6) == 0)
            seconds = strtoull(line + 6, NULL, 10);
    if (f)
        fclose(f);
    return (double)seconds;
}

static int open_files(void)
{
    int n = 0;
    DIR *d = opendir("/proc/self/fd");
    while (d && readdir(d))
        n++;
    if (d)
        closedir(d);
    return n > 3 ? n - 3 : 0; /* less ".", ".." and the directory itself */
}

static void print_process(FILE *f)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    double cpu = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
                 (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
    double ticks = (double)sysconf(_SC_CLK_TCK);

    print_head(f, "process_cpu_seconds_total", "counter", "CPU time of user and system in seconds.");
    fprintf(f, "process_cpu_seconds_total %.2f\n", cpu);
    print_head(
        f, "process_start_time_seconds", "gauge", "Start of the process since the Unix epoch in seconds.");
    fprintf(f, "process_start_time_seconds %.2f\n", boot_time() + (double)stat_field(22) / ticks);
    print_head(f, "process_resident_memory_bytes", "gauge", "Resident memory in bytes.");
    fprintf(f, "process_resident_memory_bytes %llu\n",
        stat_field(24) * (unsigned long long)sysconf(_SC_PAGESIZE));
    print_head(f, "process_open_fds", "gauge", "Open file descriptors.");
    fprintf(f, "process_open_fds %d\n", open_files());
    print_head(f, "ikewatch_build_info", "gauge", "Always 1; the version is a label.");
    fprintf(f, "ikewatch_build_info{version=\"%s\"} 1\n", IKEWATCH_VERSION);
}

ptrdiff_t metric_print(char **out)
{
    size_t len = 0;
    *out = NULL;
    FILE *f = open_memstream(out, &len);
    if (!f)
        return ERR_NOMEM;
    for (size_t i = 0; i < table_count; i++)
        print_table(f, tables[i].rows, tables[i].count);
    print_process(f);
    if (fclose(f) != 0) {
        free(*out);
        *out = NULL;
        return ERR_NOMEM;
    }
    return (ptrdiff_t)len;
}
