-- api_page(data, fetched, row_limit, silent_after) — the answer that is a list.
--
-- In      data       json     the rows, at most row_limit of them; NULL: none
--         fetched    bigint   rows found, looking for one more than row_limit
-- Out     text  {"data": [...], "page": {"next", "limit", "more"}, "freshness": {...}}
-- Used by the api_ functions
CREATE OR REPLACE FUNCTION ikewatch.api_page(data json, fetched bigint, row_limit integer, silent_after interval)
RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
    SELECT '{"data": ' || coalesce(api_page.data::text, '[]')
           || ', "page": {"next": null, "limit": ' || api_page.row_limit
           || ', "more": ' || (api_page.fetched > api_page.row_limit)::text
           || '}, "freshness": ' || ikewatch.api_freshness(api_page.silent_after)::text || E'}\n';
END;
COMMENT ON FUNCTION ikewatch.api_page(json, bigint, integer, interval) IS 'The answer that is a list';
