#include "ingest/group.h"

enum { UUID_LEN = 36 };

const struct rd_kafka_group_list *group_ask(
    rd_kafka_t *rk, const char *group, int timeout_ms, const char **why)
{
    const struct rd_kafka_group_list *list = NULL;
    rd_kafka_resp_err_t err = rd_kafka_list_groups(rk, group, &list, timeout_ms);
    *why = rd_kafka_err2str(err);
    if (err != RD_KAFKA_RESP_ERR_NO_ERROR && err != RD_KAFKA_RESP_ERR__PARTIAL)
        return NULL;
    if (list->group_cnt == 1 && list->groups[0].err == RD_KAFKA_RESP_ERR_NO_ERROR)
        return list;
    *why = list->group_cnt ? rd_kafka_err2str(list->groups[0].err) : "no broker names the group";
    rd_kafka_group_list_destroy(list);
    return NULL;
}

bool group_member_is(const struct rd_kafka_group_member_info *member, const char *instance)
{
    struct span id = span_of(member->member_id), name = span_of(instance);
    return id.len == name.len + 1 + UUID_LEN && span_starts(id, name) && id.ptr[name.len] == '-';
}

/* A number of so many bytes, the highest first, and the rest; -1: cut, or negative. */
static int64_t take_number(struct span *bytes, size_t width)
{
    uint32_t n = 0;
    if (bytes->len < width)
        return -1;
    for (size_t i = 0; i < width; i++)
        n = n << 8 | (unsigned char)bytes->ptr[i];
    *bytes = span_skip(*bytes, width);
    return n >> (8 * width - 1) ? -1 : (int64_t)n;
}

static bool take_partitions(struct span *bytes, bool wanted, bool *owned, int32_t count)
{
    int64_t partitions = take_number(bytes, 4);
    for (int64_t i = 0; i < partitions; i++) {
        int64_t partition = take_number(bytes, 4);
        if (partition < 0)
            return false;
        if (wanted && partition < count)
            owned[partition] = true;
    }
    return partitions >= 0;
}

bool group_assignment(struct span bytes, struct span topic, bool *owned, int32_t count)
{
    int64_t version = take_number(&bytes, 2), topics = version < 0 ? -1 : take_number(&bytes, 4);
    for (int64_t i = 0; i < topics; i++) {
        int64_t len = take_number(&bytes, 2);
        if (len < 0 || (size_t)len > bytes.len)
            return false;
        bool wanted = span_eq(span_from(bytes.ptr, (size_t)len), topic);
        bytes = span_skip(bytes, (size_t)len);
        if (!take_partitions(&bytes, wanted, owned, count))
            return false;
    }
    return topics >= 0;
}
