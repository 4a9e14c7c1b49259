-- dead_letter_prune: of what is in the topic of dead letters the oldest go when half of the room is taken, so that new ones are kept.
--
-- In      $1 consumer group, $2 topic, $3 how many may be kept a partition
DELETE FROM ikewatch.dead_letter AS d
 USING (SELECT l.partition, l.source_offset, row_number() OVER (PARTITION BY l.partition ORDER BY l.source_offset DESC) AS n
          FROM ikewatch.dead_letter AS l
         WHERE l.consumer_group = $1 AND l.topic = $2) AS o
 WHERE d.consumer_group = $1 AND d.topic = $2 AND d.partition = o.partition AND d.source_offset = o.source_offset
   AND o.n > $3::bigint / 2 AND d.sent_at IS NOT NULL AND d.reason <> 'refused-by-database'
