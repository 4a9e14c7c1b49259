\set ECHO errors
\i api.data
\set ECHO all
SELECT body ->> 'id' AS id, body ->> 'tunnel' AS tunnel, body ->> 'duration_s' AS duration_s, body ->> 'blackout_s' AS blackout_s, body ->> 'persistent' AS persistent, body ->> 'verdict' AS verdict
  FROM ikewatch.api_incident_rows(NULL, '2026-03-01Z', '2026-03-02Z', 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '10m', '15m', 'ja') ORDER BY incident_id;
SELECT incident_id FROM ikewatch.api_incident_rows(NULL, '2026-03-01 00:40Z', '2026-03-01 03:00Z', 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '10m', '15m', 'en') ORDER BY 1;
SELECT incident_id FROM ikewatch.api_incident_rows(NULL, NULL, NULL, 'open', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '10m', '15m', 'en') ORDER BY 1;
SELECT incident_id FROM ikewatch.api_incident_rows(NULL, NULL, NULL, 'all', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '{network,both}', '{likely,certain}', NULL, '10m', '15m', 'en') ORDER BY 1;
