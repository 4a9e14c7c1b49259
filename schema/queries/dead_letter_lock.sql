-- dead_letter_lock: one process of a group feeds the topic of dead letters, until its session ends.
--
-- In      $1 consumer group, $2 topic
-- Out     whether it is this one
SELECT pg_try_advisory_lock(hashtextextended('ikewatch.dlq ' || $1 || ' ' || $2, 0))
