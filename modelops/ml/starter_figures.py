"""Figures of a model on labelled files that it did not learn from, as Markdown."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelops.ml.artifacts import HEADS, NumericModel
from modelops.ml.corpus import read_labelled
from modelops.ml.evaluation import auc
from modelops.ml.scorer import Scorer

VALIDATION = (("youtoxic_en", "en"), ("offendes_test_es", "es"))
FUNCTIONAL = (("hatecheck_en", "en"), ("hatecheck_es", "es"))
# Terms of identity whose innocent texts should be flagged no more often than others.
IDENTITY_TERMS = {
    "en": ("gay", "lesbian", "muslim", "jew", "jewish", "black", "white", "women", "woman",
           "trans", "christian", "immigrant", "immigrants", "mexican", "disabled", "asian"),
    "es": ("gay", "lesbiana", "musulmán", "judío", "negro", "negra", "blanco", "mujer", "mujeres",
           "trans", "cristiano", "inmigrante", "gitano", "moro", "discapacitado", "chino"),
}  # fmt: skip
_FEWEST = 20


def figures(model: NumericModel, data: Path) -> str:
    """Return the figures; `data` is the folder with the labelled files."""
    scorer = Scorer.from_numeric(model)
    sections = ["# Figures of the starter model\n"]
    sections.append("Written by `python manage.py build_starter --measure`.\n")
    sections.append("\n## Texts that the model did not learn from\n\n")
    sections.append(_validation(scorer, data))
    sections.append("\n## Out-of-fold figures of each head on its training sources\n\n")
    sections.append(_heads(model))
    sections.append("\n## Innocent texts with a term of identity, share flagged\n\n")
    sections.append(_identity(scorer, data))
    for name, language in FUNCTIONAL:
        sections.append(f"\n## {name}: share flagged per functionality\n\n")
        sections.append(_functional(scorer, data / f"{name}.csv.gz", language))
    return "".join(sections)


def toxicity(scorer: Scorer, texts: Sequence[str], language: str) -> NDArray[np.float64]:
    """Return the calibrated `toxic` scores of texts of one language."""
    scores: list[float] = []
    for start in range(0, len(texts), 1_000):
        part = texts[start : start + 1_000]
        scores += [
            score.probabilities["toxic"]
            for score in scorer.score(part, languages=[language] * len(part))
        ]
    return np.array(scores)


def _table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def _validation(scorer: Scorer, data: Path) -> str:
    rows = []
    for name, language in VALIDATION:
        corpus = read_labelled(data / f"{name}.csv.gz", source=name)
        labels = corpus.labels[:, 0] == 1
        scores = toxicity(scorer, corpus.texts, language)
        raw = scorer.raw_probabilities(corpus.texts)
        limits = scorer.thresholds[language]
        rows.append(
            [
                name, len(labels), int(labels.sum()),
                f"{auc(labels, scores):.4f}", f"{auc(labels, raw):.4f}",
                f"{np.mean(scores[labels] >= limits['review']):.1%}",
                f"{np.mean(scores[~labels] >= limits['review']):.1%}",
                f"{np.mean(scores[labels] >= limits['block']):.1%}",
                f"{np.mean(scores[~labels] >= limits['block']):.1%}",
            ]
        )  # fmt: skip
    return _table(
        ["file", "texts", "toxic", "AUC", "AUC of the whole text alone", "toxic flagged",
         "innocent flagged", "toxic blocked", "innocent blocked"],
        rows,
    )  # fmt: skip


def _heads(model: NumericModel) -> str:
    rows = []
    for head in HEADS:
        values = model.details["heads"][head]
        for language, metrics in values["metrics"].items():
            limits = values["thresholds"][language]
            rows.append(
                [head, language, metrics["texts"], metrics["positives"], f"{metrics['auc']:.4f}",
                 f"{limits['review']:.4f}", f"{limits['block']:.4f}"]
            )  # fmt: skip
    return _table(["head", "language", "texts", "positive", "AUC", "review", "block"], rows)


def _identity(scorer: Scorer, data: Path) -> str:
    rows = []
    for name, language in VALIDATION:
        corpus = read_labelled(data / f"{name}.csv.gz", source=name)
        innocent = [t for t, y in zip(corpus.texts, corpus.labels[:, 0], strict=True) if y == 0]
        flagged = toxicity(scorer, innocent, language) >= scorer.thresholds[language]["review"]
        rows.append([name, "(all)", len(innocent), f"{flagged.mean():.1%}"])
        words = [set(text.lower().split()) for text in innocent]
        for term in IDENTITY_TERMS[language]:
            having = np.array([term in own for own in words])
            if having.sum() >= _FEWEST:
                rows.append([name, term, int(having.sum()), f"{flagged[having].mean():.1%}"])
    return _table(["file", "term", "innocent texts", "flagged"], rows)


def _functional(scorer: Scorer, path: Path, language: str) -> str:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as handle:
        cases = list(csv.DictReader(handle))
    scores = toxicity(scorer, [case["text"] for case in cases], language)
    flagged = scores >= scorer.thresholds[language]["review"]
    groups: dict[str, list[bool]] = defaultdict(list)
    for case, flag in zip(cases, flagged, strict=True):
        groups[case["source_label"]].append(bool(flag))
    return _table(
        ["functionality", "texts", "flagged"],
        [
            [name.replace("|", ", "), len(flags), f"{np.mean(flags):.1%}"]
            for name, flags in sorted(groups.items())
        ],
    )
