from django.db import migrations

from tenancy.audit import Audit
from tenancy.rls import GrantTables, IsolateTenant

# Runs as the owner of the tables: the application has no right to write the trail by itself.
AUDIT = """
REVOKE INSERT, UPDATE, DELETE ON tenancy_auditevent FROM inventory_app;

CREATE FUNCTION tenancy_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    many boolean := false;
    kind text := TG_ARGV[0];
    ignored text[] := string_to_array(TG_ARGV[1], ',');
    secret text[] := string_to_array(TG_ARGV[2], ',');
    told_origin text := coalesce(nullif(current_setting('tenancy.origin', true), ''), 'command');
    told_user uuid := nullif(current_setting('tenancy.user_id', true), '')::uuid;
    told_address text := left(coalesce(current_setting('tenancy.address', true), ''), 64);
    told_request text := left(coalesce(current_setting('tenancy.request_id', true), ''), 64);
BEGIN
    IF TG_OP = 'INSERT' THEN
        many := TG_ARGV[3] = 'bulk' AND (SELECT count(*) FROM new_rows) > 1000;
    END IF;
    -- What an import of many rows made is not copied: that would take twice the time of making
    -- it, and follows from the object and the `before` of its later changes.
    IF many THEN
        INSERT INTO tenancy_auditevent (
            client_account_id, engagement_id, at, origin, user_id, address, request_id,
            action, object_type, object_id
        )
        SELECT
            client_account_id, engagement_id, statement_timestamp(), told_origin, told_user,
            told_address, told_request, 'create', kind, id
        FROM new_rows;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO tenancy_auditevent (
            client_account_id, engagement_id, at, origin, user_id, address, request_id,
            action, object_type, object_id, before, after
        )
        SELECT
            CASE WHEN kind = 'client_account' THEN made ->> 'id' ELSE made ->> 'client_account_id'
            END::uuid,
            CASE WHEN kind = 'engagement' THEN made ->> 'id' ELSE made ->> 'engagement_id' END::uuid,
            statement_timestamp(), told_origin, told_user, told_address, told_request,
            'create', kind, (made ->> 'id')::uuid, NULL, made - ignored - secret
        FROM (SELECT jsonb_strip_nulls(to_jsonb(n)) AS made FROM new_rows n) AS rows;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO tenancy_auditevent (
            client_account_id, engagement_id, at, origin, user_id, address, request_id,
            action, object_type, object_id, before, after
        )
        SELECT
            CASE WHEN kind = 'client_account' THEN gone ->> 'id' ELSE gone ->> 'client_account_id'
            END::uuid,
            CASE WHEN kind = 'engagement' THEN gone ->> 'id' ELSE gone ->> 'engagement_id' END::uuid,
            statement_timestamp(), told_origin, told_user, told_address, told_request,
            'delete', kind, (gone ->> 'id')::uuid, gone - ignored - secret, NULL
        FROM (SELECT jsonb_strip_nulls(to_jsonb(o)) AS gone FROM old_rows o) AS rows;
    ELSE
        INSERT INTO tenancy_auditevent (
            client_account_id, engagement_id, at, origin, user_id, address, request_id,
            action, object_type, object_id, before, after
        )
        SELECT
            CASE WHEN kind = 'client_account' THEN new_row ->> 'id'
                ELSE new_row ->> 'client_account_id' END::uuid,
            CASE WHEN kind = 'engagement' THEN new_row ->> 'id' ELSE new_row ->> 'engagement_id'
            END::uuid,
            statement_timestamp(), told_origin, told_user, told_address, told_request,
            'update', kind, (new_row ->> 'id')::uuid, changed.before, changed.after
        FROM (
            SELECT to_jsonb(o) AS old_row, to_jsonb(n) AS new_row
            FROM old_rows o JOIN new_rows n ON n.id = o.id
            WHERE o.* IS DISTINCT FROM n.*
        ) AS rows
        CROSS JOIN LATERAL (
            SELECT
                jsonb_object_agg(key, CASE WHEN key = ANY (secret) THEN '"…"' ELSE old_value END)
                    AS before,
                jsonb_object_agg(key, CASE WHEN key = ANY (secret) THEN '"…"' ELSE new_value END)
                    AS after
            FROM (
                SELECT key, value AS new_value, old_row -> key AS old_value
                FROM jsonb_each(new_row)
            ) AS columns
            WHERE new_value IS DISTINCT FROM old_value AND key <> ALL (ignored)
        ) AS changed
        WHERE changed.after IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy_audit FROM PUBLIC;
"""
NO_AUDIT = "DROP FUNCTION tenancy_audit"


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        GrantTables(),
        IsolateTenant("ClientAccount", account_column="id"),
        IsolateTenant("Engagement"),
        IsolateTenant("AuditEvent"),
        migrations.RunSQL(AUDIT, NO_AUDIT),
        Audit("ClientAccount"),
        Audit("Engagement", ignored=["updated_at"]),
    ]
