-- The role of pg_dump: reads every row and writes none. Needs a superuser, which managed servers do
-- not give: dump as inventory_owner there. Afterwards: \password inventory_backup
DO $$
BEGIN
    IF to_regrole('inventory_backup') IS NULL THEN
        CREATE ROLE inventory_backup;
    END IF;
END $$;

ALTER ROLE inventory_backup LOGIN BYPASSRLS;
GRANT pg_read_all_data TO inventory_backup;
