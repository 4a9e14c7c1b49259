SELECT ikewatch.api_page('[1, 2]', 3, 2, '15m');
SELECT ikewatch.api_page(NULL, 0, 2, '15m');
