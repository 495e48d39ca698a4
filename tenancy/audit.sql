-- The functions that write the audit trail. They run as the owner of the tables: the application
-- has no right to write it by itself, nor to change it.
REVOKE INSERT, UPDATE, DELETE ON tenancy_auditevent FROM inventory_app;

-- One event. `was` and `is` are the row before and after; of an update only what differs is kept.
CREATE FUNCTION tenancy_keep(
    action text, kind text, ignored text[], secret text[], was jsonb, "is" jsonb
) RETURNS void
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    row jsonb := coalesce("is", was);
    acting uuid := nullif(current_setting('tenancy.user_id', true), '')::uuid;
    before jsonb := jsonb_strip_nulls(was - ignored - secret);
    after jsonb := jsonb_strip_nulls("is" - ignored - secret);
BEGIN
    IF action = 'update' THEN
        SELECT
            jsonb_object_agg(key, CASE WHEN key = ANY (secret) THEN '"…"' ELSE was -> key END),
            jsonb_object_agg(key, CASE WHEN key = ANY (secret) THEN '"…"' ELSE value END)
        INTO before, after
        FROM jsonb_each("is")
        WHERE value IS DISTINCT FROM was -> key AND key <> ALL (ignored);
        IF after IS NULL THEN
            RETURN;
        END IF;
    END IF;
    IF kind = 'membership' THEN  -- who it was, also when nobody can be asked any more
        after := after || (SELECT jsonb_build_object('email', email) FROM accounts_user
                           WHERE id = (row ->> 'user_id')::uuid);
        before := before || (SELECT jsonb_build_object('email', email) FROM accounts_user
                             WHERE id = (row ->> 'user_id')::uuid);
    END IF;
    INSERT INTO tenancy_auditevent (
        client_account_id, engagement_id, at, origin, user_id, email, address, request_id,
        action, object_type, object_id, before, after
    ) VALUES (
        (CASE kind WHEN 'client_account' THEN row ->> 'id' ELSE row ->> 'client_account_id' END)::uuid,
        (CASE kind WHEN 'engagement' THEN row ->> 'id' ELSE row ->> 'engagement_id' END)::uuid,
        statement_timestamp(),
        coalesce(nullif(current_setting('tenancy.origin', true), ''), 'command'),
        acting,
        coalesce((SELECT email FROM accounts_user WHERE id = acting), ''),
        left(coalesce(current_setting('tenancy.address', true), ''), 64),
        left(coalesce(current_setting('tenancy.request_id', true), ''), 64),
        action, kind, (row ->> 'id')::uuid, before, after
    );
END $$;
REVOKE ALL ON FUNCTION tenancy_keep FROM PUBLIC;

-- What an import of many rows made is not copied: that would take twice the time of making it, and
-- follows from the object and the `before` of its later changes. Columns of the audited tables may
-- be called as the variables are.
CREATE FUNCTION tenancy_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_variable
DECLARE
    kind text := TG_ARGV[0];
    ignored text[] := string_to_array(TG_ARGV[1], ',');
    secret text[] := string_to_array(TG_ARGV[2], ',');
    acting uuid := nullif(current_setting('tenancy.user_id', true), '')::uuid;
    many boolean := false;
BEGIN
    IF TG_OP = 'INSERT' THEN
        many := TG_ARGV[3] = 'bulk' AND (SELECT count(*) FROM new_rows) > 1000;
    END IF;
    IF many THEN
        INSERT INTO tenancy_auditevent (
            client_account_id, engagement_id, at, origin, user_id, email, address, request_id,
            action, object_type, object_id
        )
        SELECT
            client_account_id, engagement_id, statement_timestamp(),
            coalesce(nullif(current_setting('tenancy.origin', true), ''), 'command'),
            acting,
            coalesce((SELECT email FROM accounts_user WHERE id = acting), ''),
            left(coalesce(current_setting('tenancy.address', true), ''), 64),
            left(coalesce(current_setting('tenancy.request_id', true), ''), 64),
            'create', kind, id
        FROM new_rows;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM tenancy_keep('create', kind, ignored, secret, NULL, to_jsonb(n)) FROM new_rows n;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM tenancy_keep('delete', kind, ignored, secret, to_jsonb(o), NULL) FROM old_rows o;
    ELSE
        PERFORM tenancy_keep('update', kind, ignored, secret, to_jsonb(o), to_jsonb(n))
        FROM old_rows o JOIN new_rows n ON n.id = o.id
        WHERE o.* IS DISTINCT FROM n.*;
    END IF;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION tenancy_audit FROM PUBLIC;
