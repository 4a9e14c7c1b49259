#include "ingest/simulate/line.h"

#include "ingest/simulate/out.h"

#include <stdarg.h>

enum { TEXT_MAX = 700, THREADS = 16 };

struct sim_job sim_job_on(struct sim_tunnel *t, const struct sim_sa *sa)
{
    struct sim_device *d = t->device;
    uint32_t thread = sim_random_of(&d->random, 1, THREADS - 1);
    if (thread >= d->last_thread)
        thread++;
    d->last_thread = thread;
    return (struct sim_job){.t = t, .sa = sa, .thread = thread, .named = true};
}

static void put(const struct sim_job *j, const char *group, bool level0, const char *format, va_list args)
{
    struct sim_device *d = j->t->device;
    struct sim_lines *l = d->lines;
    char text[TEXT_MAX];
    int n = snprintf(text, sizeof(text), "%02u[%s] ", j->thread, group), m;
    const struct sim_held about = {.lane = j->thread,
        .tunnel = j->t->index,
        .uid = j->sa ? j->sa->uid : 0,
        .epoch = j->sa ? j->sa->epoch : 0};
    if (l->way.prefix && j->sa && j->sa->uid)
        n += j->named ? snprintf(text + n, sizeof(text) - (size_t)n, "<%s|%u> ", j->t->conn, j->sa->uid)
                      : snprintf(text + n, sizeof(text) - (size_t)n, "<%u> ", j->sa->uid);
    m = vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
    m = m < (int)sizeof(text) - n ? m : (int)sizeof(text) - n - 1;
    sim_line_out(l, d->now_ms + d->skew_ms, "charon", span_from(text, (size_t)(n + m)), &about);
    if (level0 && l->way.doubled)
        sim_line_out(l, d->now_ms + d->skew_ms, "charon", span_from(text, (size_t)(n + m)), &about);
}

void sim_say(const struct sim_job *j, const char *group, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(j, group, false, format, args);
    va_end(args);
}

void sim_say0(const struct sim_job *j, const char *group, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put(j, group, true, format, args);
    va_end(args);
}

void sim_say_device(struct sim_device *d, uint32_t thread, const char *group, const char *format, ...)
{
    char text[TEXT_MAX];
    const struct sim_held about = {.lane = thread, .tunnel = SIM_NO_TUNNEL};
    int n = snprintf(text, sizeof(text), "%02u[%s] ", thread, group);
    va_list args;
    va_start(args, format);
    n += vsnprintf(text + n, sizeof(text) - (size_t)n, format, args);
    va_end(args);
    sim_line_out(d->lines, d->now_ms + d->skew_ms, "charon", span_from(text, (size_t)n), &about);
}

static void ftmd(struct sim_tunnel *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void ftmd(struct sim_tunnel *t, const char *format, ...)
{
    struct sim_device *d = t->device;
    char text[TEXT_MAX];
    const struct sim_held about = {.lane = LANE_FTMD, .tunnel = t->index};
    va_list args;
    int n;
    va_start(args, format);
    n = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    sim_line_out(d->lines, d->now_ms + d->skew_ms, "FTMD[1426]", span_from(text, (size_t)n), &about);
}

void sim_say_ftmd(struct sim_tunnel *t, const char *state)
{
    const struct sim_device *d = t->device;
    ftmd(t, "%%Viptela-%s-FTMD-6-INFO-1000001: VPN 1 Interface %s %s", d->name, t->name,
        state[0] == 'u' ? "UP" : "DOWN");
    ftmd(t,
        "%%Viptela-%s-ftmd-6-INFO-1400002: Notification: interface-state-change severity-level:major "
        "host-name:\"%s\" system-ip:%s vpn-id:1 if-name:\"%s\" new-state:%s",
        d->name, d->name, d->system_ip, t->name, state);
}

void sim_say_admin(struct sim_tunnel *t, const char *state)
{
    const struct sim_device *d = t->device;
    ftmd(t,
        "%%Viptela-%s-ftmd-6-INFO-1400002: Notification: interface-admin-state-change severity-level:major "
        "host-name:\"%s\" system-ip:%s vpn-id:1 if-name:\"%s\" new-admin-state:%s",
        d->name, d->name, d->system_ip, t->name, state);
}

void sim_say_notice(struct sim_device *d, const char *name, const char *severity, const char *fields)
{
    const struct sim_held about = {.lane = LANE_OTHER, .tunnel = SIM_NO_TUNNEL};
    char text[TEXT_MAX];
    int n = snprintf(text, sizeof(text),
        "%%Viptela-%s-sysmgrd-6-INFO-1400002: Notification: %s severity-level:%s host-name:\"%s\" "
        "system-ip:%s %s",
        d->name, name, severity, d->name, d->system_ip, fields);
    sim_line_out(d->lines, d->now_ms + d->skew_ms, "SYSMGR[1201]", span_from(text, (size_t)n), &about);
}

void sim_say_noise(struct sim_device *d, uint32_t number)
{
    static const struct {
        const char *program, *text;
    } other[] = {
        {"sshd[2210]", "Accepted publickey for admin from 10.0.0.9 port 51514 ssh2"},
        {"CRON[3411]", "(root) CMD (/usr/sbin/logrotate /etc/logrotate.conf)"},
        {"dhclient[811]", "DHCPACK of 10.132.3.92 from 10.132.3.1"},
        {"kernel", "[182233.120391] eth1: link becomes ready"},
        {"vdaemon[1233]",
            "%Viptela-vedge-vdaemon-6-INFO-1400002: Notification: control-connection-state-change"},
        {"ntpd[712]", "Soliciting pool server 10.0.0.123"},
    };
    const struct sim_held about = {.lane = LANE_OTHER, .tunnel = SIM_NO_TUNNEL};
    size_t i = number % (sizeof(other) / sizeof(other[0]));
    sim_line_out(d->lines, d->now_ms + d->skew_ms, other[i].program, span_of(other[i].text), &about);
}

void sim_say_sent(const struct sim_job *j, uint32_t bytes)
{
    const struct sim_tunnel *t = j->t;
    sim_say(j, "NET", "sending packet: from %s[%u] to %s[%u] (%u bytes)", t->local, t->port, t->peer, t->port,
        bytes);
}

void sim_say_got(const struct sim_job *j, uint32_t bytes)
{
    const struct sim_tunnel *t = j->t;
    sim_say(j, "NET", "received packet: from %s[%u] to %s[%u] (%u bytes)", t->peer, t->port, t->local,
        t->port, bytes);
}
