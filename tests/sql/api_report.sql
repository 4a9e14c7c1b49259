\set ECHO errors
\i api.data
\set ECHO all
\pset format unaligned
\pset tuples_only on
SELECT ikewatch.api_report(101, '10m', '15m', 'en');
SELECT ikewatch.api_report(103, '10m', '15m', 'en');
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier, circuit_id, peer_name, contract, tz) VALUES
    ('vedge01', 'ipsec1', '東京', 'Example Telecom', 'CKT-4711', 'Azure', 'C-1', 'Asia/Tokyo'), ('vedge02', 'ipsec9', NULL, NULL, NULL, NULL, NULL, 'Nowhere/Atlantis');
SELECT ikewatch.api_report(101, '10m', '15m', 'ja');
SELECT ikewatch.api_report(102, '10m', '15m', 'ja');
UPDATE ikewatch.incident SET proposal_diff = jsonb_set(proposal_diff, '{fix}', to_jsonb('on the vEdge set `ike cipher-suite aes256-cbc-sha1` and `ike group 14`; or on the peer (IOS-XE) `group 16` in its `crypto ikev2 proposal`'::text)) WHERE incident_id = 103;
SELECT ikewatch.api_report(103, '10m', '15m', 'ja');
SELECT count(*) FROM ikewatch.api_report(999, '10m', '15m', 'en');
