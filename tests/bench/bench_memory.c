/*
 * bench_memory.c — what a fleet of healthy tunnels takes in memory, and how long its state takes to be saved
 * and loaded.
 *
 * bench_memory [TUNNELS]: one JSON object. TUNNELS (100000) are shared out to PARTITIONS partitions and to
 * devices of TUNNELS_PER_DEVICE; each is established once, then probed and answered PROBES times.
 */
#include "tests/bench/mix.h"
#include "tests/support/corpus.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

enum { PARTITIONS = 8, TUNNELS_PER_DEVICE = 10, TUNNELS = 100000, PROBES = 3, LINE_BYTES = 320 };

struct partition {
    struct classify *classify;
    struct rows rows;
    int64_t offset;
    char *blob;
    size_t blob_len;
};

struct fleet {
    const struct catalogue *cat;
    struct match_scratch *scratch;
    struct partition partitions[PARTITIONS];
    size_t tunnels, lines;
};

/* One tunnel of one device at a second of the day. */
struct place {
    size_t device, tunnel, second;
};

static void say(struct fleet *f, const struct place *at, const char *text)
{
    struct partition *p = &f->partitions[at->device % PARTITIONS];
    char line[LINE_BYTES], device[32];
    snprintf(device, sizeof(device), "device%05zu", at->device);
    int n = snprintf(line, sizeof(line), "Jun 18 %02zu:%02zu:%02zu %s charon: %s", at->second / 3600,
        at->second / 60 % 60, at->second % 60, device, text);
    const struct record r = {.value = span_from(line, (size_t)n),
        .key = span_of(device),
        .time_ms = TIME_NONE,
        .offset = p->offset++};
    classify_feed(p->classify, f->scratch, &r);
    f->lines++;
    if (p->offset % MIX_FLUSH_RECORDS == 0) {
        rows_reset(&p->rows);
        classify_collect(p->classify, &p->rows);
    }
}

#define SAY(...)                                                                                             \
    do {                                                                                                     \
        snprintf(text, sizeof(text), __VA_ARGS__);                                                           \
        say(f, at, text);                                                                                    \
    } while (0)

static void establish(struct fleet *f, const struct place *at)
{
    char text[LINE_BYTES], peer[32];
    size_t n = at->tunnel + 1;
    snprintf(peer, sizeof(peer), "10.%zu.%zu.%zu", 20 + at->device / 250, at->device % 250, n);
    SAY("08[CFG] vici initiate CHILD_SA 'child_ipsec%zu_1'", n);
    SAY("08[IKE] initiating IKE_SA ipsec%zu_1[%zu] to %s", n, n, peer);
    SAY("08[ENC] generating IKE_SA_INIT request 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]");
    SAY("08[NET] sending packet: from 10.1.1.1[500] to %s[500] (464 bytes)", peer);
    SAY("05[NET] received packet: from %s[500] to 10.1.1.1[500] (472 bytes)", peer);
    SAY("05[ENC] parsed IKE_SA_INIT response 0 [ SA KE No N(NATD_S_IP) N(NATD_D_IP) ]");
    SAY("05[IKE] establishing CHILD_SA child_ipsec%zu_1{%zu}", n, n);
    SAY("05[ENC] generating IKE_AUTH request 1 [ IDi IDr AUTH SA TSi TSr ]");
    SAY("05[NET] sending packet: from 10.1.1.1[500] to %s[500] (236 bytes)", peer);
    SAY("09[NET] received packet: from %s[500] to 10.1.1.1[500] (204 bytes)", peer);
    SAY("09[ENC] parsed IKE_AUTH response 1 [ IDr AUTH SA TSi TSr ]");
    SAY("09[IKE] IKE_SA ipsec%zu_1[%zu] established between 10.1.1.1[10.1.1.1]...%s[%s]", n, n, peer, peer);
    SAY("09[IKE] scheduling rekeying in 78995s");
    SAY("09[IKE] CHILD_SA child_ipsec%zu_1{%zu} established with SPIs c%07zx_i c%07zx_o and TS 0.0.0.0/0 === "
        "0.0.0.0/0",
        n, n, at->device * 100 + n, at->device * 100 + n + 50);
}

static void probe(struct fleet *f, const struct place *at, size_t message)
{
    char text[LINE_BYTES], peer[32];
    snprintf(peer, sizeof(peer), "10.%zu.%zu.%zu", 20 + at->device / 250, at->device % 250, at->tunnel + 1);
    SAY("07[IKE] sending DPD request");
    SAY("07[ENC] generating INFORMATIONAL request %zu [ ]", message);
    SAY("07[NET] sending packet: from 10.1.1.1[500] to %s[500] (76 bytes)", peer);
    SAY("05[NET] received packet: from %s[500] to 10.1.1.1[500] (76 bytes)", peer);
    SAY("05[ENC] parsed INFORMATIONAL response %zu [ ]", message);
}

static void live(struct fleet *f)
{
    for (size_t round = 0; round <= PROBES; round++)
        for (size_t d = 0; d < f->tunnels / TUNNELS_PER_DEVICE; d++)
            for (size_t t = 0; t < TUNNELS_PER_DEVICE; t++) {
                const struct place at = {d, t, round * 600 + t};
                if (round == 0)
                    establish(f, &at);
                else
                    probe(f, &at, round + 1);
            }
}

static size_t heap_bytes(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static size_t resident_bytes(void)
{
    unsigned long pages = 0, resident = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%lu %lu", &pages, &resident) != 2)
        return 0;
    fclose(f);
    return resident * 4096;
}

/* What changed last is handed out, and the rows' memory is not the state's. */
static void collect_all(struct fleet *f)
{
    for (int i = 0; i < PARTITIONS; i++) {
        classify_collect(f->partitions[i].classify, &f->partitions[i].rows);
        rows_free(&f->partitions[i].rows);
    }
}

static void save(struct fleet *f, double *seconds, size_t *bytes)
{
    double from = mix_cpu_s();
    for (int i = 0; i < PARTITIONS; i++) {
        if (classify_save(f->partitions[i].classify, &f->partitions[i].blob, &f->partitions[i].blob_len))
            exit(1);
        *bytes += f->partitions[i].blob_len;
    }
    *seconds = mix_cpu_s() - from;
}

static double load(struct fleet *f, const struct classify_options *options)
{
    double from = mix_cpu_s();
    for (int i = 0; i < PARTITIONS; i++) {
        struct partition *p = &f->partitions[i];
        p->classify = classify_new(options);
        if (!p->classify || classify_load(p->classify, p->blob, p->blob_len))
            exit(1);
    }
    return mix_cpu_s() - from;
}

int main(int argc, char **argv)
{
    static struct fleet f;
    uint64_t tunnels = TUNNELS;
    double save_s = 0;
    size_t saved = 0;
    if (argc > 1 && !span_u64(span_of(argv[1]), &tunnels))
        return fprintf(stderr, "usage: bench_memory [TUNNELS]\n"), 2;
    double from = mix_cpu_s();
    f.cat = corpus_catalogue();
    double compile_s = mix_cpu_s() - from;
    f.scratch = match_scratch_new(f.cat);
    f.tunnels = tunnels;
    struct classify_options options = classify_defaults(f.cat);
    size_t before = heap_bytes();
    for (int i = 0; i < PARTITIONS; i++) {
        f.partitions[i].classify = classify_new(&options);
        rows_init(&f.partitions[i].rows);
    }
    live(&f);
    collect_all(&f);
    size_t state = heap_bytes() - before, resident = resident_bytes();
    save(&f, &save_s, &saved);
    for (int i = 0; i < PARTITIONS; i++)
        classify_free(f.partitions[i].classify);
    double load_s = load(&f, &options);
    printf(
        "{\"bench\": \"memory\", \"tunnels\": %zu, \"devices\": %zu, \"lines\": %zu, "
        "\"bytes_per_tunnel\": %.0f, \"resident_mb\": %.1f, \"besides_mb\": %.1f, \"checkpoint_mb\": %.1f, "
        "\"save_s\": %.3f, \"load_s\": %.3f, \"catalogue_s\": %.3f, \"start_s\": %.3f}\n",
        f.tunnels, f.tunnels / TUNNELS_PER_DEVICE, f.lines, (double)state / (double)f.tunnels,
        (double)resident / 1e6, ((double)resident - (double)state) / 1e6, (double)saved / 1e6, save_s, load_s,
        compile_s, compile_s + load_s);
    return 0;
}
