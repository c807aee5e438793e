"""How a version does on what people said since it learned, as far as that can be known."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.conf import settings

from modelops import sources
from modelops.loading import LoadedModel
from modelops.models import ModelVersion

MOST_LABELS = 2000  # the newest
# Fewer say nothing about a share.
ENOUGH_FLAGGED = 20
ENOUGH_TOXIC = 20
# People label mostly what is flagged; only with so many others does it show what is missed.
ENOUGH_NOT_FLAGGED = 50
_BATCH = 500


def measure_live(version: ModelVersion, loaded: LoadedModel) -> dict[str, dict[str, Any]]:
    """Precision and recall of the review threshold on labels that the version has not learned.

    {language: {"labels", "toxic", "flagged", "precision", "recall"}}; None where the labels are
    too few for it. Recall is the share among labelled texts.
    """
    labels = sources.recent_labels(
        since=version.labels_until or version.created_at, limit=MOST_LABELS
    )
    counts: dict[str, _Counts] = defaultdict(_Counts)
    for start in range(0, len(labels), _BATCH):
        batch = labels[start : start + _BATCH]
        scores = loaded.scorer.score(
            [label.text for label in batch],
            languages=[label.language for label in batch],
            default_language=settings.DEFAULT_TEXT_LANGUAGE,
        )
        for label, score in zip(batch, scores, strict=True):
            known = score.language in loaded.thresholds
            language = score.language if known else settings.DEFAULT_TEXT_LANGUAGE
            flagged = score.probabilities["toxic"] >= loaded.thresholds[language]["review"]
            counts[language].add(toxic=label.toxic, flagged=flagged)
    return {language: counts[language].figures() for language in sorted(counts)}


class _Counts:
    def __init__(self) -> None:
        self.labels = self.toxic = self.flagged = self.hits = 0

    def add(self, *, toxic: bool, flagged: bool) -> None:
        self.labels += 1
        self.toxic += toxic
        self.flagged += flagged
        self.hits += toxic and flagged

    def figures(self) -> dict[str, Any]:
        enough = self.toxic >= ENOUGH_TOXIC and self.labels - self.flagged >= ENOUGH_NOT_FLAGGED
        return {
            "labels": self.labels,
            "toxic": self.toxic,
            "flagged": self.flagged,
            "precision": _share(self.hits, self.flagged)
            if self.flagged >= ENOUGH_FLAGGED
            else None,
            "recall": _share(self.hits, self.toxic) if enough else None,
        }


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4)
