-- 0008_cause: the texts of the cause catalogue, and which partition a device's lines come from; both so that the API can say more than slugs
-- and offsets.
--
-- cause          written by `ikewatch api` from its built-in catalogue at start; slugs it does not know stay, old incidents may name them
-- device_source  written by the flush that writes the device: evidence keeps offsets, this tells of which topic and partition
-- Neither is content: digest() leaves them out.
CREATE TABLE ikewatch.cause (
    slug       text PRIMARY KEY,
    side       ikewatch.side NOT NULL,
    title_en   text,
    title_ja   text,
    verdict_en text,
    verdict_ja text,
    advice_en  text,
    advice_ja  text,
    source     text
);
COMMENT ON TABLE ikewatch.cause IS 'The cause catalogue: texts by slug';
COMMENT ON COLUMN ikewatch.cause.slug IS 'As in incident.cause and incident.blocker';
COMMENT ON COLUMN ikewatch.cause.side IS 'Whose side it lies on, as a rule';
COMMENT ON COLUMN ikewatch.cause.title_en IS 'A few words';
COMMENT ON COLUMN ikewatch.cause.title_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.verdict_en IS 'One sentence for the person at night';
COMMENT ON COLUMN ikewatch.cause.verdict_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.advice_en IS 'What to do next';
COMMENT ON COLUMN ikewatch.cause.advice_ja IS 'The same in Japanese';
COMMENT ON COLUMN ikewatch.cause.source IS 'Where this knowledge comes from';

CREATE TABLE ikewatch.device_source (
    device_id bigint PRIMARY KEY,
    topic     text NOT NULL,
    partition integer NOT NULL
);
COMMENT ON TABLE ikewatch.device_source IS 'The Kafka partition that a device''s records are in';
COMMENT ON COLUMN ikewatch.device_source.device_id IS 'As in device';
COMMENT ON COLUMN ikewatch.device_source.topic IS 'As in position';
COMMENT ON COLUMN ikewatch.device_source.partition IS 'As in position';

-- What ended lately is asked for all the time; and flap statistics ask for the tunnels that never came up: there are few.
CREATE INDEX incident_ended_idx ON ikewatch.incident (ended);
CREATE INDEX incident_never_idx ON ikewatch.incident (began) WHERE symptom = 'not-established';
