-- api_exchanges(…) — GET /v1/exchanges: IKE exchanges requested in the range.
--
-- In      filters: arrays of which one must fit, NULL: any; peer, tunnel, vpn, site, carrier exclude exchanges that are bound to no tunnel
--         row_order: -requested requested
-- Out     one text, the page
-- Reads   inventory, every_exchange (the days of the range only), tunnel_name, device. OFFSET 0: tunnels are looked up by key, for the rows of the
--         page only unless they are asked for; the planner takes device and tunnel for independent, a join by both for a thousandth of what it
--         is, and loops over all of them.
-- Used by api/routes.def
CREATE OR REPLACE FUNCTION ikewatch.api_exchanges(from_time timestamptz, to_time timestamptz, device text[], system_ip text[], peer inet[],
    tunnel text[], vpn integer[], direction text[], outcome text[], exchange text[], near_miss boolean, row_order text, row_limit integer,
    silent_after interval,
    site text[] DEFAULT NULL, carrier text[] DEFAULT NULL)
RETURNS SETOF text
LANGUAGE sql STABLE
BEGIN ATOMIC
    SELECT ikewatch.api_page(json_agg(w.body ORDER BY w.n) FILTER (WHERE w.n <= api_exchanges.row_limit), count(*), api_exchanges.row_limit,
               api_exchanges.silent_after)
      FROM (SELECT r.n, json_build_object(
                       'id', ikewatch.id_text(r.exchange_id), 'device', r.device_name, 'tunnel', m.tunnel, 'vpn', m.vpn_id,
                       'local', host(m.local), 'peer', host(m.peer), 'ike_sa', ikewatch.ike_sa_text(r.daemon_run, r.ike_sa), 'direction', r.direction,
                       'exchange', r.exchange, 'message_id', r.message_id, 'requested', ikewatch.api_time(r.requested),
                       'answered', ikewatch.api_time(r.answered), 'answer_s', ikewatch.api_seconds(r.answered - r.requested),
                       'retransmits', coalesce(r.retransmits, 0), 'request', r.request, 'response', r.response,
                       'request_bytes', r.request_bytes, 'response_bytes', r.response_bytes, 'outcome', r.outcome,
                       'near_miss', r.near_miss) AS body
              FROM (SELECT row_number() OVER (ORDER BY x.descending DESC, x.requested, x.exchange_id) AS n, x.*
                      FROM (SELECT CASE WHEN api_exchanges.row_order = '-requested' THEN e.requested END AS descending, e.*, d.name AS device_name
                              FROM ikewatch.every_exchange AS e
                              JOIN ikewatch.device AS d ON d.device_id = e.device_id
                             WHERE e.requested >= api_exchanges.from_time AND e.requested < api_exchanges.to_time
                               AND (api_exchanges.device IS NULL OR d.name = ANY (api_exchanges.device))
                               AND (api_exchanges.system_ip IS NULL OR d.system_ip = ANY (api_exchanges.system_ip))
                               AND ((api_exchanges.peer IS NULL AND api_exchanges.tunnel IS NULL AND api_exchanges.vpn IS NULL
                                     AND api_exchanges.site IS NULL AND api_exchanges.carrier IS NULL)
                                    OR EXISTS (SELECT FROM ikewatch.tunnel_name AS m
                                                WHERE m.device_id = e.device_id AND m.tunnel_id = e.tunnel_id
                                                  AND (api_exchanges.peer IS NULL OR m.peer <<= ANY (api_exchanges.peer))
                                                  AND (api_exchanges.tunnel IS NULL OR m.tunnel = ANY (api_exchanges.tunnel))
                                                  AND (api_exchanges.vpn IS NULL OR m.vpn_id = ANY (api_exchanges.vpn))
                                                  AND ((api_exchanges.site IS NULL AND api_exchanges.carrier IS NULL)
                                                       OR EXISTS (SELECT FROM ikewatch.inventory AS v
                                                                   WHERE v.device = d.name AND v.tunnel = m.tunnel
                                                                     AND (api_exchanges.site IS NULL OR v.site = ANY (api_exchanges.site))
                                                                     AND (api_exchanges.carrier IS NULL OR v.carrier = ANY (api_exchanges.carrier))))
                                               OFFSET 0))
                               AND (api_exchanges.direction IS NULL OR e.direction::text = ANY (api_exchanges.direction))
                               AND (api_exchanges.outcome IS NULL OR e.outcome::text = ANY (api_exchanges.outcome))
                               AND (api_exchanges.exchange IS NULL OR e.exchange = ANY (api_exchanges.exchange))
                               AND (api_exchanges.near_miss IS NULL OR e.near_miss = api_exchanges.near_miss)
                             ORDER BY descending DESC, e.requested, e.exchange_id
                             LIMIT api_exchanges.row_limit + 1) AS x) AS r -- the page first: numbering all rows of a range would sort them all
              LEFT JOIN LATERAL (SELECT t.tunnel, t.vpn_id, t.local, t.peer
                                   FROM ikewatch.tunnel_name AS t
                                  WHERE t.device_id = r.device_id AND t.tunnel_id = r.tunnel_id
                                 OFFSET 0) AS m ON true) AS w;
END;
COMMENT ON FUNCTION ikewatch.api_exchanges(timestamptz, timestamptz, text[], text[], inet[], text[], integer[], text[], text[], text[],
    boolean, text, integer, interval, text[], text[]) IS 'GET /v1/exchanges';
