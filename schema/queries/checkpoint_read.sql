-- checkpoint_read: the state to start from.
--
-- In      $1 consumer group, $2 topic, $3 partition
-- Out     position, state in hexadecimal, hash of the configuration that made it
SELECT position, encode(state, 'hex'), config FROM ikewatch.checkpoint WHERE consumer_group = $1 AND topic = $2 AND partition = $3::integer
