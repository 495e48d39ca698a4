"""The analyst's dependencies: written where it is credible, kept while what they rest on stands.

What rules or people say of a pair of assets wins, and what the analyst is not sure of is put to
people.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Final

import polars as pl
from django.db.models import Value
from django.db.models.functions import Concat

from assets.models import Asset, Dependency
from discovery.agents.dependency_analyst import AGENT, Opinion
from discovery.agents.texts import plain
from discovery.dependencies.inquiry import Answers
from discovery.dependencies.said import SAYS
from discovery.dependencies.spoken import free_texts
from discovery.engine import Claim
from discovery.models import Finding
from discovery.questions.dependencies import BY_ANALYST

SURE: Final = 0.8
_MOST_REASON: Final = 300
_ALL_TEXT: Final = 10_000
Pair = tuple[str, str]
Key = tuple[str, str, str]  # who needs, what is needed, and how


def _texts(said: pl.DataFrame) -> Iterable[Pair]:
    return said.select("known_id", "text").iter_rows()


def is_analysed() -> bool:
    """Whether dependencies of the analyst are there from earlier flows."""
    return bool(Dependency.objects.filter(BY_ANALYST).exists())


def count(assets: pl.Series | None) -> int:
    """How many there are of these assets, None for all."""
    found = Dependency.objects.filter(BY_ANALYST)
    if assets is None:
        return int(found.count())
    ours = set(assets)
    ends = found.values_list("source_asset_id", "target_asset_id")
    return sum(not ours.isdisjoint(map(str, pair)) for pair in ends)


def settle(answers: Answers, model: str, said: pl.DataFrame) -> int:
    """Writes what the analyst is sure of, and drops of its earlier dependencies those that it sees
    no more, of which others spoke meanwhile, or whose text is gone. Returns how many changed.

    What it was not asked about this time stays as long as its text does: a flow without a model
    takes nothing away that was true.
    """
    standing = {_key(each): each for each in Dependency.objects.filter(BY_ANALYST)}
    wanted = _wanted(answers.opinions, model)
    taken = _taken({*standing, *wanted})
    there = _there(wanted)
    wanted = {
        key: each for key, each in wanted.items() if key[:2] not in taken and there >= {*key[:2]}
    }
    rest = [each for key, each in standing.items() if key not in wanted]
    lapsed = taken | answers.judged
    gone = [each for each in rest if _key(each)[:2] in lapsed]
    gone += _unsupported([each for each in rest if each not in gone], said)
    Dependency.objects.filter(pk__in=[each.pk for each in gone]).delete()
    return len(gone) + _write(standing, wanted)


def _key(dependency: Dependency) -> Key:
    ends = str(dependency.source_asset_id), str(dependency.target_asset_id)
    return *ends, dependency.dependency_type


def _wanted(opinions: Iterable[Opinion], model: str) -> dict[Key, Dependency]:
    """One for a pair: the surest opinion, in whichever order it has the two."""
    wanted: dict[Key, Dependency] = {}
    pairs: set[Pair] = set()
    sure = [each for each in opinions if (each.confidence or 0) >= SURE]
    for opinion in sorted(sure, key=lambda each: -(each.confidence or 0)):
        for source, target, says in opinion.links:
            if (source, target) in pairs:
                continue
            pairs.update(_both(source, target))
            wanted[source, target, opinion.dependency_type] = Dependency(
                source_asset_id=source,
                target_asset_id=target,
                dependency_type=opinion.dependency_type,
                origin=Dependency.Origin.AGENT,
                confidence=opinion.confidence,
                evidence=[_judgement(opinion, model), says],
            )
    return wanted


def _judgement(opinion: Opinion, model: str) -> str:
    return f"{AGENT} ({model}): {plain(opinion.reason, _MOST_REASON)}"


def _taken(keys: set[Key]) -> set[Pair]:
    """The pairs, in both orders, of which rules, people or clients have spoken."""
    ends = {end for key in keys for end in key[:2]}
    others = Dependency.objects.exclude(BY_ANALYST).filter(
        source_asset__in=ends, target_asset__in=ends
    )
    pairs = others.values_list("source_asset_id", "target_asset_id")
    return {pair for one, other in pairs for pair in _both(str(one), str(other))}


def _both(one: str, other: str) -> tuple[Pair, Pair]:
    return (one, other), (other, one)


def _there(keys: Iterable[Key]) -> set[str]:
    """The assets that nobody deleted while the agent thought."""
    ends = {end for key in keys for end in key[:2]}
    return {str(key) for key in Asset.objects.filter(pk__in=ends).values_list("pk", flat=True)}


def _write(standing: dict[Key, Dependency], wanted: dict[Key, Dependency]) -> int:
    new = [each for key, each in wanted.items() if key not in standing]
    changed = []
    for key in wanted.keys() & standing.keys():
        known, now = standing[key], wanted[key]
        if known.evidence != now.evidence:
            known.evidence, known.confidence = now.evidence, now.confidence
            changed.append(known)
    Dependency.objects.bulk_create(new, batch_size=1_000)
    Dependency.objects.bulk_update(changed, ["evidence", "confidence"], batch_size=1_000)
    return len(new) + len(changed)


# --- What they rest on -------------------------------------------------------------------------


def _unsupported(dependencies: list[Dependency], said: pl.DataFrame) -> list[Dependency]:
    """Those whose text nobody says any more, or means something else by now.

    A row of a table says it as long as its import is there, like the rows that rules understand.
    """
    if not dependencies:
        return []
    ends = {end for each in dependencies for end in _key(each)[:2]}
    of_ends = said.filter(pl.col("known_id").is_in(list(ends)))
    open_texts = set(_texts(of_ends.filter(pl.col("found_id").is_null())))
    resolved = set(of_ends.filter(pl.col("found_id").is_not_null())["says"])
    prose: dict[str, str] = defaultdict(str)
    for asset, text in (
        free_texts(Asset.objects.filter(pk__in=ends)).select("source_id", "text").iter_rows()
    ):
        prose[asset] += f"{plain(text, _ALL_TEXT)}\n"

    def stands(dependency: Dependency) -> bool:
        says = dependency.evidence[-1]
        _, mark, quote = says.partition(SAYS)
        if not mark:
            return says not in resolved
        ends = _key(dependency)[:2]
        return any((end, quote) in open_texts or quote in prose[end] for end in ends)

    return [each for each in dependencies if not stands(each)]


def tell(held: Claim, said: pl.DataFrame) -> None:
    """Adds to each finding about a text that the analyst took for an asset that it did."""
    resting = Dependency.objects.filter(BY_ANALYST).select_related("source_asset", "target_asset")
    by_text = {(end, each.evidence[-1]): each for each in resting for end in _key(each)[:2]}
    open_texts = said.filter(
        pl.col("found_id").is_null(), pl.col("says").is_in([says for _, says in by_text])
    )
    taken: Counter[tuple[str, str, str]] = Counter()
    for known, field, text, says in open_texts.select(
        "known_id", "field", "text", "says"
    ).iter_rows():
        if dependency := by_text.get((known, says)):
            taken[field, text, _other_end(dependency, known)] += 1
    for (field, text, name), count in taken.items():
        note = f' The {AGENT} took it for "{name}" ({count} time(s)).'
        findings = Finding.objects.filter(
            flow=held.flow_id, phase=held.phase, target=field, value=text
        )
        findings.update(reason=Concat("reason", Value(note)))


def _other_end(dependency: Dependency, known: str) -> str:
    of_source = str(dependency.source_asset_id) == known
    other = dependency.target_asset if of_source else dependency.source_asset
    return str(other.name)
