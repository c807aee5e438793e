"""The imported datasets as a source of labelled texts."""

from __future__ import annotations

import csv
from collections.abc import Hashable, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING

from django.db.models import QuerySet, Sum

from modelops import store
from modelops.sources import LabelledText

if TYPE_CHECKING:
    from modelops.models import Dataset

# Columns of a stored dataset; an empty cell of a category or a language says "not known".
CATEGORIES = ("severe_toxic", "obscene", "threat", "insult", "identity_hate")
COLUMNS = ("text", "toxic", *CATEGORIES, "language")
_NOT_KNOWN: Mapping[str, bool] = {}  # one for all rows, of which there may be a million


class ImportedDatasets:
    """Active datasets: those for training to learn from, holdouts to judge by."""

    name = "datasets"

    def labelled_texts(self, *, since: datetime | None = None) -> Iterator[LabelledText]:
        for dataset in _training_datasets(since):
            yield from dataset_texts(dataset)

    def count_labels(self, *, since: datetime | None = None) -> int:
        return _training_datasets(since).aggregate(total=Sum("rows"))["total"] or 0

    def holdout_texts(self) -> Iterator[LabelledText]:
        for dataset in _holdouts():
            yield from dataset_texts(dataset)

    def holdout_state(self) -> Hashable:
        return tuple(_holdouts().values_list("digest", flat=True))


def dataset_texts(dataset: Dataset) -> Iterator[LabelledText]:
    """The rows of one dataset. Raises DamagedFiles when its file is gone."""
    with store.open_dataset(dataset.digest) as handle:
        for row in csv.DictReader(handle):
            known = {code: row[code] == "1" for code in CATEGORIES if row[code]}
            yield LabelledText(
                text=row["text"],
                toxic=row["toxic"] == "1",
                category=next((code for code, value in known.items() if value), None),
                categories=known or _NOT_KNOWN,
                language=row["language"] or None,
                source=dataset.name,
                at=dataset.created_at,
            )


def _holdouts() -> QuerySet[Dataset]:
    from modelops.models import Dataset

    return Dataset.objects.filter(active=True, split=Dataset.Split.HOLDOUT)


def _training_datasets(since: datetime | None) -> QuerySet:
    # imported here: apps.py needs this module before the models are ready
    from modelops.models import Dataset

    datasets = Dataset.objects.filter(active=True, split=Dataset.Split.TRAIN)
    return datasets.filter(created_at__gt=since) if since else datasets
