"""One example for each operation of the API document."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiExample

from assets.exports import CSV

_ASSET_ID: Final = "6b1f2c3d-9a54-4f0e-8d2b-1c7e5a9f0b31"
_DATABASE_ID: Final = "c2d7e8f9-0a1b-4c3d-9e5f-6a7b8c9d0e1f"
_IMPORT_ID: Final = "9d4c3b2a-1f0e-4d5c-8b7a-6e5f4d3c2b1a"
_WRITTEN: Final[dict[str, Any]] = {
    "name": "shop-web-01",
    "asset_type": "virtual_machine",
    "environment": "prod",
    "ip_address": "10.20.1.11",
    "operating_system": "Ubuntu 24.04",
    "cpu_cores": 8,
    "memory_gb": 32,
    "tags": ["shop"],
    "attributes": {"folder": "/DC1/Shop"},
}
_TIMES: Final = {
    "created_at": "2026-03-02T08:15:00.123456Z",
    "updated_at": "2026-03-02T08:15:00.123456Z",
}
_CONNECTION: Final = {
    "dependency_type": "uses",
    "origin": "user",
    "evidence": ["Said by the owner of the shop"],
}

ASSET_BODY: Final = OpenApiExample("A virtual machine", _WRITTEN, request_only=True)
ASSET_CHANGE: Final = OpenApiExample(
    "More memory", {"name": "shop-web-01", "memory_gb": 64}, request_only=True
)
ASSET: Final = OpenApiExample(
    "A virtual machine",
    {"id": _ASSET_ID, **_WRITTEN, "edited_fields": ["name"], "sources": {}, **_TIMES},
    response_only=True,
)
JUDGED_ASSET: Final = OpenApiExample(
    "An asset whose type an agent judged",
    {
        "id": _DATABASE_ID,
        "name": "vault-01",
        "asset_type": "storage",
        "tags": [],
        "attributes": {"Role": "backup target"},
        "edited_fields": [],
        "judged_fields": {
            "asset_type": {
                "agent": "asset_classifier",
                "model": "meta-llama/Llama-3.3-70B-Instruct-Turbo",
                "confidence": 0.91,
                "reason": "A backup target by its role.",
                "import": _IMPORT_ID,
            }
        },
        "sources": {_IMPORT_ID: {"table": "hosts", "row": 12, "reading": "5f0c1a7e"}},
        **_TIMES,
    },
    response_only=True,
)
CATALOGUE: Final = OpenApiExample(
    "Memory alone",
    {
        "items": [
            {
                "name": "memory_gb",
                "group": "compute",
                "type": "number",
                "unit": "GiB",
                "values": [],
                "description": "RAM installed or allocated.",
            }
        ],
        "total": 1,
        "page": 1,
        "page_size": 1,
    },
    response_only=True,
)
DEPENDENCY_BODY: Final = OpenApiExample(
    "The shop uses its database",
    {"source_asset": _ASSET_ID, "target_asset": _DATABASE_ID, **_CONNECTION},
    request_only=True,
)
DEPENDENCY: Final = OpenApiExample(
    "The shop uses its database",
    {
        "id": "0e9d8c7b-6a5f-4e3d-8c1b-2a3f4e5d6c7b",
        "source_asset": {"id": _ASSET_ID, "name": "shop-web-01"},
        "target_asset": {"id": _DATABASE_ID, "name": "shop-db"},
        **_CONNECTION,
        "confidence": None,
        **_TIMES,
    },
    response_only=True,
)
ASSET_EXPORT: Final = OpenApiExample(
    "Two assets, a few of the columns",
    "name,asset_type,environment,memory_gb,tags\r\n"
    "shop-web-01,virtual_machine,prod,32.0,shop; eu\r\n"
    "'=SUM(A1),server,,,\r\n",
    response_only=True,
    media_type=CSV,
)
DEPENDENCY_EXPORT: Final = OpenApiExample(
    "The shop uses its database",
    "source_asset,target_asset,dependency_type,origin,confidence,evidence\r\n"
    "shop-web-01,shop-db,uses,user,,Said by the owner of the shop\r\n",
    response_only=True,
    media_type=CSV,
)
