#include "classify/base/addr.h"

#include <arpa/inet.h>

/* Dotted IPv4 by hand: it stands in every NET line, and inet_pton() wants a terminated copy. */
static bool read_v4(struct span s, uint8_t out[4])
{
    unsigned part = 0, digits = 0, dots = 0;
    for (size_t i = 0; i < s.len; i++) {
        unsigned digit = (unsigned)(unsigned char)s.ptr[i] - '0';
        if (digit <= 9) {
            part = part * 10 + digit;
            if (++digits > 3 || part > 255)
                return false;
        } else if (s.ptr[i] == '.' && digits && dots < 3) {
            out[dots++] = (uint8_t)part;
            part = digits = 0;
        } else {
            return false;
        }
    }
    out[3] = (uint8_t)part;
    return dots == 3 && digits;
}

bool addr_read(struct span s, struct addr *out)
{
    *out = (struct addr){0};
    if (s.len < 2 || s.len >= ADDR_TEXT_MAX)
        return false;
    if (read_v4(s, out->bytes)) {
        out->family = 4;
        return true;
    }
    char text[ADDR_TEXT_MAX];
    span_copy(text, sizeof(text), s);
    memset(out->bytes, 0, sizeof(out->bytes));
    if (inet_pton(AF_INET6, text, out->bytes) != 1)
        return false;
    out->family = 6;
    return true;
}

size_t addr_text(const struct addr *a, char buf[ADDR_TEXT_MAX])
{
    buf[0] = '\0';
    if (a->family)
        inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, buf, ADDR_TEXT_MAX);
    return strlen(buf);
}
