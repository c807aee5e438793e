"""How good the live version is: against the one before, and on people's labels so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import sqrt
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from modelops.models import ModelCheck, ModelVersion
from modelops.words import grouped, percent

LANGUAGES = ("es", "en")
# of the drawing of a difference: from -WIDEST to +WIDEST, in the measure's own unit
WIDEST = 0.06
LIMIT = 0.02  # what the gate lets a version lose


@dataclass(frozen=True, slots=True)
class Plot:
    """An interval on a line, as positions in percent for SVG attributes."""

    low: str
    width: str
    middle: str
    better: bool
    worse: bool


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure in one language; numbers as words, "" where there is none."""

    name: str
    language: str
    before: str
    now: str
    texts: str
    difference: str = ""
    interval: str = ""
    plot: Plot | None = None


def language_names() -> dict[str, str]:
    return {"es": _("Spanish"), "en": _("English")}


@dataclass(frozen=True, slots=True)
class Figures:
    """The measures of a version, and what they are of: "gate", "training", "base" or "nothing"."""

    measures: list[Measure]
    source: str


def figures(version: ModelVersion) -> Figures:
    """AUC and F1 of the version beside those of the champion before, on the gate's holdout.

    Where the gate had no holdout: the version's own AUC from its training, with its interval,
    else that of the base it builds on.
    """
    holdout = _gate_figures(version).get("holdout", {})
    compared = [
        _compared(name, language, holdout[language][key], holdout[language])
        for language in LANGUAGES
        for key, name in (("auc", _("AUC")), ("f1", _("F1")))
        if key in holdout.get(language, {})
    ]
    if compared:
        return Figures(compared, "gate")
    if own := _of_its_training(version):
        return Figures(own, "training")
    if version.base and (base := _of_its_training(version.base)):
        return Figures(base, "base")
    return Figures([], "nothing")


def _gate_figures(version: ModelVersion) -> Mapping[str, Any]:
    gate = version.gate if isinstance(version.gate, dict) else {}
    figures: Mapping[str, Any] = gate.get("figures", {})
    return figures


def _compared(
    name: str, language: str, facts: Mapping[str, Any], rows: Mapping[str, Any]
) -> Measure:
    low, high = facts["low"], facts["high"]
    return Measure(
        name=name,
        language=language_names()[language],
        before=decimal(facts["champion"]),
        now=decimal(facts["challenger"]),
        texts=grouped(rows["rows"]),
        difference=signed(facts["challenger"] - facts["champion"]),
        interval=_("%(low)s to %(high)s") % {"low": signed(low), "high": signed(high)},
        plot=_plot(low, facts["challenger"] - facts["champion"], high),
    )


def _of_its_training(version: ModelVersion) -> list[Measure]:
    own = _of_training(version)
    parent = _of_training(version.parent) if version.parent else {}
    return [
        Measure(
            name=_("AUC"),
            language=name,
            before=_with_interval(parent.get(language)),
            now=_with_interval(own[language]),
            texts=grouped(own[language].get("texts", 0)),
        )
        for language, name in language_names().items()
        if own.get(language, {}).get("auc") is not None
    ]


def _of_training(version: ModelVersion) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = (version.metadata.get("metrics") or {}).get("toxic", {})
    return found


def _with_interval(facts: Mapping[str, Any] | None) -> str:
    if not facts or facts.get("auc") is None:
        return ""
    value = decimal(facts["auc"])
    positives, texts = facts.get("positives", 0), facts.get("texts", 0)
    if not 0 < positives < texts:
        return value
    half = 1.96 * auc_error(facts["auc"], positives=positives, negatives=texts - positives)
    return f"{value} ± {decimal(half)}"


def auc_error(auc: float, *, positives: int, negatives: int) -> float:
    """The standard error of an AUC (Hanley and McNeil, Radiology 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc * auc / (1 + auc)
    variance = auc * (1 - auc) + (positives - 1) * (q1 - auc**2) + (negatives - 1) * (q2 - auc**2)
    return sqrt(max(0.0, variance) / (positives * negatives))


def _plot(low: float, middle: float, high: float) -> Plot:
    def place(value: float) -> float:
        return 50 + 50 * max(-1.0, min(1.0, value / WIDEST))

    return Plot(
        low=f"{place(low):.2f}%",
        width=f"{max(place(high) - place(low), 1.0):.2f}%",
        middle=f"{place(middle):.2f}%",
        better=low > 0,
        worse=high < 0,
    )


def limit_place() -> str:
    """Where the gate's limit lies on the line of a difference."""
    return f"{50 - 50 * LIMIT / WIDEST:.2f}%"


def decimal(value: float) -> str:
    return number_format(round(value, 3), decimal_pos=3, use_l10n=True)


def signed(value: float) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{decimal(abs(value))}"


@dataclass(frozen=True, slots=True)
class OnLabels:
    """How the live version did on people's labels so far, in one language."""

    language: str
    labels: str
    precision: str
    recall: str


def on_labels(version: ModelVersion) -> list[OnLabels]:
    """The newest check's figures; a measure is "" where there are not enough labels for it."""
    check = ModelCheck.objects.filter(version=version).first()
    figures = check.figures if check and isinstance(check.figures, dict) else {}
    names = language_names()
    return [
        OnLabels(
            language=names.get(language) or language,
            labels=grouped(found.get("labels", 0)),
            precision=_share(found.get("precision")),
            recall=_share(found.get("recall")),
        )
        for language, found in figures.items()
    ]


def _share(value: float | None) -> str:
    return "" if value is None else f"{percent(value)} %"
