"""Why a column was mapped as it was, in sentences that a consultant understands."""

from collections.abc import Callable, Iterator

from discovery.mapping.assignment import Decision, Guess
from discovery.mapping.values import Profile, expectation, pattern_words

_CLEAR_SCORE = 0.97
_FULL_SHARE = 0.95
_SOME_SHARE = 0.2


def sentences(decision: Decision) -> tuple[str, ...]:
    """The reasons for a target, or for having none, the most telling first."""
    if decision.chosen:
        return tuple(_reasons(decision.chosen))
    return tuple(_doubts(decision))


def _doubts(decision: Decision) -> Iterator[str]:
    best, denial = decision.best, decision.prospects.denial
    header = f'"{decision.prospects.column.header.raw.strip()}"'
    if denial and denial.same_words:
        yield f'{header} is known to have no canonical field ("{denial.alias.phrase}")'
    elif best is None:
        yield "neither the name nor the values point at a canonical field"
    elif decision.taken:
        yield f"{best.field} is taken by a column that fits it better"
        yield from _reasons(best)
    else:
        yield f"not sure enough: the best guess is {best.field} ({best.confidence:.0%})"
        yield from _reasons(best)


def _reasons(guess: Guess) -> Iterator[str]:
    yield from _of_name(guess)
    yield from _of_values(guess)
    if guess.candidate.column.header.repaired:
        yield "a word of the header was recognised as a misspelling"


def _of_name(guess: Guess) -> Iterator[str]:
    candidate = guess.candidate
    header = f'"{candidate.column.header.raw.strip()}"'
    if candidate.sided:
        yield f"{header} tells {candidate.field} of a connection"
    match = candidate.match
    if match is None:
        return
    if match.in_context and match.same_words:
        yield f'{header} means {match.field} in a table like this ("{match.alias.phrase}")'
    elif match.same_words:
        kind = "may be" if match.alias.weak else "is"
        yield f"{header} {kind} an alias of {match.field}"
    elif match.score >= _CLEAR_SCORE:
        yield f'{header} says the same as "{match.alias.phrase}", an alias of {match.field}'
    else:
        like = f'"{match.alias.phrase}", an alias of {match.field}'
        yield f"{header} is like {like} ({match.score:.0%})"


def _of_values(guess: Guess) -> Iterator[str]:
    look, field = guess.candidate.column.look, guess.field
    if not look.looked_at:
        yield "there are no values to look at"
        return
    known = look.enumerations.get(field, 0.0)
    if known >= _SOME_SHARE:
        yield f"{_share(known)} are known values of {field}"
        return
    expected = expectation(field)
    yield from _of_patterns(look, expected.good.__contains__, "look like {}")
    if guess.candidate.verdict.bad >= _SOME_SHARE:
        yield from _of_patterns(look, expected.denied_by, "look like {}, which speaks against it")


def _of_patterns(look: Profile, is_meant: Callable[[str], bool], words: str) -> Iterator[str]:
    common = [(name, look.share(name)) for name in look.patterns if is_meant(name)]
    if common:
        name, share = max(common, key=lambda pair: pair[1])
        if share >= _SOME_SHARE:
            yield f"{_share(share)} {words.format(pattern_words(name))}"


def _share(share: float) -> str:
    return "all values" if share >= _FULL_SHARE else f"{share:.0%} of the values"
