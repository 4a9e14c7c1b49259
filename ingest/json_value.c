#include "ingest/json_value.h"

#include "classify/row.h"
#include "classify/stamp.h"

json_t *json_of_span(struct span s)
{
    return s.ptr ? json_stringn(s.ptr, s.len) : json_null();
}

json_t *json_of_time(int64_t ms)
{
    char text[STAMP_TEXT_MAX];
    if (ms == TIME_NONE)
        return json_null();
    size_t n = stamp_text(ms, text);
    return json_stringn(text, n);
}
