-- Each name once; Japanese words are Japanese, but for what has no other name.
SELECT count(*) > 100 AS many, count(*) = count(DISTINCT k) AS once FROM jsonb_object_keys(ikewatch.api_words('ja')) AS k;
SELECT key, value FROM jsonb_each_text(ikewatch.api_words('ja')) WHERE value !~ '[ぁ-んァ-ヶ一-龠]' ORDER BY key COLLATE "C";
SELECT key, value FROM jsonb_each_text(ikewatch.api_words('en')) WHERE value ~ '[^ -~]';
-- Every value of an enum that a report shows has its word.
SELECT e AS missing FROM (SELECT unnest(enum_range(NULL::ikewatch.symptom))::text UNION SELECT unnest(enum_range(NULL::ikewatch.side))::text
    UNION SELECT unnest(enum_range(NULL::ikewatch.confidence))::text UNION SELECT unnest(enum_range(NULL::ikewatch.outcome))::text
    UNION SELECT unnest(enum_range(NULL::ikewatch.direction))::text) AS v (e)
 WHERE NOT ikewatch.api_words('ja') ? e;
