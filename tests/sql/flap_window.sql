SELECT ikewatch.flap_window();
UPDATE ikewatch.setting SET value = 90500 WHERE name = 'flap_window_ms';
SELECT ikewatch.flap_window();
