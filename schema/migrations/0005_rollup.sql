-- 0005_rollup: counts over 15 minutes and over UTC days, so that ninety days of a fleet are a small question.
--
-- Sparse: a bucket without anything has no row. Fifteen minutes, because every zone's offset is a multiple of it: hours, days and weeks of
-- any zone are sums of buckets. Rows are recomputed from outage and near_miss for the buckets that a changed row touches, in the same
-- transaction, so order and repetition do not matter. Whole milliseconds, so that sums are exact.
-- An outage is counted where it went down; its time is spread over the buckets it lasted through, once it has ended: open outages
-- contribute to outages only, their time comes from outage itself. Cause NULL is counted as 'unknown'.
CREATE TABLE ikewatch.flap_15m (
    device_id   bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    bucket      timestamptz NOT NULL,
    cause       text NOT NULL,
    outages     bigint NOT NULL,
    ended       bigint NOT NULL,
    flaps       bigint NOT NULL,
    downtime_ms bigint NOT NULL,
    blackout_ms bigint NOT NULL,
    repair_ms   bigint NOT NULL,
    longest_ms  bigint NOT NULL,
    PRIMARY KEY (device_id, tunnel_id, bucket, cause)
);
CREATE INDEX flap_15m_bucket_idx ON ikewatch.flap_15m (bucket);
COMMENT ON TABLE ikewatch.flap_15m IS 'Outages by tunnel, cause and quarter of an hour';
COMMENT ON COLUMN ikewatch.flap_15m.device_id IS 'As in outage';
COMMENT ON COLUMN ikewatch.flap_15m.tunnel_id IS 'As in outage';
COMMENT ON COLUMN ikewatch.flap_15m.bucket IS 'Start of the 15 minutes';
COMMENT ON COLUMN ikewatch.flap_15m.cause IS 'As in outage; unknown: none yet';
COMMENT ON COLUMN ikewatch.flap_15m.outages IS 'Outages that began in the bucket, flaps and open ones included';
COMMENT ON COLUMN ikewatch.flap_15m.ended IS 'Of these, those that have ended';
COMMENT ON COLUMN ikewatch.flap_15m.flaps IS 'Of these, those that ended within flap_window';
COMMENT ON COLUMN ikewatch.flap_15m.downtime_ms IS 'Down time within the bucket, of ended outages';
COMMENT ON COLUMN ikewatch.flap_15m.blackout_ms IS 'The same counted from blackout_from';
COMMENT ON COLUMN ikewatch.flap_15m.repair_ms IS 'Whole length of the ended outages that began in the bucket: MTTR is sum(repair_ms) / sum(ended)';
COMMENT ON COLUMN ikewatch.flap_15m.longest_ms IS 'Whole length of the longest of them';

CREATE TABLE ikewatch.flap_daily (
    device_id   bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    day         date NOT NULL,
    cause       text NOT NULL,
    outages     bigint NOT NULL,
    ended       bigint NOT NULL,
    flaps       bigint NOT NULL,
    downtime_ms bigint NOT NULL,
    blackout_ms bigint NOT NULL,
    repair_ms   bigint NOT NULL,
    longest_ms  bigint NOT NULL,
    PRIMARY KEY (device_id, tunnel_id, day, cause)
);
CREATE INDEX flap_daily_day_idx ON ikewatch.flap_daily (day);
COMMENT ON TABLE ikewatch.flap_daily IS 'flap_15m summed over UTC days';
COMMENT ON COLUMN ikewatch.flap_daily.device_id IS 'As in outage';
COMMENT ON COLUMN ikewatch.flap_daily.tunnel_id IS 'As in outage';
COMMENT ON COLUMN ikewatch.flap_daily.day IS 'UTC day';
COMMENT ON COLUMN ikewatch.flap_daily.cause IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.outages IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.ended IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.flaps IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.downtime_ms IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.blackout_ms IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.repair_ms IS 'As in flap_15m';
COMMENT ON COLUMN ikewatch.flap_daily.longest_ms IS 'The longest of the day';

CREATE TABLE ikewatch.near_miss_15m (
    device_id   bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    bucket      timestamptz NOT NULL,
    near_misses bigint NOT NULL,
    PRIMARY KEY (device_id, tunnel_id, bucket)
);
CREATE INDEX near_miss_15m_bucket_idx ON ikewatch.near_miss_15m (bucket);
COMMENT ON TABLE ikewatch.near_miss_15m IS 'Near misses by tunnel and quarter of an hour';
COMMENT ON COLUMN ikewatch.near_miss_15m.device_id IS 'As in near_miss';
COMMENT ON COLUMN ikewatch.near_miss_15m.tunnel_id IS 'As in near_miss';
COMMENT ON COLUMN ikewatch.near_miss_15m.bucket IS 'Start of the 15 minutes';
COMMENT ON COLUMN ikewatch.near_miss_15m.near_misses IS 'Requested within the bucket';

CREATE TABLE ikewatch.near_miss_daily (
    device_id   bigint NOT NULL,
    tunnel_id   bigint NOT NULL,
    day         date NOT NULL,
    near_misses bigint NOT NULL,
    PRIMARY KEY (device_id, tunnel_id, day)
);
CREATE INDEX near_miss_daily_day_idx ON ikewatch.near_miss_daily (day);
COMMENT ON TABLE ikewatch.near_miss_daily IS 'near_miss_15m summed over UTC days';
COMMENT ON COLUMN ikewatch.near_miss_daily.device_id IS 'As in near_miss';
COMMENT ON COLUMN ikewatch.near_miss_daily.tunnel_id IS 'As in near_miss';
COMMENT ON COLUMN ikewatch.near_miss_daily.day IS 'UTC day';
COMMENT ON COLUMN ikewatch.near_miss_daily.near_misses IS 'Requested within the day';
