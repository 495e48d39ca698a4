"""Why a column was mapped as it was, in sentences that a consultant understands."""

from collections.abc import Callable, Iterator
from itertools import chain

from discovery.mapping.aliases import NameMatch
from discovery.mapping.assignment import Decision, Guess
from discovery.mapping.header import compact
from discovery.mapping.learned import Lesson
from discovery.mapping.values import Profile, expectation, pattern_words

_CLEAR_SCORE = 0.97
_FULL_SHARE = 0.95
_SOME_SHARE = 0.2
# A guess that is as good as out of the question explains nothing.
_WORTH_SAYING = 0.05
# The contexts of aliases that are no plural of things.
_CONTEXTS = {
    "named": 'beside a column that is called "name"',
    "titled": "beside a column that names the machine",
    "cores": "beside a column that counts cores",
    "inbound": "in a table of connections that came in",
    "outbound": "in a table of connections that went out",
    "nic": "in a table of network cards",
    "network": "in a table of network devices",
    "storage": "in a table of storage",
    "memory": "in a table of memory",
    "cpu": "in a table of processors",
    "ansible": "among facts that Ansible gathered",
}


def sentences(decision: Decision) -> tuple[str, ...]:
    """The reasons for a target, or for having none, the most telling first."""
    of_rules = _reasons(decision.chosen) if decision.chosen else _doubts(decision)
    return tuple(chain(_of_people(decision), of_rules))


def _of_people(decision: Decision) -> Iterator[str]:
    """What people decided about such a column before, and why that is not heeded here."""
    found = decision.prospects
    if found.lesson is None or not (decision.learned or found.refuted):
        return
    header = f'"{found.column.header.raw.strip()}"'
    yield f"in this client account people {_decided(found.lesson, header)}"
    if found.refuted:
        field = str(found.lesson.target)
        against = _of_patterns(found.column.look, expectation(field).denied_by, "look like {}")
        why = next(against, "some values are out of range")
        yield f"not so here: {why}, which {field} cannot hold"


def _decided(lesson: Lesson, header: str) -> str:
    """`gave "RAM" to memory_gb 4 times and overruled it once`."""
    what = f"gave {header} to {lesson.target}" if lesson.target else f"kept {header} in attributes"
    text = f"{what} {_times(lesson.held)}"
    if lesson.elsewhere:
        text += " in tables of other things"
    return f"{text} and overruled it {_times(lesson.overruled)}" if lesson.overruled else text


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _doubts(decision: Decision) -> Iterator[str]:
    best, denial = decision.best, decision.prospects.denial
    header = f'"{decision.prospects.column.header.raw.strip()}"'
    if decision.learned:
        if best:
            yield f"by name and values it would be {best.field} ({best.confidence:.0%})"
    elif denial and denial.same_words:
        yield f"{header} is known to have no canonical field{_where(denial)}"
    elif best is None or best.confidence < _WORTH_SAYING:
        yield from _of_nothing(decision.prospects.column.look)
    elif decision.taken:
        holder = decision.taken.candidate.column.header.raw.strip()
        yield f'{best.field} goes to the column "{holder}", which fits it better'
        yield from _reasons(best)
    else:
        yield f"not sure enough: the best guess is {best.field} ({best.confidence:.0%})"
        yield from _reasons(best)


def _of_nothing(look: Profile) -> Iterator[str]:
    if look.looked_at:
        yield "neither the name nor the values point at a canonical field"
    else:
        yield "the name points at no canonical field, and there are no values to look at"


def _reasons(guess: Guess) -> Iterator[str]:
    yield from _of_name(guess)
    yield from _of_values(guess)
    if guess.candidate.column.header.repaired:
        yield "a word of the header is taken for one that is shortened or misspelt"


def _of_name(guess: Guess) -> Iterator[str]:
    candidate = guess.candidate
    header = f'"{candidate.column.header.raw.strip()}"'
    if candidate.sided:
        yield f"{header} tells {candidate.field} of a connection"
    match = candidate.match
    if match is None:
        return
    if candidate.column.header.compact == compact(match.field):
        yield f"{header} is the name of the field"
    elif match.in_context and match.same_words:
        yield f"{header} means {match.field}{_where(match)}"
    elif match.same_words:
        kind = "may be" if match.alias.weak else "is"
        yield f"{header} {kind} an alias of {match.field}"
    elif match.score >= _CLEAR_SCORE:
        yield f'{header} says the same as "{match.alias.phrase}", an alias of {match.field}'
    else:
        like = f'"{match.alias.phrase}", an alias of {match.field}'
        yield f"{header} is like {like} ({match.score:.0%})"


def _where(match: NameMatch) -> str:
    """In which tables a name means that, for a name that means it in some."""
    context = match.alias.context
    if context is None:
        return ""
    things = context.replace("_", " ")
    return " " + _CONTEXTS.get(context, f"in a table of {things}s")


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
