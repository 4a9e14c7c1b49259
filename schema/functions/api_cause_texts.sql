-- api_cause_texts(slug, lang, proven, has_proposals, peer, vpn, tunnel) — what the catalogue says of a cause, in one language, its commands made out
-- for one tunnel.
--
-- In      lang              text     en or ja
--         proven            boolean  the verdict is certain and a line proves it: else also what to turn on
--         has_proposals     boolean  the log has both sides' proposals: else, for a cause that needs them, also what to turn on
--         peer, vpn, tunnel          put in the place of PEER, N and ipsecN of the commands; NULL, and names not of that form, are not
-- Out     verify, mend: steps, one a line; advice: explain, verify, mend and, where the proof is thin, enable. No row: the catalogue has no such cause
-- Reads   cause
-- Used by api_incident_rows, api_report
CREATE OR REPLACE FUNCTION ikewatch.api_cause_texts(slug text, lang text, proven boolean, has_proposals boolean, peer inet, vpn integer, tunnel text)
RETURNS TABLE (title text, verdict text, explain text, verify text, mend text, enable text, advice text)
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT t.title, t.verdict, t.explain, f.verify, f.mend, f.enable,
           nullif(concat_ws(E'\n', t.explain, f.verify, f.mend, f.enable), '')
      FROM (SELECT CASE api_cause_texts.lang WHEN 'ja' THEN c.title_ja ELSE c.title_en END AS title,
                   CASE api_cause_texts.lang WHEN 'ja' THEN c.verdict_ja ELSE c.verdict_en END AS verdict,
                   CASE api_cause_texts.lang WHEN 'ja' THEN c.explain_ja ELSE c.explain_en END AS explain,
                   CASE api_cause_texts.lang WHEN 'ja' THEN c.verify_ja ELSE c.verify_en END AS verify,
                   CASE api_cause_texts.lang WHEN 'ja' THEN c.mend_ja ELSE c.mend_en END AS mend,
                   CASE WHEN NOT api_cause_texts.proven OR (c.needs IS NOT NULL AND NOT api_cause_texts.has_proposals) THEN CASE api_cause_texts.lang WHEN 'ja' THEN c.enable_ja ELSE c.enable_en END END AS enable
              FROM ikewatch.cause AS c
             WHERE c.slug = api_cause_texts.slug) AS t
     CROSS JOIN LATERAL (SELECT coalesce(host(api_cause_texts.peer), 'PEER') AS peer, 'vpn ' || coalesce(api_cause_texts.vpn::text, 'N') AS vpn,
                                CASE WHEN api_cause_texts.tunnel ~ '^ipsec[0-9]+$' THEN api_cause_texts.tunnel ELSE 'ipsecN' END AS tunnel) AS n
     CROSS JOIN LATERAL (SELECT replace(replace(replace(t.verify, 'PEER', n.peer), 'vpn N', n.vpn), 'ipsecN', n.tunnel) AS verify,
                                replace(replace(replace(t.mend, 'PEER', n.peer), 'vpn N', n.vpn), 'ipsecN', n.tunnel) AS mend,
                                replace(replace(replace(t.enable, 'PEER', n.peer), 'vpn N', n.vpn), 'ipsecN', n.tunnel) AS enable) AS f;
END;
COMMENT ON FUNCTION ikewatch.api_cause_texts(text, text, boolean, boolean, inet, integer, text) IS 'What the catalogue says of a cause';
