\set ECHO errors
\i api.data
\set ECHO all
\pset format unaligned
\x on
SELECT * FROM ikewatch.api_cause_texts('path-loss', 'en', false, false, '10.10.10.1', 1, 'ipsec2');
SELECT * FROM ikewatch.api_cause_texts('path-loss', 'ja', true, false, NULL, NULL, 'unknown:10.10.10.1');
SELECT * FROM ikewatch.api_cause_texts('peer-delete', 'ja', false, false, '2001:db8::1', 12, 'ipsec10');
UPDATE ikewatch.cause SET needs = 'proposals' WHERE slug = 'path-loss';
SELECT enable FROM ikewatch.api_cause_texts('path-loss', 'en', true, false, NULL, NULL, NULL);
SELECT enable FROM ikewatch.api_cause_texts('path-loss', 'en', true, true, NULL, NULL, NULL);
SELECT count(*) FROM ikewatch.api_cause_texts('not-in-the-catalogue', 'en', true, true, NULL, NULL, NULL);
