-- 0006_ingest: how far each Kafka partition has been read, and what could not be.
--
-- position is the truth of exactly once: a flush moves it from the old offset to the new one in the transaction that stores the rows, and
-- only if epoch and old offset are still what the worker believes. A claim raises the epoch, which fences whoever owned it before.
-- An owner touches heartbeat_at every 5 s: owned = touched within 15 s. These tables are not content: digest() leaves them out.
CREATE TABLE ikewatch.position (
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    position       bigint NOT NULL DEFAULT 0,
    epoch          bigint NOT NULL DEFAULT 0,
    owner          text,
    backend_pid    integer,
    backend_start  timestamptz,
    end_offset     bigint,
    watermark      timestamptz,
    heartbeat_at   timestamptz,
    committed_at   timestamptz,
    last_offset    bigint,
    last_hash      bigint,
    PRIMARY KEY (consumer_group, topic, partition)
) WITH (fillfactor = 50);
COMMENT ON TABLE ikewatch.position IS 'Kafka partitions: how far read, by whom';
COMMENT ON COLUMN ikewatch.position.consumer_group IS 'Kafka consumer group';
COMMENT ON COLUMN ikewatch.position.topic IS 'Kafka topic';
COMMENT ON COLUMN ikewatch.position.partition IS 'Number of the partition';
COMMENT ON COLUMN ikewatch.position.position IS 'Next offset to read; everything before it is stored';
COMMENT ON COLUMN ikewatch.position.epoch IS 'Raised by every claim; a commit of an older epoch is refused';
COMMENT ON COLUMN ikewatch.position.owner IS 'host:pid:member; NULL: released';
COMMENT ON COLUMN ikewatch.position.backend_pid IS 'PostgreSQL backend of the owner';
COMMENT ON COLUMN ikewatch.position.backend_start IS 'When that backend started: tells it from a later one of the same pid';
COMMENT ON COLUMN ikewatch.position.end_offset IS 'High watermark of the partition as last known';
COMMENT ON COLUMN ikewatch.position.watermark IS 'Highest device clock read';
COMMENT ON COLUMN ikewatch.position.heartbeat_at IS 'When the owner last touched the row, by the server''s clock';
COMMENT ON COLUMN ikewatch.position.committed_at IS 'When the position last moved, by the server''s clock';
COMMENT ON COLUMN ikewatch.position.last_offset IS 'Offset of the last record stored; read again by a claim, to know a topic that was made anew';
COMMENT ON COLUMN ikewatch.position.last_hash IS 'Hash of its time and value';

CREATE TABLE ikewatch.checkpoint (
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    position       bigint NOT NULL,
    state          bytea NOT NULL,
    config         bigint NOT NULL DEFAULT 0,
    written_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic, partition)
);
ALTER TABLE ikewatch.checkpoint ALTER COLUMN state SET STORAGE EXTERNAL;
COMMENT ON TABLE ikewatch.checkpoint IS 'A partition''s state in memory at some position, so that a restart need not read from the beginning';
COMMENT ON COLUMN ikewatch.checkpoint.consumer_group IS 'As in position';
COMMENT ON COLUMN ikewatch.checkpoint.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.checkpoint.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.checkpoint.position IS 'Next offset to read after this state';
COMMENT ON COLUMN ikewatch.checkpoint.state IS 'Versioned, checksummed, compressed; only the program reads it';
COMMENT ON COLUMN ikewatch.checkpoint.config IS 'Hash of the configuration that made it: catalogue, inventory, settings';
COMMENT ON COLUMN ikewatch.checkpoint.written_at IS 'By the server''s clock';

CREATE TABLE ikewatch.gap (
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    from_offset    bigint NOT NULL,
    to_offset      bigint NOT NULL,
    reason         text NOT NULL,
    noticed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (consumer_group, topic, partition, from_offset)
);
COMMENT ON TABLE ikewatch.gap IS 'Records that Kafka no longer had when they were to be read';
COMMENT ON COLUMN ikewatch.gap.consumer_group IS 'As in position';
COMMENT ON COLUMN ikewatch.gap.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.gap.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.gap.from_offset IS 'First offset missing';
COMMENT ON COLUMN ikewatch.gap.to_offset IS 'First offset that is there again; of a topic made anew where reading begins, below from_offset';
COMMENT ON COLUMN ikewatch.gap.reason IS 'Why they are missing, in words';
COMMENT ON COLUMN ikewatch.gap.noticed_at IS 'By the server''s clock';

CREATE TABLE ikewatch.dead_letter (
    topic          text NOT NULL,
    partition      integer NOT NULL,
    source_offset  bigint NOT NULL,
    consumer_group text NOT NULL,
    reason         text NOT NULL,
    detail         text,
    record_time    timestamptz,
    record_key     bytea,
    record_value   bytea,
    value_bytes    bigint,
    record_headers bytea,
    sent_at        timestamptz,
    send_error     text,
    replayed_at    timestamptz,
    PRIMARY KEY (topic, partition, source_offset, consumer_group)
);
CREATE INDEX dead_letter_unsent ON ikewatch.dead_letter (consumer_group, topic, partition, source_offset)
    WHERE sent_at IS NULL AND send_error IS NULL;
COMMENT ON TABLE ikewatch.dead_letter IS 'Records that could not be read or stored; at most ingest.dead_letter_max a partition, but for those refused-by-database';
COMMENT ON COLUMN ikewatch.dead_letter.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter.source_offset IS 'Offset of the record';
COMMENT ON COLUMN ikewatch.dead_letter.consumer_group IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter.reason IS 'Stable word: empty, too-long, bad-json, …';
COMMENT ON COLUMN ikewatch.dead_letter.detail IS 'What was wrong, and the remedy';
COMMENT ON COLUMN ikewatch.dead_letter.record_time IS 'Kafka''s time of the record';
COMMENT ON COLUMN ikewatch.dead_letter.record_key IS 'The key, cut';
COMMENT ON COLUMN ikewatch.dead_letter.record_value IS 'The value, cut';
COMMENT ON COLUMN ikewatch.dead_letter.value_bytes IS 'Length of the value before the cut';
COMMENT ON COLUMN ikewatch.dead_letter.record_headers IS 'Its headers as in Kafka''s record format (their number, then each; lengths are zigzag varints), cut to whole ones';
COMMENT ON COLUMN ikewatch.dead_letter.sent_at IS 'When Kafka had it in the topic of dead letters; NULL: not yet';
COMMENT ON COLUMN ikewatch.dead_letter.send_error IS 'Why it will never be in that topic';
COMMENT ON COLUMN ikewatch.dead_letter.replayed_at IS 'When it was last sent back to its topic, by ikewatch dlq replay';

CREATE TABLE ikewatch.dead_letter_count (
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    reason         text NOT NULL,
    count          bigint NOT NULL,
    PRIMARY KEY (consumer_group, topic, partition, reason)
);
COMMENT ON TABLE ikewatch.dead_letter_count IS 'How many dead letters there were, also those that were not kept';
COMMENT ON COLUMN ikewatch.dead_letter_count.consumer_group IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter_count.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter_count.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.dead_letter_count.reason IS 'As in dead_letter';
COMMENT ON COLUMN ikewatch.dead_letter_count.count IS 'Exact: counted in the transaction that moved the position over them';

CREATE TABLE ikewatch.unknown_template (
    consumer_group text NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    template_id    bigint NOT NULL,
    template       text NOT NULL,
    sample         text,
    count          bigint NOT NULL,
    first_seen     timestamptz,
    last_seen      timestamptz,
    PRIMARY KEY (consumer_group, topic, partition, template_id)
);
COMMENT ON TABLE ikewatch.unknown_template IS 'Shapes of charon and FTMD lines that the catalogue does not know; one row a partition, to be summed';
COMMENT ON COLUMN ikewatch.unknown_template.consumer_group IS 'As in position';
COMMENT ON COLUMN ikewatch.unknown_template.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.unknown_template.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.unknown_template.template_id IS 'Hash of the template';
COMMENT ON COLUMN ikewatch.unknown_template.template IS 'The line with numbers, addresses and names masked';
COMMENT ON COLUMN ikewatch.unknown_template.sample IS 'One such line';
COMMENT ON COLUMN ikewatch.unknown_template.count IS 'Lines seen in this partition';
COMMENT ON COLUMN ikewatch.unknown_template.first_seen IS 'By the device''s clock';
COMMENT ON COLUMN ikewatch.unknown_template.last_seen IS 'By the device''s clock';
