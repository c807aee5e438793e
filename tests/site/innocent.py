"""The project's own innocent sentences, made to be hard."""

from __future__ import annotations

import csv
from pathlib import Path

DATA = Path(__file__).resolve().parent.parent / "ml" / "data"


def innocent(language: str) -> list[str]:
    with (DATA / f"innocent_{language}.csv").open(encoding="utf-8", newline="") as handle:
        return [row["text"] for row in csv.DictReader(handle)]
