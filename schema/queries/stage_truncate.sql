-- stage_truncate: the same by giving back the files: rows deleted from temporary tables leave pointers that no vacuum takes away, and large
-- values leave their pieces.
TRUNCATE pg_temp.stage_device, pg_temp.stage_tunnel, pg_temp.stage_exchange, pg_temp.stage_outlier,
         pg_temp.stage_transition, pg_temp.stage_incident, pg_temp.stage_evidence, pg_temp.stage_outage,
         pg_temp.stage_dead_letter, pg_temp.stage_unknown_template, pg_temp.stage_checkpoint, pg_temp.stage_bucket,
         pg_temp.stage_miss_bucket
