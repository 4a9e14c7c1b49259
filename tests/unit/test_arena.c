#include "classify/base/arena.h"

#include <criterion/criterion.h>

Test(arena, copies_outlive_their_source)
{
    struct arena *a = arena_new(64);
    char text[] = "ipsec2";
    struct span copy = arena_span(a, span_of(text));
    memset(text, 'x', sizeof(text) - 1);
    cr_expect(span_eq(copy, SPAN("ipsec2")));
    cr_expect_null(arena_span(a, SPAN_NONE).ptr);
    cr_expect_not_null(arena_span(a, SPAN("")).ptr);
    arena_free(a);
}

Test(arena, gives_aligned_memory_that_does_not_overlap)
{
    struct arena *a = arena_new(100);
    char *last = NULL;
    for (size_t i = 1; i < 200; i++) {
        char *p = arena_take(a, i);
        cr_assert_eq((uintptr_t)p % 8, 0);
        memset(p, (int)i, i);
        cr_assert(!last || *last == (char)(i - 1), "the piece before was overwritten");
        last = p;
    }
    arena_free(a);
}

Test(arena, reset_gives_the_same_memory_again)
{
    struct arena *a = arena_new(64);
    void *first = arena_take(a, 40);
    arena_take(a, 4000);
    cr_expect_eq(arena_bytes(a), 4040);
    arena_reset(a);
    cr_expect_eq(arena_bytes(a), 0);
    cr_expect_eq(arena_take(a, 40), first);
    arena_free(a);
}

Test(arena, formats)
{
    struct arena *a = arena_new(16);
    cr_expect(span_eq(arena_printf(a, "unknown:%s", "10.10.10.1"), SPAN("unknown:10.10.10.1")));
    cr_expect_eq(arena_printf(a, "%s", "").len, 0);
    arena_free(a);
}
