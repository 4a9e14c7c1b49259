-- rollup_lock: no outage changes until the end of the transaction, so that a flush cannot count by the old setting after us.
LOCK TABLE ikewatch.outage IN SHARE ROW EXCLUSIVE MODE
