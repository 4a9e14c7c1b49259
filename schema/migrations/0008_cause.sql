-- 0008_cause: the texts of the cause catalogue, and which partition a device's lines come from; both so that the API can say more than slugs
-- and offsets.
--
-- cause          written by `ikewatch api` from its built-in catalogue at start; slugs it does not know stay, old incidents may name them
-- device_source  written by the flush that writes the device: evidence keeps offsets, this tells of which topic and partition
-- device_move    written by the same flush when that changes; the partition's worker then closes what the device had open, as its state
--                was left behind in the other partition
-- None is content: digest() leaves them out.
CREATE TABLE ikewatch.cause (
    slug       text PRIMARY KEY,
    side       ikewatch.side NOT NULL,
    title_en   text,
    title_ja   text,
    verdict_en text,
    verdict_ja text,
    explain_en text,
    explain_ja text,
    verify_en  text,
    verify_ja  text,
    mend_en    text,
    mend_ja    text,
    enable_en  text,
    enable_ja  text,
    needs      text,
    source     text
);
COMMENT ON TABLE ikewatch.cause IS 'The cause catalogue: texts by slug';
COMMENT ON COLUMN ikewatch.cause.slug IS 'As in incident.cause and incident.blocker';
COMMENT ON COLUMN ikewatch.cause.side IS 'Whose side it lies on, as a rule';
COMMENT ON COLUMN ikewatch.cause.title_en IS 'A few words';
COMMENT ON COLUMN ikewatch.cause.title_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.verdict_en IS 'One sentence for the person at night';
COMMENT ON COLUMN ikewatch.cause.verdict_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.explain_en IS 'Why it follows from the lines, what it is and what it is not';
COMMENT ON COLUMN ikewatch.cause.explain_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.verify_en IS 'How to check it, a step a line';
COMMENT ON COLUMN ikewatch.cause.verify_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.mend_en IS 'How to repair it, a step a line';
COMMENT ON COLUMN ikewatch.cause.mend_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.enable_en IS 'What to turn on so that the log says more';
COMMENT ON COLUMN ikewatch.cause.enable_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.needs IS 'What the log must have for a repair: proposals';
COMMENT ON COLUMN ikewatch.cause.source IS 'Where this knowledge comes from';

CREATE TABLE ikewatch.device_source (
    device_id bigint PRIMARY KEY,
    topic     text NOT NULL,
    partition integer NOT NULL
);
COMMENT ON TABLE ikewatch.device_source IS 'The Kafka partition that a device''s records are in';
COMMENT ON COLUMN ikewatch.device_source.device_id IS 'As in device';
COMMENT ON COLUMN ikewatch.device_source.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.device_source.partition IS 'As in position; -1: of a topic that was deleted and made anew since';

CREATE TABLE ikewatch.device_move (
    device_id      bigint NOT NULL,
    topic          text NOT NULL,
    partition      integer NOT NULL,
    from_topic     text NOT NULL,
    from_partition integer NOT NULL,
    settled        boolean NOT NULL DEFAULT false,
    noticed_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (device_id, topic, partition)
);
CREATE INDEX device_move_open_idx ON ikewatch.device_move (topic, partition) WHERE NOT settled;
COMMENT ON TABLE ikewatch.device_move IS 'Devices whose records came to another partition than before; told once a partition';
COMMENT ON COLUMN ikewatch.device_move.device_id IS 'As in device';
COMMENT ON COLUMN ikewatch.device_move.topic IS 'Where its records are now; as in position';
COMMENT ON COLUMN ikewatch.device_move.partition IS 'As in position';
COMMENT ON COLUMN ikewatch.device_move.from_topic IS 'Where they were';
COMMENT ON COLUMN ikewatch.device_move.from_partition IS 'As in device_source';
COMMENT ON COLUMN ikewatch.device_move.settled IS 'What was open of it is closed';
COMMENT ON COLUMN ikewatch.device_move.noticed_at IS 'By the server''s clock';

-- What ended lately is asked for all the time; and flap statistics ask for the tunnels that never came up: there are few.
CREATE INDEX incident_ended_idx ON ikewatch.incident (ended);
CREATE INDEX incident_never_idx ON ikewatch.incident (began) WHERE symptom = 'not-established';
