-- stage: where a session's batches land before they are upserted; once a session. Every transaction empties them by stage_empty or
-- stage_truncate: ON COMMIT DELETE ROWS would truncate all of them and cost more than the commit.
-- Its statements are all by key, and staging tables have no statistics: without the first two settings the planner may come to prefer
-- reading a whole table over looking up the few rows of a batch.
SET enable_hashjoin = off;
SET enable_mergejoin = off;
SET jit = off;
CREATE TEMP TABLE IF NOT EXISTS stage_device (LIKE ikewatch.device);
CREATE TEMP TABLE IF NOT EXISTS stage_tunnel (LIKE ikewatch.tunnel);
CREATE TEMP TABLE IF NOT EXISTS stage_exchange (LIKE ikewatch.exchange);
CREATE TEMP TABLE IF NOT EXISTS stage_outlier (LIKE ikewatch.exchange);
CREATE TEMP TABLE IF NOT EXISTS stage_transition (LIKE ikewatch.transition);
CREATE TEMP TABLE IF NOT EXISTS stage_incident (LIKE ikewatch.incident);
CREATE TEMP TABLE IF NOT EXISTS stage_evidence (LIKE ikewatch.evidence);
CREATE TEMP TABLE IF NOT EXISTS stage_outage (LIKE ikewatch.outage);
CREATE TEMP TABLE IF NOT EXISTS stage_dead_letter AS
    SELECT source_offset, reason, detail, record_time, record_key, record_value, value_bytes, record_headers
      FROM ikewatch.dead_letter WITH NO DATA;
CREATE TEMP TABLE IF NOT EXISTS stage_unknown_template AS
    SELECT template_id, template, sample, count, first_seen, last_seen FROM ikewatch.unknown_template WITH NO DATA;
CREATE TEMP TABLE IF NOT EXISTS stage_checkpoint (state bytea NOT NULL, config bigint NOT NULL);
ALTER TABLE pg_temp.stage_checkpoint ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE TEMP TABLE IF NOT EXISTS stage_bucket (device_id bigint NOT NULL, tunnel_id bigint NOT NULL, bucket timestamptz NOT NULL);
CREATE TEMP TABLE IF NOT EXISTS stage_miss_bucket (device_id bigint NOT NULL, tunnel_id bigint NOT NULL, bucket timestamptz NOT NULL)
