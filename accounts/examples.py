"""One example for each operation on people and engagements."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

_TIMES: Final = {
    "created_at": "2026-03-02T08:15:00.123456Z",
    "updated_at": "2026-03-02T08:15:00.123456Z",
}
_ENGAGEMENT: Final = {
    "id": "22222222-2222-4222-8222-222222222222",
    "name": "Exit of the Hamburg data centre",
}
_INVITATION: Final[dict[str, Any]] = {"email": "grace@example.com", "role": "contributor"}

CLIENT_ACCOUNT: Final = OpenApiExample(
    "An account that the caller manages",
    {
        "id": "11111111-1111-4111-8111-111111111111",
        "name": "Northwind Ferries",
        "role": "admin",
        "engagements": [_ENGAGEMENT],
        "created_at": "2026-03-02T08:15:00.123456Z",
    },
    response_only=True,
)
ENGAGEMENT_BODY: Final = OpenApiExample(
    "A data centre", {"name": _ENGAGEMENT["name"]}, request_only=True
)
ENGAGEMENT: Final = OpenApiExample("A data centre", {**_ENGAGEMENT, **_TIMES}, response_only=True)
INVITATION: Final = OpenApiExample("A contributor", _INVITATION, request_only=True)
ROLE_CHANGE: Final = OpenApiExample("To admin", {"role": "admin"}, request_only=True)
MEMBER: Final = OpenApiExample(
    "A contributor",
    {
        "id": "33333333-3333-4333-8333-333333333333",
        "user_id": "9f0c1a52-6d0f-4c0b-8b0e-0d6a4a5c7e11",
        **_INVITATION,
        **_TIMES,
    },
    response_only=True,
)
AUDIT_EVENT: Final = OpenApiExample(
    "A server that was moved",
    {
        "id": 4711,
        "at": "2026-03-02T08:15:00.123456Z",
        "action": "update",
        "object_type": "asset",
        "object_id": "44444444-4444-4444-8444-444444444444",
        "engagement_id": _ENGAGEMENT["id"],
        "origin": "api",
        "user_id": "9f0c1a52-6d0f-4c0b-8b0e-0d6a4a5c7e11",
        "email": "grace@example.com",
        "address": "203.0.113.7",
        "request_id": "6f1c0a52-9d0f-4c0b-8b0e-0d6a4a5c7e22",
        "before": {"location": "Hamburg"},
        "after": {"location": "Kiel"},
    },
    response_only=True,
)
