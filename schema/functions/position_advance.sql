-- position_advance(…) — the first statement of a flush: move the position, if it is still ours to move.
--
-- The row stays locked until the COMMIT: whoever claims the partition meanwhile waits, and ends a flush that was stopped midway.
--
-- In      consumer_group, topic, partition  which
--         "to", epoch, "from"               the new position; the claim's epoch and the old position, which must be what is stored
--         watermark_ms                      highest device clock in ms since the epoch; NULL: none yet
--         end_offset                        high watermark of the partition; -1: unknown
--         last_offset, last_hash            of the last record before "to"; NULL: as before
-- Errors  SQLSTATE IKW01 when epoch or position are not what they should be: nothing of the flush is executed then
-- Used by schema/flush.c
CREATE OR REPLACE FUNCTION ikewatch.position_advance(consumer_group text, topic text, partition integer, "to" bigint, epoch bigint,
                                                     "from" bigint, watermark_ms bigint, end_offset bigint,
                                                     last_offset bigint, last_hash bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE
AS $$
#variable_conflict use_column
DECLARE
    stored record;
BEGIN
    UPDATE ikewatch.position AS p
       SET position = position_advance."to",
           watermark = greatest(p.watermark, timestamptz 'epoch' + position_advance.watermark_ms * interval '1 millisecond'),
           end_offset = CASE WHEN position_advance.end_offset >= 0 THEN position_advance.end_offset ELSE p.end_offset END,
           last_offset = coalesce(position_advance.last_offset, p.last_offset),
           last_hash = coalesce(position_advance.last_hash, p.last_hash),
           heartbeat_at = clock_timestamp(),
           committed_at = clock_timestamp()
     WHERE p.consumer_group = position_advance.consumer_group AND p.topic = position_advance.topic
       AND p.partition = position_advance.partition AND p.epoch = position_advance.epoch
       AND p.position = position_advance."from";
    IF NOT FOUND THEN
        SELECT p.epoch, p.position, p.owner INTO stored FROM ikewatch.position AS p
         WHERE p.consumer_group = position_advance.consumer_group AND p.topic = position_advance.topic
           AND p.partition = position_advance.partition;
        RAISE EXCEPTION 'partition % of % is at epoch % position % (owner %), not at epoch % position %', position_advance.partition,
            position_advance.topic, stored.epoch, stored.position, stored.owner, position_advance.epoch, position_advance."from"
            USING ERRCODE = 'IKW01';
    END IF;
END
$$;
COMMENT ON FUNCTION ikewatch.position_advance(text, text, integer, bigint, bigint, bigint, bigint, bigint, bigint, bigint)
    IS 'Compare-and-set of a partition''s position; raises IKW01 when fenced';
