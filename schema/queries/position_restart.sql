-- position_restart: the partition goes on elsewhere than its position says, and the gap is told with it.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 where it goes on, $5 epoch, $6 position, $7 why in words,
--         $8 1: the records are others than those the state is made of, so it is forgotten, and its devices begin anew
-- Out     one row if the claim still holds
WITH moved AS (
    UPDATE ikewatch.position
       SET position = $4::bigint, last_offset = NULL, last_hash = NULL, committed_at = clock_timestamp()
     WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND epoch = $5::bigint AND position = $6::bigint
    RETURNING true
), gone AS (
    DELETE FROM ikewatch.checkpoint
     WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND $8::integer = 1 AND EXISTS (SELECT FROM moved)
), anew AS (
    UPDATE ikewatch.device_source
       SET partition = -1
     WHERE topic = $2 AND partition = $3::integer AND $8::integer = 1 AND EXISTS (SELECT FROM moved)
), forgiven AS (
    -- The new records at these offsets are not those that were refused.
    UPDATE ikewatch.dead_letter
       SET reason = 'refused-earlier'
     WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer AND reason = 'refused-by-database' AND $8::integer = 1
       AND EXISTS (SELECT FROM moved)
), told AS (
    INSERT INTO ikewatch.gap AS t (consumer_group, topic, partition, from_offset, to_offset, reason)
    SELECT $1, $2, $3::integer, $6::bigint, $4::bigint, $7 FROM moved
        ON CONFLICT (consumer_group, topic, partition, from_offset) DO UPDATE
       SET to_offset = EXCLUDED.to_offset, reason = EXCLUDED.reason, noticed_at = EXCLUDED.noticed_at
)
SELECT true FROM moved
