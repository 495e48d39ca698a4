from accounts.models.kept_answers import KeptAnswer
from accounts.models.sessions import Session
from accounts.models.users import (
    LastAdmin,
    Membership,
    Role,
    User,
    an_admin_stays,
    lock_accounts,
)

__all__ = [
    "KeptAnswer",
    "LastAdmin",
    "Membership",
    "Role",
    "Session",
    "User",
    "an_admin_stays",
    "lock_accounts",
]
