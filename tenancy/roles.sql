-- The database roles of the application. Run once on a server, by a role that may create others,
-- before the first migration; safe to repeat. Give those that log in a password afterwards:
-- \password inventory_owner, \password inventory.
DO $$
DECLARE
    role text;
BEGIN
    FOREACH role IN ARRAY ARRAY[
        'inventory_owner',      -- owns the tables and migrates them; no process runs as it
        'inventory_app',        -- what the application may do: rows of the tenant in scope
        'inventory_operators',  -- rows of every tenant, for the admin and the sweeper
        'inventory'             -- the application logs in as this one
    ] LOOP
        IF to_regrole(role) IS NULL THEN
            EXECUTE format('CREATE ROLE %I', role);
        END IF;
    END LOOP;
END $$;

ALTER ROLE inventory_owner LOGIN CREATEDB;  -- CREATEDB: the tests make a database of their own
ALTER ROLE inventory LOGIN;

GRANT inventory_app TO inventory, inventory_operators;
-- Not inherited: it takes SET ROLE, which tenancy/postgresql does inside `all_tenants()` alone.
GRANT inventory_operators TO inventory WITH INHERIT FALSE, SET TRUE;
-- Whoever runs this makes the database in the owner's name, which takes the right to become it.
GRANT inventory_owner TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
