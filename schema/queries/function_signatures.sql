-- function_signatures: how to drop every function of this name, with those that call it: they come later in functions/ORDER.
--
-- In      $1 name
-- Out     a statement
SELECT format('DROP FUNCTION %s CASCADE', oid::regprocedure) FROM pg_proc WHERE pronamespace = 'ikewatch'::regnamespace AND proname = $1
