-- rollup_lock: waits for flushes that count by the old setting, and keeps new ones from counting before the new one is committed.
LOCK TABLE ikewatch.outage IN SHARE ROW EXCLUSIVE MODE
