-- stage_empty: what the transaction staged has done its work. Looking at an empty table costs next to nothing.
WITH device AS (
    DELETE FROM pg_temp.stage_device
), tunnel AS (
    DELETE FROM pg_temp.stage_tunnel
), exchange AS (
    DELETE FROM pg_temp.stage_exchange
), outlier AS (
    DELETE FROM pg_temp.stage_outlier
), transition AS (
    DELETE FROM pg_temp.stage_transition
), incident AS (
    DELETE FROM pg_temp.stage_incident
), evidence AS (
    DELETE FROM pg_temp.stage_evidence
), outage AS (
    DELETE FROM pg_temp.stage_outage
), dead_letter AS (
    DELETE FROM pg_temp.stage_dead_letter
), unknown_template AS (
    DELETE FROM pg_temp.stage_unknown_template
), checkpoint AS (
    DELETE FROM pg_temp.stage_checkpoint
), bucket AS (
    DELETE FROM pg_temp.stage_bucket
), miss_bucket AS (
    DELETE FROM pg_temp.stage_miss_bucket
)
SELECT
