-- position_read: what is committed, after whoever is committing now.
--
-- In      $1 consumer group, $2 topic, $3 partition
-- Out     epoch, position
SELECT epoch, position FROM ikewatch.position WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer FOR UPDATE
