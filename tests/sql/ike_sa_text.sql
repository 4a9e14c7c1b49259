SELECT r, sa, ikewatch.ike_sa_text(r, sa) FROM (VALUES (NULL::int, 3::bigint), (1, 3), (2, 3), (2, NULL)) AS v (r, sa);
