-- 0001_base: the schema, its version, its settings and the words that rows are made of.
--
-- migration     one row a file of schema/migrations that has run
-- meta          one row: the version, the oldest program that may still use it, the digest of the functions in place
-- setting       what the rollups must know of the configuration; written by ingest at start
-- Enums carry the labels listed at the top of classify/row.def; labels are only ever added.
CREATE SCHEMA IF NOT EXISTS ikewatch;
COMMENT ON SCHEMA ikewatch IS 'IKE exchanges, tunnel states and incidents of a fleet of Cisco vEdge routers, written by ikewatch';
REVOKE ALL ON SCHEMA ikewatch FROM PUBLIC;

CREATE TABLE ikewatch.migration (
    version    integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE ikewatch.migration IS 'Migrations that have run, one row a file of schema/migrations';
COMMENT ON COLUMN ikewatch.migration.version IS 'The number that the file starts with';
COMMENT ON COLUMN ikewatch.migration.name IS 'The stem of the file';
COMMENT ON COLUMN ikewatch.migration.applied_at IS 'When it was committed, by the server''s clock';

CREATE TABLE ikewatch.meta (
    one             boolean PRIMARY KEY DEFAULT true CHECK (one),
    schema_version  integer NOT NULL,
    min_compatible  integer NOT NULL,
    function_digest text NOT NULL DEFAULT ''
);
INSERT INTO ikewatch.meta (schema_version, min_compatible) VALUES (0, 1);
COMMENT ON TABLE ikewatch.meta IS 'The version of the schema; one row';
COMMENT ON COLUMN ikewatch.meta.one IS 'Always true: there is one row';
COMMENT ON COLUMN ikewatch.meta.schema_version IS 'The highest migration that has run';
COMMENT ON COLUMN ikewatch.meta.min_compatible IS 'A program that knows only migrations below this one must refuse to run; raised by migrations that old programs cannot live with';
COMMENT ON COLUMN ikewatch.meta.function_digest IS 'Hash over the SQL functions in place, as the program that put them there had them';

CREATE TABLE ikewatch.setting (
    name  text PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO ikewatch.setting (name, value) VALUES ('flap_window_ms', 900000);
COMMENT ON TABLE ikewatch.setting IS 'Settings that decide what the rollups count';
COMMENT ON COLUMN ikewatch.setting.name IS 'flap_window_ms: an outage that ended within this time is a flap';
COMMENT ON COLUMN ikewatch.setting.value IS 'In the unit that the name ends with';

CREATE TYPE ikewatch.tunnel_state AS ENUM ('up', 'down', 'never-up', 'unknown');
CREATE TYPE ikewatch.symptom AS ENUM ('not-established', 'flap', 'down');
CREATE TYPE ikewatch.side AS ENUM ('network', 'peer', 'device', 'both', 'unknown');
CREATE TYPE ikewatch.confidence AS ENUM ('certain', 'likely', 'possible');
CREATE TYPE ikewatch.direction AS ENUM ('out', 'in');
CREATE TYPE ikewatch.outcome AS ENUM ('pending', 'answered', 'refused', 'unanswered', 'abandoned');
CREATE TYPE ikewatch.time_quality AS ENUM ('good', 'replayed', 'future');
CREATE TYPE ikewatch.identity AS ENUM ('ftmd', 'connection', 'address', 'inventory', 'unknown');
COMMENT ON TYPE ikewatch.tunnel_state IS 'never-up: no up was ever seen; unknown: nothing decides it yet';
COMMENT ON TYPE ikewatch.symptom IS 'not-established: no up ever seen; flap: down and up again within flap_window; down: every other down';
COMMENT ON TYPE ikewatch.side IS 'Whose side the cause lies on';
COMMENT ON TYPE ikewatch.confidence IS 'How well the lines support the verdict';
COMMENT ON TYPE ikewatch.direction IS 'out: the device sent the request';
COMMENT ON TYPE ikewatch.outcome IS 'How an exchange ended; pending: not yet';
COMMENT ON TYPE ikewatch.time_quality IS 'replayed: the record is more than 6 h away from the device''s clock; future: the stamp is more than a day ahead';
COMMENT ON TYPE ikewatch.identity IS 'What gave a tunnel its name';
