-- rollup_plan: unlike the statements by key, rollups of many buckets join whole batches, which is quadratic without a hash; for this
-- transaction.
SELECT set_config('enable_hashjoin', 'on', true), set_config('enable_mergejoin', 'on', true)
