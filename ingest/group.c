#include "ingest/group.h"

void group_ask(rd_kafka_t *rk, const char *group, int timeout_ms, rd_kafka_queue_t *answer)
{
    char error[256];
    rd_kafka_AdminOptions_t *ask = rd_kafka_AdminOptions_new(rk, RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS);
    rd_kafka_AdminOptions_set_request_timeout(ask, timeout_ms, error, sizeof(error));
    rd_kafka_DescribeConsumerGroups(rk, &group, 1, ask, answer);
    rd_kafka_AdminOptions_destroy(ask);
}

const rd_kafka_ConsumerGroupDescription_t *group_answer(rd_kafka_event_t *event, const char **why)
{
    size_t count = 0;
    const rd_kafka_DescribeConsumerGroups_result_t *result =
        event ? rd_kafka_event_DescribeConsumerGroups_result(event) : NULL;
    const rd_kafka_ConsumerGroupDescription_t **groups =
        result ? rd_kafka_DescribeConsumerGroups_result_groups(result, &count) : NULL;
    const rd_kafka_error_t *error = count == 1 ? rd_kafka_ConsumerGroupDescription_error(groups[0]) : NULL;
    if (count == 1 && !error)
        return groups[0];
    *why = error ? rd_kafka_error_string(error) : event ? rd_kafka_event_error_string(event) : "no answer";
    return NULL;
}
