"""schemathesis over a running API: briefly in tests/test_fuzz.py, long in `make fuzz`."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import requests

FOLDER = Path(__file__).parent
# No limit may end the run. The server that is fuzzed gets these in its environment.
LIFTED = dict.fromkeys(("RATE_LIMIT_ANON", "RATE_LIMIT_USER", "RATE_LIMIT_ACCOUNT"), "1000000000")


def fuzz(url: str, headers: Mapping[str, str], *options: str) -> int:
    """Returns 0 when nothing was found.

    One thread: ast, which hypothesis leans on, fails in several on Python 3.11.
    """
    named = [word for name, value in headers.items() for word in ("-H", f"{name}: {value}")]
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--no-color"),
        *("--config-file", str(FOLDER / "schemathesis.toml")),
        *("run", f"{url}/api/schema/", *named, *options),
    ]
    found = subprocess.run(command, cwd=FOLDER, check=False).returncode
    last = requests.get(f"{url}/api/v1/assets/", headers=headers, timeout=60)
    if last.status_code != 200:
        raise RuntimeError(
            "The fuzzer lost its access on the way, so that what it saw since says nothing: "
            f"{last.text}"
        )
    return found
