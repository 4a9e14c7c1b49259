/*
 * listen.h — where to listen, from ADDR:PORT.
 */
#ifndef IKEWATCH_API_LISTEN_H
#define IKEWATCH_API_LISTEN_H

#include "classify/base/err.h"
#include "classify/base/span.h"

#include <netinet/in.h>

union listen_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* @param text  127.0.0.1:8080, [::1]:8080, localhost:8080. @return 0; ERR_CONFIG, said on the log */
int listen_parse(const char *text, union listen_address *out);

bool listen_is_loopback(const union listen_address *a);

/* Open, bind and listen; the port that was bound goes to *port. @return the socket; ERR_HTTP, said on the log
 */
int listen_open(const union listen_address *a, const char *text, uint16_t *port);

/* "8080\n" to a file, all or nothing; path NULL: nothing to do. @return 0; ERR_IO, said on the log */
int listen_write_port(const char *path, uint16_t port);

#endif
