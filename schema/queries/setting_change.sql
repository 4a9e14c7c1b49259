-- setting_change: one row if the setting had another value.
--
-- In      $1 name, $2 value
INSERT INTO ikewatch.setting AS s (name, value) VALUES ($1, $2::bigint)
    ON CONFLICT (name) DO UPDATE SET value = EXCLUDED.value WHERE s.value <> EXCLUDED.value
RETURNING true
