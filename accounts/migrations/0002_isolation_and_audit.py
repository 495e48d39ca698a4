from django.db import migrations

from tenancy.audit import Audit
from tenancy.rls import USER_ACTING, IsolateTenant

OWN_MEMBERSHIPS = f"""
CREATE POLICY own ON accounts_membership FOR SELECT USING (user_id = {USER_ACTING});
CREATE POLICY member ON tenancy_clientaccount FOR SELECT USING (id IN (
    SELECT client_account_id FROM accounts_membership WHERE user_id = {USER_ACTING}
));
CREATE POLICY member ON tenancy_engagement FOR SELECT USING (client_account_id IN (
    SELECT client_account_id FROM accounts_membership WHERE user_id = {USER_ACTING}
));
"""
DROP_OWN_MEMBERSHIPS = """
DROP POLICY own ON accounts_membership;
DROP POLICY member ON tenancy_clientaccount;
DROP POLICY member ON tenancy_engagement;
"""

# Runs as the owner of the tables, because nobody's membership is visible before it is known who
# asks. It tells of one user and one account what the caller has to know to be that user there.
ADMIT = """
CREATE FUNCTION accounts_admit(
    caller_id uuid, session_id uuid, issued_at bigint, account_id uuid, asked_engagement_id uuid
)
RETURNS TABLE (id uuid, email varchar, name varchar, is_active boolean, role varchar)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT caller.id, caller.email, caller.name, caller.is_active, (
        SELECT membership.role
        FROM accounts_membership membership
        JOIN tenancy_clientaccount account
            ON account.id = membership.client_account_id AND account.is_active
        JOIN tenancy_engagement engagement
            ON engagement.client_account_id = account.id AND engagement.id = asked_engagement_id
        WHERE membership.user_id = caller.id AND membership.client_account_id = account_id
    )
    FROM accounts_user caller
    WHERE caller.id = caller_id AND caller.is_active AND CASE
        -- A token of ours has a session, which a change of password or a deactivation ends too.
        -- One minted elsewhere has only the second of its making, and that of the change itself
        -- may be before it.
        WHEN session_id IS NULL THEN
            caller.tokens_valid_from IS NULL
            OR issued_at > floor(extract(epoch FROM caller.tokens_valid_from))
        ELSE EXISTS (
            SELECT FROM accounts_session session
            WHERE session.id = session_id
                AND session.user_id = caller.id
                AND session.ended_at IS NULL
                AND session.tokens_valid_from IS NOT DISTINCT FROM caller.tokens_valid_from
        )
    END;
END $$;
REVOKE ALL ON FUNCTION accounts_admit FROM PUBLIC;
GRANT EXECUTE ON FUNCTION accounts_admit TO inventory_app;
"""
DROP_ADMIT = "DROP FUNCTION accounts_admit"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("tenancy", "0002_isolation_and_audit")]

    operations = [
        IsolateTenant("Membership"),
        IsolateTenant("KeptAnswer"),
        migrations.RunSQL(OWN_MEMBERSHIPS, DROP_OWN_MEMBERSHIPS),
        migrations.RunSQL(ADMIT, DROP_ADMIT),
        Audit("User", ignored=["last_login"], secret=["password"]),
        Audit("Session", ignored=["refresh_id", "last_used_at", "expires_at"]),
        Audit("Membership", ignored=["updated_at"]),
    ]
