-- flush_outlier: exchanges of days that have no partition.
INSERT INTO ikewatch.exchange_outlier AS t (device_id, exchange_id, tunnel_id, requested, answered, ike_sa, daemon_run, direction, exchange, message_id, retransmits,
        request, response, request_bytes, response_bytes, outcome, near_miss)
SELECT device_id, exchange_id, tunnel_id, requested, answered, ike_sa, daemon_run, direction, exchange, message_id, retransmits,
       request, response, request_bytes, response_bytes, outcome, near_miss
  FROM pg_temp.stage_outlier
 ORDER BY device_id, exchange_id, requested
    ON CONFLICT (device_id, exchange_id, requested) DO UPDATE
   SET tunnel_id = EXCLUDED.tunnel_id, answered = EXCLUDED.answered, ike_sa = EXCLUDED.ike_sa, daemon_run = EXCLUDED.daemon_run,
       direction = EXCLUDED.direction, exchange = EXCLUDED.exchange, message_id = EXCLUDED.message_id,
       retransmits = EXCLUDED.retransmits, request = EXCLUDED.request, response = EXCLUDED.response,
       request_bytes = EXCLUDED.request_bytes, response_bytes = EXCLUDED.response_bytes, outcome = EXCLUDED.outcome,
       near_miss = EXCLUDED.near_miss
 WHERE (t.tunnel_id, t.answered, t.ike_sa, t.daemon_run, t.direction, t.exchange, t.message_id, t.retransmits, t.request,
        t.response, t.request_bytes, t.response_bytes, t.outcome, t.near_miss)
       IS DISTINCT FROM
       (EXCLUDED.tunnel_id, EXCLUDED.answered, EXCLUDED.ike_sa, EXCLUDED.daemon_run, EXCLUDED.direction, EXCLUDED.exchange,
        EXCLUDED.message_id, EXCLUDED.retransmits, EXCLUDED.request, EXCLUDED.response, EXCLUDED.request_bytes,
        EXCLUDED.response_bytes, EXCLUDED.outcome, EXCLUDED.near_miss)
