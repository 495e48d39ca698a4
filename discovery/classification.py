"""What agents judge of an import's assets before they are written: types and applications that the
rules leave open.

Asked once for a run of the phase: its result keeps what was judged (`Classified.kept`), so that a
later attempt writes the same.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import orjson
import polars as pl
from django.db import transaction

from assets.fields import MACHINES
from assets.judgements import JUDGEABLE
from assets.models import Asset
from discovery.agents.asset_classifier import (
    AGENT,
    MOST_LOOKS,
    TYPES,
    Judgement,
    Sheet,
    application_sheets,
    judgement,
    type_sheets,
)
from discovery.agents.asset_classifier.hints import Hints, askable
from discovery.agents.asset_classifier.looks import Look, Looks, alike, looks_of, sites_of, texts_of
from discovery.cleaning import FINDING_SCHEMA
from discovery.consultation.asking import Consultation
from discovery.questions import assets as asset_questions
from discovery.readers.table import ROW

# As sure as a column must be to be mapped without a person (discovery/decisions.py): of five facts
# that enter so, one is wrong at most.
SURE: Final = 0.8
MOST_DOUBTS: Final = 20  # that people are asked about, of a flow
_MOST_CONTROLS_FROM: Final = 10_000  # rows
_MOST_APPLICATIONS: Final = 2_000
_SOFTWARE: Final = ("application", "service")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A look of which an agent is not sure enough: a person may say of its first asset."""

    field: str
    key: str
    table: str
    row: int
    name: str
    count: int
    options: list[str]
    suggestion: str
    confidence: float | None
    reason: str


@dataclass
class Classified:
    """What was judged sure enough of the assets that are like something, by field, and the doubts;
    `left_out` counts the assets that nobody could be asked about.
    """

    model: str
    judged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        return cls(**{**kept, "doubts": [Doubt(**doubt) for doubt in kept["doubts"]]})

    @property
    def agent(self) -> str:
        return AGENT

    @property
    def kept(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    def applied(self, assets: pl.DataFrame, import_id: str) -> pl.DataFrame:
        """The assets with what was judged, and in `judged_fields` that it was."""
        words = []
        for name in JUDGEABLE:  # types first: they say what is a machine
            if judged := self.judged.get(name):
                assets, said = self._with_values(assets, name, judged, import_id)
                words.append(said)
        if not words:
            return assets
        return assets.with_columns(_one_object(words).alias("judged_fields"))

    def _with_values(
        self, assets: pl.DataFrame, name: str, judged: list[dict[str, Any]], import_id: str
    ) -> tuple[pl.DataFrame, pl.Series]:
        """And the entry of each row for `judged_fields`."""
        said = [(word["value"], self._entry(name, word, import_id)) for word in judged]
        values = pl.DataFrame(said, {"value": pl.String, "entry": pl.String}, orient="row")
        rows, _ = _parted(assets, name)
        found = alike(rows, [word["likes"] for word in judged], values, sites_of(assets))
        every = assets.select(pl.int_range(pl.len(), dtype=pl.get_index_type()).alias("position"))
        beside = every.join(found, on="position", how="left", maintain_order="left")
        held = assets[name] if name in assets.columns else pl.Series([None], dtype=pl.String)
        filled = beside["value"].zip_with(beside["value"].is_not_null(), held)
        return assets.with_columns(filled.alias(name)), beside["entry"]

    def _entry(self, name: str, word: Mapping[str, Any], import_id: str) -> str:
        whose = {"agent": AGENT, "model": self.model, "import": import_id}
        why = {"confidence": word["confidence"], "reason": word["reason"]}
        return f'"{name}":{orjson.dumps(whose | why).decode()}'


def _one_object(entries: Sequence[pl.Series]) -> pl.Series:
    """JSON objects; null where there is no entry."""
    joined = pl.select(pl.concat_str(entries, separator=",", ignore_nulls=True)).to_series()
    whole = pl.select(pl.concat_str(pl.lit("{"), joined, pl.lit("}"))).to_series()
    return whole.set(joined == "", None)


# --- Asking ------------------------------------------------------------------------------------


def classify(consultation: Consultation, assets: pl.DataFrame) -> Classified:
    """Asks about types, then about the applications of what is a machine. Raises LeaseLost.

    No transaction is open.
    """
    made = Classified(consultation.model)
    _ask_for_types(consultation, made, assets)
    typed = made.applied(assets, str(consultation.flow.data_import_id))
    _ask_for_applications(consultation, made, typed)
    made.doubts = sorted(made.doubts, key=lambda doubt: -doubt.count)[:MOST_DOUBTS]
    return made


def _ask_for_types(consultation: Consultation, made: Classified, assets: pl.DataFrame) -> None:
    looks = _looks(consultation, made, assets, "asset_type")
    for sheet in type_sheets(looks.doubtful, looks.known):
        for look, judged in _judged(consultation, sheet):
            if (judged.confidence or 0) >= SURE:
                _enter(made, "asset_type", look, judged)
            else:
                made.doubts.append(_doubt("asset_type", look, judged, [*TYPES]))


def _ask_for_applications(
    consultation: Consultation, made: Classified, assets: pl.DataFrame
) -> None:
    """Only where a name or a text speaks of a known application: the agent says whether it means
    that one.
    """
    if _parted(assets, "application_name")[0].is_empty():
        return
    hints = Hints(askable(_applications(assets)))
    if not hints.words:  # no application is known that anything could speak of
        return
    looks = _looks(consultation, made, assets, "application_name", hints.words)
    hinted = hints.of_each(looks.doubtful)
    doubtful = [look for look in looks.doubtful if look.key in hinted]
    known = [look for look in looks.known if look.known in hints.of(look)]
    for sheet in application_sheets(hinted, doubtful, known):
        for look, judged in _judged(consultation, sheet):
            if judged.value is None:
                continue
            if judged.value in hinted[look.key] and (judged.confidence or 0) >= SURE:
                _enter(made, "application_name", look, judged)
            else:
                options = [*sorted({*hinted[look.key], judged.value}), asset_questions.NONE]
                made.doubts.append(_doubt("application_name", look, judged, options))


def _judged(consultation: Consultation, sheet: Sheet) -> Iterator[tuple[Look, Judgement]]:
    answer = consultation.judge(AGENT, sheet.purpose, sheet.items, sheet.options, sheet.about)
    if answer:
        for name, verdict in answer.verdicts.items():
            yield sheet.looks[name], judgement(sheet, verdict, answer.accuracy)


def _enter(made: Classified, name: str, look: Look, judged: Judgement) -> None:
    made.judged.setdefault(name, []).append({"likes": dict(look.likes), **asdict(judged)})


def _doubt(name: str, look: Look, judged: Judgement, options: list[str]) -> Doubt:
    table, row = look.place
    return Doubt(
        field=name,
        key=look.key,
        table=table,
        row=row,
        name=look.name,
        count=look.count,
        options=options,
        suggestion=judged.value or "",
        confidence=judged.confidence,
        reason=judged.reason,
    )


# --- The assets in doubt ------------------------------------------------------------------------


def is_open(assets: pl.DataFrame) -> bool:
    """Whether the rules left anything open that an agent could judge."""
    return any(not _parted(assets, name)[0].is_empty() for name in JUDGEABLE)


def _looks(
    consultation: Consultation,
    made: Classified,
    assets: pl.DataFrame,
    name: str,
    words: Sequence[str] | None = None,
) -> Looks:
    """Of the rows that speak of one of the `words`, if these are given."""
    samples = consultation.shows_samples
    rows, known = _parted(assets, name)
    if words is not None:
        rows, known = (_speaking(part, words, samples=samples) for part in (rows, known))
    some = known.gather_every(known.height // _MOST_CONTROLS_FROM + 1)
    found = looks_of(rows, some, name, MOST_LOOKS, sites=sites_of(assets), samples=samples)
    if found.left_out:
        made.left_out[name] = found.left_out
    return found


def _speaking(rows: pl.DataFrame, words: Sequence[str], *, samples: bool) -> pl.DataFrame:
    if not words:
        return rows.clear()
    texts = texts_of(rows, samples=samples)
    return rows.filter(texts.str.contains_any([*words], ascii_case_insensitive=True))


def _parted(assets: pl.DataFrame, name: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The rows of which the field is open, and those of which it is known."""
    rows = assets.rename({ROW: "row"}).with_row_index("position")
    if name not in rows.columns:
        rows = rows.with_columns(pl.lit(None, pl.String).alias(name))
    if name == "application_name":
        rows = rows.filter(pl.col("asset_type").is_in(MACHINES))
    return rows.filter(pl.col(name).is_null()), rows.filter(pl.col(name).is_not_null())


def _applications(assets: pl.DataFrame) -> set[str]:
    """The names of applications that the import and the engagement know."""
    named = [assets.filter(pl.col("asset_type").is_in(_SOFTWARE))["name"]]
    if "application_name" in assets.columns:
        named.append(assets["application_name"])
    known = {name for column in named for name in column.drop_nulls().unique()}
    return known | _applications_of_engagement()


@transaction.atomic
def _applications_of_engagement() -> set[str]:
    bearers = Asset.objects.filter(asset_type__in=_SOFTWARE).order_by("name")
    members = Asset.objects.exclude(application_name=None).order_by("application_name")
    names = (
        bearers.values_list("name", flat=True),
        members.values_list("application_name", flat=True).distinct(),
    )
    return {name for found in names for name in found[:_MOST_APPLICATIONS]}


# --- What is left open --------------------------------------------------------------------------


def left_out(made: Classified) -> pl.DataFrame:
    """A finding for each field of which not all could be asked: nothing goes in silence."""
    return pl.DataFrame(
        [
            {
                "table": "",
                "target": name,
                "reason": f"The agents were asked about the {MOST_LOOKS} most frequent looks of "
                f"assets alone. {count} assets of other looks keep what the rules say of them. "
                "Map a column to this field, or import them in smaller files.",
            }
            for name, count in made.left_out.items()
        ],
        schema={**FINDING_SCHEMA, "table": pl.String},
    )
