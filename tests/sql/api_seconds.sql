SELECT ikewatch.api_seconds('1 hour'), ikewatch.api_seconds('12.3456 s'), ikewatch.api_seconds(NULL) IS NULL AS null_stays;
