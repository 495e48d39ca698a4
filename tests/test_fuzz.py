"""schemathesis over the running API: what the API document says holds, and nothing breaks.

Brief, with the checks and exceptions of tests/fuzz; `make fuzz` runs long and over everything.
"""

from typing import Any

from tests.fuzz import LIFTED, fuzz
from tests.people import Cast, headers, mint
from tests.webserver import webserver

BRIEFLY = (
    "--max-examples=1",
    "--seed=1",
    # The same views as /flows, and as /assets.
    "--exclude-path-regex=/discovery/flows/.|/assets/export",
)


def test_what_the_api_document_says_holds(committed: Cast, worker: Any):
    admin = committed.users["admin"]
    asking = headers(committed.engagement) | {
        "Authorization": f"Bearer {mint(admin.pk, committed.engagement)}"
    }
    with webserver(**LIFTED) as port:
        assert fuzz(f"http://127.0.0.1:{port}", asking, *BRIEFLY) == 0
