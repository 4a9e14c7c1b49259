-- dead_letter_counts: how many there were and how many are kept, by reason.
--
-- In      $1 consumer group, $2 topic
-- Out     reason, count, kept
SELECT c.reason, sum(c.count)::bigint,
       (SELECT count(*) FROM ikewatch.dead_letter AS d WHERE d.consumer_group = $1 AND d.topic = $2 AND d.reason = c.reason)
  FROM ikewatch.dead_letter_count AS c
 WHERE c.consumer_group = $1 AND c.topic = $2
 GROUP BY c.reason
 ORDER BY c.reason
