from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from modelops import serving
from modelops.attributes import PERSPECTIVE
from modelops.csv_files import RowError, UnreadableFile
from modelops.errors import NoLiveVersion, OperationFailed
from modelops.ml.carry import Carried, carry_threshold
from modelops.models import Door, ThresholdChange
from modelops.scored_files import ScoredRow, read_scored
from modelops.selectors_thresholds import limits_of_heads, site_thresholds, threshold_state

from .set_thresholds import set_thresholds

MAX_ROWS = 100_000
AT_ONCE = 500  # texts that are scored together
SHOWN = 20  # wrong rows that are told
FEW = 30  # flagged texts; with fewer a threshold is a guess
TOXICITY = "TOXICITY"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One attribute in one language; `carried` is None where the model lacks the head for it."""

    attribute: str
    head: str
    language: str
    texts: int
    threshold: float | None  # of the other service
    carried: Carried | None
    blocking: Carried | None = None  # of TOXICITY, by the value that blocked

    @property
    def rough(self) -> bool:
        """Whether so few texts were flagged, or not, that the threshold found is a guess."""
        if self.carried is None or self.carried.found is None:
            return False
        flagged = self.carried.flagged
        return min(flagged, self.texts - flagged) < FEW


@dataclass(frozen=True, slots=True)
class CarryReport:
    rows_read: int
    rejected: int
    errors: tuple[RowError, ...]  # the first SHOWN
    other_languages: int  # texts in languages that the model lacks, left out
    model_version: str
    comparisons: tuple[Comparison, ...]
    # what TOXICITY's thresholds make of the site's, {language: {"review", "block"}}
    proposed: dict[str, dict[str, float]]


@dataclass(slots=True)
class _Found:
    rows: int = 0
    rejected: int = 0
    errors: list[RowError] = field(default_factory=list)
    attributes: set[str] = field(default_factory=set)


def carry_thresholds(
    *,
    source: Path | BinaryIO,
    thresholds: Mapping[str, float],
    block: float | None = None,
    name: str = "",
    layout: str = "auto",
    text_column: str = "",
    language: str = "",
    limit: int = MAX_ROWS,
    progress: Callable[[int, int], None] | None = None,
) -> CarryReport:
    """Score the texts of a file here and compare with the scores that another service gave them.

    `thresholds` are that service's, {attribute: 0 to 1}: what reached one was flagged; `block` is
    a second one of TOXICITY, from which on the site blocked. `language` is that of rows that name
    none; "" detects it. `progress` is called with rows done and rows in all. Nothing is stored or
    changed. Raises UnreadableFile, NoLiveVersion and other OperationFailed.
    """
    _check(thresholds, block)
    limits = limits_of_heads()
    if not limits:
        raise NoLiveVersion
    found = _look_through(source, name, layout, text_column, limit)
    if missing := set(thresholds) - found.attributes:
        raise UnreadableFile(
            _("There is a threshold for %(missing)s, but the file has no scores of it.")
            % {"missing": ", ".join(sorted(missing))}
        )
    rows = (
        row
        for row in read_scored(source, name=name, layout=layout, text_column=text_column)
        if isinstance(row, ScoredRow)
    )
    pairs = _Pairs()
    for done, part in _parts(rows):
        pairs.add(part, language)
        if progress:
            progress(done, found.rows - found.rejected)
    comparisons = [
        one if one.attribute != TOXICITY or block is None else _with_block(one, pairs, block)
        for one in _compared(pairs, thresholds, limits)
    ]
    return CarryReport(
        rows_read=found.rows,
        rejected=found.rejected,
        errors=tuple(found.errors),
        other_languages=pairs.other_languages,
        model_version=pairs.model_version,
        comparisons=tuple(comparisons),
        proposed=_proposed(comparisons),
    )


def apply_carried_thresholds(
    *, report: CarryReport, by: User | None, reason: str, door: Door
) -> ThresholdChange:
    """Make what a report proposes the site's thresholds; base rate and other languages stay.

    Raises OperationFailed where it proposes nothing.
    """
    if not report.proposed:
        raise OperationFailed(
            _("No threshold was found for TOXICITY, so there is nothing to set. Nothing changed.")
        )
    return set_thresholds(
        thresholds=with_proposed(report.proposed),
        base_rate=site_thresholds().base_rate,
        by=by,
        reason=reason,
        door=door,
    )


def with_proposed(proposed: Mapping[str, Mapping[str, float]]) -> dict[str, Mapping[str, float]]:
    """The site's own thresholds with the proposed ones in their place."""
    return {**site_thresholds().thresholds, **proposed}


# --- the file ------------------------------------------------------------------------------------


def _check(thresholds: Mapping[str, float], block: float | None) -> None:
    for attribute, value in [*thresholds.items(), (TOXICITY, block)]:
        if value is not None and not 0 < value <= 1:
            raise OperationFailed(
                _("The threshold of %(attribute)s is %(value)s; above 0 and at most 1 is expected.")
                % {"attribute": attribute, "value": value}
            )
    if block is not None and TOXICITY not in thresholds:
        raise OperationFailed(_("A value for blocking needs one of TOXICITY for review."))
    if block is not None and block < thresholds[TOXICITY]:
        raise OperationFailed(_("Blocking cannot begin below review."))


def _look_through(
    source: Path | BinaryIO, name: str, layout: str, text_column: str, limit: int
) -> _Found:
    """Read all rows before the first is scored, so that nobody waits for an error at the end."""
    found = _Found()
    for row in read_scored(source, name=name, layout=layout, text_column=text_column):
        found.rows += 1
        if found.rows > limit:
            raise UnreadableFile(
                _("The file has more than %(limit)s rows. A random part of it is enough.")
                % {"limit": limit}
            )
        if isinstance(row, ScoredRow):
            found.attributes |= row.scores.keys()
            continue
        found.rejected += 1
        if len(found.errors) < SHOWN:
            found.errors.append(row)
    if found.rows == found.rejected:
        told = [str(error) for error in found.errors]
        raise UnreadableFile("\n".join([_("The file has no row that can be used."), *told]))
    return found


def _parts(rows: Iterable[ScoredRow]) -> Iterator[tuple[int, list[ScoredRow]]]:
    """Lists of AT_ONCE rows, each with how many rows there are up to its end."""
    rest, done = iter(rows), 0
    while part := list(islice(rest, AT_ONCE)):
        done += len(part)
        yield done, part


# --- scoring and comparing -----------------------------------------------------------------------


class _Pairs:
    """The scores of both services by (attribute, language), as numbers only."""

    def __init__(self) -> None:
        self.theirs: dict[tuple[str, str], array[float]] = defaultdict(lambda: array("d"))
        self.ours: dict[tuple[str, str], array[float]] = defaultdict(lambda: array("d"))
        self.lacking: Counter[tuple[str, str]] = Counter()
        self.other_languages = 0
        self.model_version = ""

    def add(self, rows: list[ScoredRow], language: str) -> None:
        """Score rows, in their own language, `language`, or that detected."""
        known = [row for row in rows if (row.language or serving.LANGUAGES[0]) in serving.LANGUAGES]
        self.other_languages += len(rows) - len(known)
        try:
            verdicts = serving.analyze(
                [row.text for row in known],
                languages=[row.language or language or None for row in known],
                counted=False,
            )
        except serving.ModelUnavailable as error:
            raise OperationFailed(str(error)) from error
        for row, verdict in zip(known, verdicts, strict=True):
            self._same_version(verdict.model_version)
            if verdict.language not in serving.LANGUAGES:
                self.other_languages += 1
                continue
            for attribute, score in row.scores.items():
                key = attribute, verdict.language
                ours = verdict.categories.get(PERSPECTIVE[attribute])
                if ours is None:
                    self.lacking[key] += 1
                else:
                    self.theirs[key].append(score)
                    self.ours[key].append(ours)

    def _same_version(self, version: str) -> None:
        if self.model_version not in ("", version):
            raise OperationFailed(
                _("Another version went live meanwhile. Nothing changed; start again.")
            )
        self.model_version = version

    def carried(self, key: tuple[str, str], threshold: float | None, here: float | None) -> Carried:
        return carry_threshold(
            np.array(self.theirs[key]), np.array(self.ours[key]), threshold=threshold, in_force=here
        )


def _compared(
    pairs: _Pairs, thresholds: Mapping[str, float], limits: Mapping[str, Mapping[str, float]]
) -> list[Comparison]:
    found = []
    for attribute, head in PERSPECTIVE.items():
        for language in serving.LANGUAGES:
            key, threshold = (attribute, language), thresholds.get(attribute)
            carried = None
            if key in pairs.theirs:
                carried = pairs.carried(key, threshold, limits.get(head, {}).get(language))
            elif key not in pairs.lacking:
                continue
            texts = carried.texts if carried else pairs.lacking[key]
            found.append(Comparison(attribute, head, language, texts, threshold, carried))
    return found


def _with_block(one: Comparison, pairs: _Pairs, block: float) -> Comparison:
    if one.carried is None:
        return one
    in_force = threshold_state()["thresholds"][one.language]["block"]
    carried = pairs.carried((one.attribute, one.language), block, in_force)
    return replace(one, blocking=carried)


def _proposed(comparisons: Iterable[Comparison]) -> dict[str, dict[str, float]]:
    in_force = threshold_state()["thresholds"]
    proposed = {}
    for one in comparisons:
        if one.attribute != TOXICITY or one.carried is None or one.carried.found is None:
            continue
        review = one.carried.found.threshold
        block = in_force[one.language]["block"]
        if one.blocking is not None and one.blocking.found is not None:
            block = one.blocking.found.threshold
        proposed[one.language] = {"review": review, "block": max(review, block)}
    return proposed
