SELECT ikewatch.api_join('{"b": 1}', '{"a": [2], "c": null}');
