#include "api/words.h"

#include "classify/base/suggest.h"

struct span words_next(struct span *list)
{
    while (list->len && list->ptr[0] == ' ')
        *list = span_skip(*list, 1);
    if (list->len == 0)
        return SPAN_NONE;
    const char *blank = memchr(list->ptr, ' ', list->len);
    struct span word = span_from(list->ptr, blank ? (size_t)(blank - list->ptr) : list->len);
    *list = span_skip(*list, word.len);
    return word;
}

bool words_hold(struct span list, struct span word)
{
    for (struct span next; (next = words_next(&list)).ptr;) {
        if (span_eq(next, word))
            return true;
    }
    return false;
}

const char *words_nearest(struct span list, struct span word, char buf[WORD_CAP])
{
    char wanted[WORD_CAP], candidate[WORD_CAP];
    const char *best = NULL;
    span_copy(wanted, sizeof wanted, word);
    for (struct span next; (next = words_next(&list)).ptr;) {
        span_copy(candidate, sizeof candidate, next);
        const char *nearest = best;
        suggest_consider(wanted, candidate, &nearest);
        if (nearest == candidate) {
            span_copy(buf, WORD_CAP, next);
            best = buf;
        }
    }
    return best;
}
