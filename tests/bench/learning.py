"""Learning on top of the starter: how long an update takes, how exact and how good it is.

Times are CPU seconds of this process with one thread; update and full retraining are measured in
one run, and the ratio counts.
"""

from __future__ import annotations

import csv
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from modelops.ml.artifacts import NumericModel, read_numeric
from modelops.ml.corpus import Corpus, own_sentences, read_labelled
from modelops.ml.evaluation import auc
from modelops.ml.labels import SiteLabel, SiteLabels
from modelops.ml.learning import Learned, learn_full, learn_increment
from modelops.ml.scorer import Scorer
from tests.bench.scoring import DATA, ROOT
from tests.ml.conftest import STARTER

SITE = 20_000
NEW = 1_000
HALF = 500
ROUNDS = 3  # of which the quickest counts
FEW = 100  # labels of an ordinary update
LONGEST = 500  # characters; as comments are
SITE_FILES = ("offendes_test_es", "youtoxic_en", "jigsaw_en")


def main() -> None:
    base = read_numeric(STARTER)
    _speed(base)
    _whole_commands()
    if (DATA / "youtoxic_en.csv.gz").exists():
        _new_community(base)
    else:
        print(f"\nleft out: a new community (no labelled files in {DATA})")


def _speed(base: NumericModel) -> None:
    rows = _site_rows()
    before, after = SiteLabels.of(rows[:SITE]), SiteLabels.of(rows[: SITE + NEW])
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "labels.npz"
        live = learn_increment(base, base, before, cache=cache).model
        as_it_was = cache.read_bytes()

        def again(report: Callable[[float, str], None]) -> Learned:
            cache.write_bytes(as_it_was)  # without the new labels
            return learn_increment(base, live, after, cache=cache, report=report)

        update, quick = _least(again)
    full, slow = _least(lambda report: learn_full(base, live, after, report=report))
    print(f"{len(before)} site labels, {len(after) - len(before)} new ones\n")
    print("| CPU seconds | update | full retraining |\n| --- | --- | --- |")
    for step in dict.fromkeys([*quick, *slow]):
        print(f"| {step} | {quick.get(step, 0):.2f} | {slow.get(step, 0):.2f} |")
    total, whole = sum(quick.values()), sum(slow.values())
    print(f"| all | {total:.2f} | {whole:.2f} |\n\nupdate / full retraining: {total / whole:.3f}")
    learned = (total - quick["finish"]) / (whole - slow["finish"])
    print(f"the same without finishing (the two make the same golden cases): {learned:.3f}")
    print(f"new terms: {update.new_terms} (full retraining: {full.new_terms})")
    cold = learn_increment(base, base, after).model
    texts = [row.text for row in _site_rows()[-2_000:]]
    difference = np.abs(_probabilities(update.model, texts) - _probabilities(cold, texts)).max()
    print(f"largest difference to a cold solve, {len(texts)} held-out texts: {difference:.1e}")
    for head in update.model.heads:
        proof = update.model.details["heads"][head]["convergence"]
        print(f"{head}: |gradient| {proof['gradient_norm']}, bound {proof['distance_bound']}")


def _least(
    learn: Callable[[Callable[[float, str], None]], Learned],
) -> tuple[Learned, dict[str, float]]:
    """Return what was learned and the seconds of the quickest of some rounds."""
    rounds = [_timed(learn) for _ in range(ROUNDS)]
    return min(rounds, key=lambda one: sum(one[1].values()))


def _timed(
    learn: Callable[[Callable[[float, str], None]], Learned],
) -> tuple[Learned, dict[str, float]]:
    """Return what was learned and the CPU seconds of each step."""
    marks: list[tuple[str, float]] = []
    learned = learn(lambda share, step: marks.append((step, time.process_time())))
    ends = [moment for _, moment in marks[1:]] + [time.process_time()]
    seconds = {step: end - start for (step, start), end in zip(marks, ends, strict=True)}
    return learned, seconds


def _site_rows() -> list[SiteLabel]:
    """Return labels as a site would have them: real texts, else the project's own sentences."""
    found = [
        read_labelled(DATA / f"{name}.csv.gz", source=name)
        for name in SITE_FILES
        if (DATA / f"{name}.csv.gz").exists()
    ] or [own_sentences(language, seed=4, per_template=5) for language in ("es", "en")]
    rows = list({row.text: row for corpus in found for row in _rows(corpus)}.values())
    random.Random(2).shuffle(rows)
    return [row for row in rows if len(row.text) <= LONGEST]


def _rows(corpus: Corpus) -> list[SiteLabel]:
    return [
        SiteLabel(text, bool(toxic), language)
        for text, toxic, language in zip(
            corpus.texts, corpus.labels[:, 0] == 1, corpus.languages.tolist(), strict=True
        )
    ]


def _probabilities(model: NumericModel, texts: list[str], language: str = "es") -> np.ndarray:
    scores = Scorer(model).score(texts, languages=[language] * len(texts))
    return np.array([score.probabilities["toxic"] for score in scores])


def _whole_commands() -> None:
    """Run the commands on a site of their own, as an operator would."""
    rows = _site_rows()
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "TOXIGUARD_DATA_DIR": folder, "TOXIGUARD_LOG_LEVEL": "ERROR"}

        def manage(*arguments: str) -> tuple[float, float]:
            """Return the CPU seconds, of child processes as well, and those by the clock."""
            started, used = time.monotonic(), _of_children()
            subprocess.run(
                [sys.executable, "manage.py", *arguments],
                cwd=ROOT, env=environment, check=True, capture_output=True,
            )  # fmt: skip
            return _of_children() - used, time.monotonic() - started

        manage("migrate")
        manage("bootstrap")
        print("\n| whole command | CPU seconds | by the clock |\n| --- | --- | --- |")
        start = 0
        for count in (FEW, FEW, SITE - 2 * FEW, NEW):
            path = Path(folder) / f"from_{start}.csv"
            _write(path, rows[start : start + count])
            cpu, clock = manage("incremental_update", "--csv", str(path))
            known = f", on top of {start}" if start else ""
            print(f"| incremental_update --csv, {count} labels{known} | {cpu:.1f} | {clock:.1f} |")
            start += count
        cpu, clock = manage("retrain_model", "--full", "--no-input")
        print(f"| retrain_model --full, {start} labels | {cpu:.1f} | {clock:.1f} |")


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _write(path: Path, rows: list[SiteLabel]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["text", "toxic", "language"])
        writer.writerows([row.text, int(row.toxic), row.language] for row in rows)


def _new_community(base: NumericModel) -> None:
    comments = _rows(read_labelled(DATA / "youtoxic_en.csv.gz", source="youtoxic_en"))
    random.Random(3).shuffle(comments)
    model = learn_increment(base, base, SiteLabels.of(comments[:HALF])).model
    print(f"\n| AUC | starter | after {HALF} labels of youtoxic_en |\n| --- | --- | --- |")
    for name, rows, language in (
        ("youtoxic_en, the other half", comments[HALF:], "en"),
        ("offendes_test_es", _holdout("offendes_test_es"), "es"),
        ("jigsaw_en, every fifth", _holdout("jigsaw_en")[::5], "en"),
    ):
        labels = np.array([row.toxic for row in rows])
        texts = [row.text for row in rows]
        before, after = (auc(labels, _probabilities(m, texts, language)) for m in (base, model))
        print(f"| {name} | {before:.4f} | {after:.4f} |")


def _holdout(name: str) -> list[SiteLabel]:
    return _rows(read_labelled(DATA / f"{name}.csv.gz", source=name))
