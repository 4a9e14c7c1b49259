-- position_advance_call: the first statement after BEGIN; see functions/position_advance.sql.
--
-- In      $1 consumer group, $2 topic, $3 partition, $4 new position, $5 epoch, $6 old position, $7 watermark in ms, $8 end offset,
--         $9 offset of the last record before $4, $10 its hash
SELECT ikewatch.position_advance($1, $2, $3::integer, $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, $9::bigint, $10::bigint)
