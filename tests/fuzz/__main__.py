"""`make fuzz`: a tenant of its own on the running stack, then as many MINUTES as are given."""

import json
import os
import subprocess
import sys
from types import SimpleNamespace

import django

from tests.fuzz import fuzz


def main() -> int:
    from tests.people import mint  # needs the settings

    options = ["--name", "Fuzzed", "--member", "fuzzer@example.com:a-long-password:admin"]
    tenant = json.loads(
        subprocess.check_output([sys.executable, "manage.py", "create_tenant", *options])
    )
    account, engagement = tenant["client_account_id"], tenant["engagement_id"]
    minutes = int(os.environ.get("MINUTES") or 15)
    # Of no session: the fuzzer finds /auth/logout soon.
    token = mint(
        tenant["members"][0]["user_id"],
        SimpleNamespace(client_account_id=account, pk=engagement),
        exp=2**33,
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "X-Client-Account-Id": account,
        "X-Engagement-Id": engagement,
    }
    return fuzz(os.environ["BASE_URL"], headers, f"--max-time={60 * minutes}", "--max-examples=100")


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    sys.exit(main())
