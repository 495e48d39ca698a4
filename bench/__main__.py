"""`python -m bench NAME [options]`, on a running stack: `make bench ARGS="flow --rows 10000"`."""

import os
import sys
from importlib import import_module

import django

NAMES = ("flow", "api", "api_start", "locks", "agents", "agent_calls")

if __name__ == "__main__":
    names = sys.argv[1:2] if sys.argv[1:] else NAMES
    if not set(names) <= set(NAMES):
        sys.exit(f"There is no such benchmark; there are: {', '.join(NAMES)}.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    os.environ.setdefault("RATE_LIMIT_USER", "100000000")
    os.environ.setdefault("RATE_LIMIT_ACCOUNT", "100000000")
    django.setup()
    for name in names:
        import_module(f"bench.{name}").main(sys.argv[2:])
