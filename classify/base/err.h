/*
 * err.h — what functions of this program return: 0, a count, or one of these negative codes.
 *
 * Rule    logged once, where the facts are; callers pass the code on in silence.
 * Source  err.def is the list.
 */
#ifndef IKEWATCH_BASE_ERR_H
#define IKEWATCH_BASE_ERR_H

enum err {
#define E(symbol, value, text) symbol = (value),
#include "classify/base/err.def"
#undef E
};

/* @return a constant sentence fragment; never NULL. */
const char *err_text(int code);

#endif
