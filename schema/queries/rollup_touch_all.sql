-- rollup_touch_all: every bucket in which an outage began is to be recomputed: flaps are counted there.
INSERT INTO pg_temp.stage_bucket (device_id, tunnel_id, bucket)
SELECT DISTINCT device_id, tunnel_id, date_bin('15 minutes', down_at, 'epoch') FROM ikewatch.outage
