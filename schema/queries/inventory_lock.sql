-- inventory_lock: one import at a time; readers do not wait.
LOCK TABLE ikewatch.inventory IN SHARE ROW EXCLUSIVE MODE
