from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User

from modelops import store
from modelops.datasets import CATEGORIES, COLUMNS

from .import_dataset import ImportReport, import_dataset


@dataclass(frozen=True, slots=True)
class Label:
    """A text with the right answer. `category`: one of CATEGORIES, "" where nobody said."""

    text: str
    toxic: bool
    language: str = ""  # "es" or "en"
    category: str = ""


def register_labels(
    *, labels: Iterable[Label], name: str, source: str, by: User | None
) -> ImportReport:
    """Keep labels that came along with a request as a dataset, so that no update forgets them.

    The same labels again: the dataset that is there. Raises what `import_dataset` raises.
    """
    with store.staging("labels") as folder:
        path = folder / "labels.csv"
        with path.open("w", encoding="utf-8", newline="") as handle:
            writer = csv.writer(handle, quoting=csv.QUOTE_ALL)
            writer.writerow(COLUMNS)
            writer.writerows(map(_cells, labels))
        return import_dataset(path=path, name=name, by=by, layout="text-toxic", source=source)


def _cells(label: Label) -> tuple[str, ...]:
    categories = ("1" if code == label.category else "" for code in CATEGORIES)
    return (label.text, str(int(label.toxic)), *categories, label.language)
