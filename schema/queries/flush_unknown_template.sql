-- flush_unknown_template: counts of the batch, added to those of the partition.
--
-- In      $1 consumer group, $2 topic, $3 partition
INSERT INTO ikewatch.unknown_template AS t (consumer_group, topic, partition, template_id, template, sample, count, first_seen, last_seen)
SELECT $1::text, $2::text, $3::integer, template_id, template, sample, count, first_seen, last_seen
  FROM pg_temp.stage_unknown_template
    ON CONFLICT (consumer_group, topic, partition, template_id) DO UPDATE
   SET count = t.count + EXCLUDED.count,
       first_seen = least(t.first_seen, EXCLUDED.first_seen),
       last_seen = greatest(t.last_seen, EXCLUDED.last_seen)
