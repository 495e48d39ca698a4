"""How asking an agent ended."""

from enum import StrEnum


class Outcome(StrEnum):
    """Whatever it is but `answered`, what the rules said stands."""

    ASKED = "asked"  # and no answer came yet, or its worker ended
    ANSWERED = "answered"
    INVALID = "invalid"  # the answer failed its checks, twice
    REFUSED = "refused"  # the key, or the model
    LIMITED = "limited"  # too many requests
    FAILED = "failed"  # on the server
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    OVER_BUDGET = "over_budget"
