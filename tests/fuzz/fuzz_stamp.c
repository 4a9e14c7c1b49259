/* Any bytes as the start of a line: a stamp that is read lies in them, is a date, and its text is read as the
 * same time. */
#include "classify/stamp.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* RFC 3339 has years of four digits: an offset can carry 9999-12-31 out of them. */
static void same_when_read_again(int64_t ms)
{
    const int64_t year_10000_ms = 253402300800000, year_1_ms = -62135596800000;
    char text[STAMP_TEXT_MAX];
    struct span s = {text, stamp_text(ms, text)};
    struct stamp again;
    if (s.len >= sizeof(text))
        abort();
    if (ms >= year_10000_ms || ms < year_1_ms)
        return;
    if (stamp_read(&s, &again) != 1 || s.len || stamp_ms(&again, 0, NULL, INT64_MIN) != ms)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const int64_t record_ms = 1795478400000;
    struct span s = {(const char *)data, size};
    struct stamp st;
    int read = stamp_read(&s, &st);
    if (s.len > size || s.ptr + s.len != (const char *)data + size || (read == 0 && s.len != size))
        abort();
    if (read != 1)
        return 0;
    if (st.month < 1 || st.month > 12 || st.day < 1 || st.day > 31 || st.hour > 23 || st.minute > 59 ||
        st.second > 60)
        abort();
    same_when_read_again(stamp_resolve(&st, 0, record_ms, INT64_MIN, NULL));
    same_when_read_again(stamp_resolve(&st, 0, record_ms, record_ms - 1, NULL));
    same_when_read_again(stamp_resolve(&st, 2024, INT64_MIN, INT64_MIN, NULL));
    return 0;
}
