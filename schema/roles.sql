-- roles.sql: who may do what; run after every change of functions.
--
-- ikewatch_api      reads everything but the checkpoints, by the functions that are not VOLATILE
-- ikewatch_grafana  reads the v_ views and nothing else
-- Both are roles to be granted to a login. Who migrates may lack CREATEROLE: then this is said, and the rest works without them.
DO $$
DECLARE
    wanted text;
    f regprocedure;
    v name;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['ikewatch_api', 'ikewatch_grafana'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXCEPTION
                WHEN insufficient_privilege THEN
                    RAISE WARNING 'role % is not there and cannot be made by %; CREATE ROLE % and migrate again', wanted, current_user, wanted;
                WHEN duplicate_object OR unique_violation THEN
                    NULL; -- another database of this server was migrated at the same time
            END;
        END IF;
    END LOOP;
    REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ikewatch FROM PUBLIC;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ikewatch_api') THEN
        GRANT USAGE ON SCHEMA ikewatch TO ikewatch_api;
        GRANT SELECT ON ALL TABLES IN SCHEMA ikewatch TO ikewatch_api;
        REVOKE SELECT ON ikewatch.checkpoint FROM ikewatch_api;
        FOR f IN SELECT p.oid FROM pg_proc AS p WHERE p.pronamespace = 'ikewatch'::regnamespace AND p.provolatile <> 'v' LOOP
            EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO ikewatch_api', f);
        END LOOP;
    END IF;
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'ikewatch_grafana') THEN
        GRANT USAGE ON SCHEMA ikewatch TO ikewatch_grafana;
        FOR v IN SELECT c.relname FROM pg_class AS c
                  WHERE c.relnamespace = 'ikewatch'::regnamespace AND c.relkind = 'v' AND c.relname LIKE 'v\_%' LOOP
            EXECUTE format('GRANT SELECT ON ikewatch.%I TO ikewatch_grafana', v);
        END LOOP;
    END IF;
END
$$;
