"""The check at the start of a process."""

import contextlib

from django.db import OperationalError, connection


def refuse_a_bypassing_role() -> None:
    """Raises ImproperlyConfigured for a role that row-level security does not bind.

    Every new connection is checked anyway: a database that is away now is no reason to give up.
    """
    with contextlib.suppress(OperationalError):
        connection.ensure_connection()
    connection.close()
