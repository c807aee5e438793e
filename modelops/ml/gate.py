"""The gate before a promotion: champion and challenger on the same texts, the same for all.

Whatever way a challenger was trained, it is refused when

- it fails a must-pass sentence that the champion passes,
- a holdout that is large enough to judge says that it may have lost over 0.02 of AUC or F1 in a
  language,
- it flags another share of the recent texts, by over 5 points,
- it is too large or too slow.

A champion against itself passes. numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from modelops.ml.bootstrap import Ranked, paired_intervals
from modelops.ml.scorer import Scorer

if TYPE_CHECKING:
    from modelops.ml.labels import SiteLabels

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Limits = Mapping[str, Mapping[str, float]]  # {language: {"review", "block"}}
Clock = Callable[[], float]  # seconds of computing time
Report = Callable[[float, str], None]  # share done, code of the step

# (b) what a holdout may say: the 95 % interval of the difference must be this narrow to judge,
# and its lower end not below that loss.
CONFIDENCE = 0.95
NARROW_ENOUGH = 0.02
LOSS_ALLOWED = 0.02
# Resamples of fewer texts of a class don't vary as they should: the interval would be too narrow.
LEAST_OF_CLASS = 20
RESAMPLES = 1000
MOST_ROWS = 10_000  # of a holdout and language; more would hardly narrow an interval
# (c)
FEWEST_RECENT = 100
SHIFT_ALLOWED = 0.05
# (d) Bytes of the numeric form. A model below the small size may grow as it likes.
SMALL_SIZE = 16_000_000
GROWTH_ALLOWED = 4.0
SIZE_CAP = 64_000_000
# Computing time of a text of up to TIMED_LENGTH code points. Below QUICK_MS nobody notices; the
# cap is the project's aim for any text. Who is over it already must not get slower.
QUICK_MS = 2.0
SLOWDOWN_ALLOWED = 1.5
TIME_CAP_MS = 20.0
NOISE = 1.25  # what two measurements of the same may differ by
TIMED_TEXTS = 100
TIMED_LENGTH = 1000
ROUNDS = 3
# the short gate
QUICK_RESAMPLES = 300
QUICK_ROWS = 1000
QUICK_RECENT = 300
_BATCH = 500
_SHOWN = 10  # sentences that a refusal names


@dataclass(frozen=True, slots=True)
class MustPass:
    """A short sentence that everybody judges alike."""

    text: str
    language: str
    toxic: bool


@dataclass(frozen=True, slots=True)
class Contender:
    """One of the two models: how it scores, its thresholds on this site, bytes of its files."""

    scorer: Scorer
    thresholds: Limits
    size: int


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason, in numbers: `code` is must_pass, auc, f1, flag_rate, size or latency."""

    code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate found. `figures` holds what was measured, also where nothing is wrong."""

    refusals: tuple[Refusal, ...]
    figures: Mapping[str, Any]
    seed: int
    quick: bool

    @property
    def passed(self) -> bool:
        return not self.refusals

    def to_json(self) -> dict[str, Any]:
        """Return plain values; `gate_texts` makes sentences of the refusals."""
        return {
            "passed": self.passed,
            "quick": self.quick,
            "seed": self.seed,
            "refusals": [{"code": refusal.code, **refusal.facts} for refusal in self.refusals],
            "figures": dict(self.figures),
        }


def judge(
    *,
    champion: Contender,
    challenger: Contender,
    must_pass: Sequence[MustPass],
    holdout: SiteLabels,
    recent: Sequence[tuple[str, str | None]],
    seed: int,
    clock: Clock,
    default_language: str = "es",
    quick: bool = False,
    report: Report = lambda share, step: None,
) -> GateReport:
    """Compare two models on the same texts, by the score and the thresholds that would serve.

    `holdout` are labels that neither has learned from, `recent` the newest texts of the site with
    their languages (None: to be detected). `clock` tells computing time in seconds, of which only
    differences count (`time.process_time`). `quick`: on fewer texts, with fewer resamples.
    """
    pair = (champion, challenger)
    rng = np.random.default_rng(seed)
    chosen_recent = recent[: QUICK_RECENT if quick else None]
    steps: list[tuple[str, Callable[[], Part]]] = [
        ("must_pass", lambda: _must_pass(pair, must_pass, default_language)),
        ("holdout", lambda: _holdout(pair, holdout, default_language, rng, quick=quick)),
        ("recent", lambda: _recent(pair, chosen_recent, default_language)),
        ("size", lambda: _size(pair)),
        ("latency", lambda: _latency(pair, _timed_texts(recent, holdout, must_pass), clock)),
    ]
    parts = []
    for number, (name, step) in enumerate(steps):
        report(number / len(steps), f"gate:{name}")
        parts.append(step())
    return GateReport(
        refusals=tuple(refusal for refusals, _ in parts for refusal in refusals),
        figures={name: value for _, figures in parts for name, value in figures.items()},
        seed=seed,
        quick=quick,
    )


Part = tuple[list[Refusal], dict[str, Any]]
Pair = tuple[Contender, Contender]


def scores_and_flags(
    contender: Contender,
    texts: Sequence[str],
    languages: Sequence[str | None],
    default_language: str,
) -> tuple[Array, Flags, list[float]]:
    """Return final scores, whether they reach the review threshold, and these thresholds."""
    scores: list[float] = []
    limits: list[float] = []
    fallback = contender.thresholds.get(default_language) or next(
        iter(contender.thresholds.values())
    )
    for start in range(0, len(texts), _BATCH):
        found = contender.scorer.score(
            texts[start : start + _BATCH],
            languages=languages[start : start + _BATCH],
            default_language=default_language,
        )
        scores += [score.probabilities["toxic"] for score in found]
        limits += [contender.thresholds.get(score.language, fallback)["review"] for score in found]
    values = np.array(scores)
    return values, values >= np.array(limits), limits


def _must_pass(pair: Pair, sentences: Sequence[MustPass], default_language: str) -> Part:
    texts = [sentence.text for sentence in sentences]
    languages = [sentence.language for sentence in sentences]
    wanted = np.array([sentence.toxic for sentence in sentences], dtype=bool)
    _, before, _ = scores_and_flags(pair[0], texts, languages, default_language)
    scores, after, limits = scores_and_flags(pair[1], texts, languages, default_language)
    lost = np.flatnonzero((before == wanted) & (after != wanted))
    figures = {
        "sentences": len(sentences),
        "champion_passes": int((before == wanted).sum()),
        "challenger_passes": int((after == wanted).sum()),
    }
    if not len(lost):
        return [], {"must_pass": figures}
    failed = [
        {
            "text": texts[number],
            "language": languages[number],
            "toxic": bool(wanted[number]),
            "score": round(float(scores[number]), 4),
            "threshold": limits[number],
        }
        for number in lost[:_SHOWN]
    ]
    return [Refusal("must_pass", {"count": len(lost), "failed": failed})], {"must_pass": figures}


def _holdout(
    pair: Pair,
    holdout: SiteLabels,
    default_language: str,
    rng: np.random.Generator,
    *,
    quick: bool,
) -> Part:
    refusals: list[Refusal] = []
    figures: dict[str, Any] = {}
    most = QUICK_ROWS if quick else MOST_ROWS
    for language in sorted({str(language) for language in holdout.languages}):
        rows = np.flatnonzero(holdout.languages == language)
        if len(rows) > most:
            rows = np.sort(rng.choice(rows, most, replace=False))
        labels = holdout.labels[rows, 0] == 1
        found: dict[str, Any] = {"rows": len(rows), "toxic": int(labels.sum())}
        figures[language] = found
        if min(labels.sum(), (~labels).sum()) < LEAST_OF_CLASS:
            continue
        texts = [holdout.texts[row] for row in rows]
        results = [
            scores_and_flags(one, texts, [language] * len(rows), default_language) for one in pair
        ]
        intervals = paired_intervals(
            labels,
            [Ranked.of(labels, scores) for scores, _, _ in results],
            [flags for _, flags, _ in results],
            resamples=QUICK_RESAMPLES if quick else RESAMPLES,
            confidence=CONFIDENCE,
            rng=rng,
        )
        for measure, interval in intervals.items():
            judged = interval.half_width <= NARROW_ENOUGH
            found[measure] = facts = {**interval.to_json(), "judged": judged}
            if judged and interval.low < -LOSS_ALLOWED:
                refusals.append(
                    Refusal(
                        measure,
                        {"language": language, "rows": len(rows), "limit": LOSS_ALLOWED, **facts},
                    )
                )
    return refusals, {"holdout": figures}


def _recent(pair: Pair, recent: Sequence[tuple[str, str | None]], default_language: str) -> Part:
    figures: dict[str, Any] = {"texts": len(recent), "judged": len(recent) >= FEWEST_RECENT}
    if not figures["judged"]:
        return [], {"recent": figures}
    texts, languages = zip(*recent, strict=True)
    rates = [
        float(scores_and_flags(one, texts, languages, default_language)[1].mean()) for one in pair
    ]
    figures["champion"], figures["challenger"] = (round(rate, 4) for rate in rates)
    # whole texts, so that five points exactly are not over five points
    moved = round(abs(rates[1] - rates[0]) * len(recent))
    if moved <= SHIFT_ALLOWED * len(recent):
        return [], {"recent": figures}
    facts = {key: value for key, value in figures.items() if key != "judged"}
    return [Refusal("flag_rate", {**facts, "limit": SHIFT_ALLOWED})], {"recent": figures}


def _size(pair: Pair) -> Part:
    champion, challenger = (contender.size for contender in pair)
    limit = max(SMALL_SIZE, min(int(GROWTH_ALLOWED * champion), SIZE_CAP), champion)
    figures = {"champion": champion, "challenger": challenger, "limit": limit}
    refusals = [Refusal("size", figures)] if challenger > limit else []
    return refusals, {"size": figures}


def _timed_texts(
    recent: Sequence[tuple[str, str | None]], holdout: SiteLabels, must_pass: Sequence[MustPass]
) -> list[str]:
    """Take the texts to be timed, rather what the site gets than what was made up."""
    texts = [text for text, _ in recent[:TIMED_TEXTS]]
    texts += holdout.texts[: TIMED_TEXTS - len(texts)]
    texts += [sentence.text for sentence in must_pass[: TIMED_TEXTS - len(texts)]]
    return [text[:TIMED_LENGTH] for text in texts]


def _latency(pair: Pair, texts: Sequence[str], clock: Clock) -> Part:
    if not texts:
        return [], {"latency": {"texts": 0}}
    champion, challenger = _milliseconds(pair, texts, clock, rounds=ROUNDS)
    if challenger > _time_limit(champion):
        # something else may have been in the way: more rounds before anybody is refused
        champion, challenger = _milliseconds(pair, texts, clock, rounds=5 * ROUNDS)
    limit = _time_limit(champion)
    figures = {
        "texts": len(texts),
        "champion_ms": round(champion, 3),
        "challenger_ms": round(challenger, 3),
        "limit_ms": round(limit, 3),
    }
    refusals = [Refusal("latency", figures)] if challenger > limit else []
    return refusals, {"latency": figures}


def _time_limit(champion: float) -> float:
    return max(QUICK_MS, min(SLOWDOWN_ALLOWED * champion, TIME_CAP_MS), NOISE * champion)


def _milliseconds(
    pair: Pair, texts: Sequence[str], clock: Clock, *, rounds: int
) -> tuple[float, float]:
    """Return each model's computing time of a text, the least of some rounds by turns."""
    least = [np.inf, np.inf]
    languages = [None] * len(texts)
    for _ in range(rounds):
        for number, contender in enumerate(pair):
            start = clock()
            contender.scorer.score(texts, languages=languages)
            least[number] = min(least[number], clock() - start)
    champion, challenger = (1000.0 * float(seconds) / len(texts) for seconds in least)
    return champion, challenger
