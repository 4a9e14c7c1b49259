-- inventory_stage: where the rows of an import land before they are compared.
CREATE TEMP TABLE IF NOT EXISTS stage_inventory (LIKE ikewatch.inventory INCLUDING DEFAULTS) ON COMMIT DELETE ROWS
