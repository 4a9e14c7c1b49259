#include "api/listen.h"

#include "classify/base/log.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511, HOST_CAP = 64 };

int listen_parse(const char *text, union listen_address *out)
{
    char host[HOST_CAP];
    uint64_t port = 0;
    const char *colon = strrchr(text, ':');
    struct span name = span_from(text, colon ? (size_t)(colon - text) : 0);
    memset(out, 0, sizeof *out);
    if (name.len > 2 && name.ptr[0] == '[' && name.ptr[name.len - 1] == ']')
        name = span_from(name.ptr + 1, name.len - 2);
    span_copy(host, sizeof host, span_eq(name, SPAN("localhost")) ? SPAN("127.0.0.1") : name);
    bool number = colon && span_u64(span_of(colon + 1), &port) && port <= UINT16_MAX;
    if (number && inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        return 0;
    }
    if (number && inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        return 0;
    }
    log_error("api.listen", "listen=%s detail=%s", log_quote(text),
        log_quote("must be ADDR:PORT, as 127.0.0.1:8080 or [::1]:8080"));
    return ERR_CONFIG;
}

bool listen_is_loopback(const union listen_address *a)
{
    if (a->any.sa_family == AF_INET)
        return ntohl(a->v4.sin_addr.s_addr) >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&a->v6.sin6_addr);
}

static int fail(int fd, const char *text, const char *step)
{
    int error = errno;
    const char *remedy = error == EADDRINUSE      ? "another program has it: choose another by --listen"
                         : error == EADDRNOTAVAIL ? "this host has no such address"
                         : error == EACCES        ? "ports below 1024 need a privilege: choose a higher one"
                                                  : "";
    log_error("api.listen", "listen=%s step=%s error=%s detail=%s", text, step, log_quote(strerror(error)),
        log_quote(remedy));
    if (fd >= 0)
        close(fd);
    return ERR_HTTP;
}

int listen_open(const union listen_address *a, const char *text, uint16_t *port)
{
    bool v6 = a->any.sa_family == AF_INET6;
    int one = 1, fd = socket(a->any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    union listen_address bound;
    socklen_t len = sizeof bound;
    if (fd < 0)
        return fail(fd, text, "socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, &a->any, v6 ? sizeof a->v6 : sizeof a->v4))
        return fail(fd, text, "bind");
    if (listen(fd, BACKLOG))
        return fail(fd, text, "listen");
    if (getsockname(fd, &bound.any, &len))
        return fail(fd, text, "getsockname");
    *port = ntohs(v6 ? bound.v6.sin6_port : bound.v4.sin_port);
    return fd;
}

int listen_write_port(const char *path, uint16_t port)
{
    char draft[4096];
    if (!path)
        return 0;
    int n = snprintf(draft, sizeof draft, "%s.new", path);
    FILE *f = n > 0 && (size_t)n < sizeof draft ? fopen(draft, "we") : NULL;
    bool good = f && fprintf(f, "%u\n", port) > 0;
    if (f)
        good = fclose(f) == 0 && good;
    if (good && rename(draft, path) == 0)
        return 0;
    log_error("api.port_file", "path=%s error=%s", log_quote(path), log_quote(strerror(errno)));
    return ERR_IO;
}
