-- function_overloads: one row if a function of this name is there more than once: its signature changed.
--
-- In      $1 name
SELECT true FROM pg_proc WHERE pronamespace = 'ikewatch'::regnamespace AND proname = $1 HAVING count(*) > 1
