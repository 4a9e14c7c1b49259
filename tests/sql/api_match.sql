\set ECHO errors
\i api.data
\set ECHO all
SELECT tunnel_id, resolved_id, device_name, tunnel_name, vpn_id, peer_addr, merged FROM ikewatch.api_match(NULL, NULL, NULL, NULL, NULL) ORDER BY 1;
SELECT tunnel_id FROM ikewatch.api_match('{vedge01,vedge03}', NULL, '{10.10.10.2}', NULL, NULL) ORDER BY 1;
SELECT tunnel_id FROM ikewatch.api_match(NULL, '{4.0.5.2}', '{10.10.0.0/16}', NULL, NULL);
SELECT tunnel_id FROM ikewatch.api_match(NULL, NULL, NULL, '{ipsec1}', '{1,7}');
SELECT count(*) FROM ikewatch.api_match('{nowhere}', NULL, NULL, NULL, NULL);
INSERT INTO ikewatch.inventory (device, tunnel, site, carrier) VALUES ('vedge01', 'ipsec1', 'Tokyo', 'NTT'), ('vedge01', 'ipsec2', 'Tokyo', 'KDDI'), ('vedge02', 'ipsec1', 'Osaka', 'NTT');
SELECT tunnel_id FROM ikewatch.api_match(NULL, NULL, NULL, NULL, NULL, site => '{Tokyo}') ORDER BY 1;
SELECT tunnel_id FROM ikewatch.api_match(NULL, NULL, NULL, NULL, NULL, carrier => '{NTT,KDDI}', site => '{Osaka,Kyoto}') ORDER BY 1;
SELECT tunnel_id FROM ikewatch.api_match('{vedge01}', NULL, NULL, NULL, NULL, carrier => '{NTT}') ORDER BY 1;
SELECT count(*) FROM ikewatch.api_match(NULL, NULL, NULL, NULL, NULL, carrier => '{nobody}');
