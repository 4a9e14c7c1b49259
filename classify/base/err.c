#include "classify/base/err.h"

const char *err_text(int code)
{
    switch (code) {
#define E(symbol, value, text)                                                                               \
    case symbol:                                                                                             \
        return text;
#include "classify/base/err.def"
#undef E
    default:
        return code >= 0 ? "success" : "unknown error";
    }
}
