from accounts.models.sessions import Session
from accounts.models.users import (
    LastAdmin,
    Membership,
    Role,
    User,
    an_admin_stays,
    lock_accounts,
)

__all__ = ["LastAdmin", "Membership", "Role", "Session", "User", "an_admin_stays", "lock_accounts"]
