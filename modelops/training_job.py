"""What a training run does in its child process: collect labels, learn, judge, write."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from django.utils import timezone

from modelops import store
from modelops.csv_files import Row, read_rows
from modelops.errors import DamagedFiles, LiveVersionDamaged, NoLiveVersion, OperationFailed
from modelops.judging import Scored, judge_challenger, measured
from modelops.labels import Collected, collect_labels
from modelops.manifests import check_numeric_form
from modelops.ml.artifacts import NumericModel, content_digest, read_numeric, write_numeric
from modelops.ml.labels import NotPossible, SiteLabels
from modelops.ml.learning import (
    Learned,
    learn_full,
    learn_increment,
    learn_quick,
)
from modelops.ml.scorer import Scorer
from modelops.ml.simulate import simulate_comments
from modelops.models import LivePointer, ModelVersion, TrainingRun
from modelops.services.publish_starter import starter_version
from modelops.services.purge_erased_texts import purge_erased_texts
from modelops.services.training_process import NUMERIC
from modelops.sources import LabelledText

if TYPE_CHECKING:
    from modelops.ml.building import Report

logger = structlog.get_logger(__name__)
Keep = Callable[[dict[str, Any]], None]
Kind = TrainingRun.Kind
Origin = ModelVersion.Origin
# shares of the work at which its parts begin
COLLECT, LOAD, LEARN, WRITE, JUDGE = 0.0, 0.1, 0.15, 0.75, 0.8


def do_job(*, run: int, folder: Path, say: Report, keep: Keep) -> dict[str, Any]:
    """Do the learning of a run; return its report. `folder`/NUMERIC holds the model then.

    The report: {"live": pk of the version learned from, "version": what to publish it as}, or
    {"live", "nothing": code} when there is nothing to publish. `keep` is called with what the run
    shall keep as its result, as soon as that is known. Raises NotPossible, OperationFailed.
    """
    return _Job(TrainingRun.objects.get(pk=run), folder, say, keep).report()


class _Job:
    def __init__(self, run: TrainingRun, folder: Path, say: Report, keep: Keep) -> None:
        pointer = LivePointer.current()
        if pointer is None:
            raise NoLiveVersion
        self.run, self.folder, self.say, self.keep = run, folder, say, keep
        self.live = pointer.version
        self.seconds: dict[str, float] = {}
        self.fallback: dict[str, Any] | None = None  # why it became another way of training
        self.origin = Origin.FULL
        self.base: ModelVersion | None = None
        self.test: SiteLabels | None = None  # the comments of a simulation that are set aside

    def report(self) -> dict[str, Any]:
        with self._timed("collect", COLLECT):
            collected = self._collected()
        self.keep({"version_before": self.live.version, "labels": collected.counts.to_json()})
        report: dict[str, Any] = {"live": self.live.pk}
        labels = collected.labels
        if not len(labels) and not self._from_scratch:
            return {**report, "nothing": "no_labels"}
        with self._timed("load", LOAD):
            champion, champion_folder = self._champion()
        if self._has_learned(champion, labels):
            return {**report, "nothing": "nothing_new"}
        with self._timed("learn", LEARN):
            learned = self._learned(champion, labels)
        numeric = self.folder / NUMERIC
        with self._timed("write", WRITE):
            numeric.mkdir()
            write_numeric(learned.model, numeric)
        self.keep(
            {
                "labels_learned": len(labels),
                "new_terms": learned.new_terms,
                "features": len(learned.model.prior_precision),
                "convergence": learned.model.metadata["convergence"],
                "fallback": self.fallback,
            }
        )
        with self._timed("judge", JUDGE):
            self.keep(self._verdict(champion, champion_folder, learned))
        self.keep({"seconds": self.seconds})
        return {
            **report,
            "version": {
                "origin": str(Origin.SIMULATED if self.test is not None else self.origin),
                "bump": self._bump(champion, learned),
                "base": self.base.pk if self.base else None,
                "labels_until": collected.labels_until.isoformat(),
            },
        }

    @property
    def _from_scratch(self) -> bool:
        return bool(self.run.parameters.get("from_scratch"))

    def _champion(self) -> tuple[NumericModel, Path]:
        try:
            return _numeric_of(self.live)
        except DamagedFiles as error:
            if self.run.kind != Kind.FORCE:
                raise LiveVersionDamaged(self.live.version, error.names) from error
        # nobody asks what a forced training replaces: it is a way out, on what is left
        if self.live.base is not None:
            with suppress(DamagedFiles):
                left = _numeric_of(self.live.base)
                self.base = self.live.base
                return left
        self.base, starter, folder = _starter()
        return starter, folder

    def _collected(self) -> Collected:
        try:
            purge_erased_texts()
        except OperationFailed as error:
            # they are left out all the same
            logger.warning("run.purge_failed", run=self.run.pk, error=str(error))
        parameters = self.run.parameters
        collected = collect_labels(
            days=parameters.get("days"),
            extra=_rows_of(parameters["csv"]) if parameters.get("csv") else (),
        )
        if self.run.kind != Kind.SIMULATE:
            return collected
        made, self.test = simulate_comments(count=parameters["count"], seed=self.run.seed)
        toxic = int(made.labels[:, 0].sum() + self.test.labels[:, 0].sum())
        count = len(made) + len(self.test)
        simulated = {"rows_read": count, "toxic": toxic, "not_toxic": count - toxic, "rejected": 0}
        self.keep({"simulated": simulated})
        return replace(collected, labels=collected.labels.joined(made))

    def _has_learned(self, champion: NumericModel, labels: SiteLabels) -> bool:
        """Whether an update would give what is live: the same labels, learned by all heads."""
        return (
            self.run.kind == Kind.INCREMENTAL
            and self.live.origin != Origin.QUICK
            and champion.details.get("fingerprint") == labels.fingerprint()
        )

    def _learned(self, champion: NumericModel, labels: SiteLabels) -> Learned:
        def say(share: float, step: str) -> None:
            self.say(LEARN + (WRITE - LEARN) * share, step)

        seed = self.run.seed
        if self._from_scratch:
            # imported here: it takes time, and hardly any training needs it
            from modelops.ml.scratch import learn_from_scratch

            self.origin, self.base = Origin.FROM_SCRATCH, None
            model = learn_from_scratch(labels, report=say, seed=seed)
            return Learned(model, Scorer.from_numeric(model), new_terms=0)
        self.base, base = self._base(champion)
        try:
            if self.run.kind == Kind.QUICK:
                self.origin = Origin.QUICK
                return learn_quick(base, champion, labels, report=say, seed=seed)
            if self.run.kind in (Kind.INCREMENTAL, Kind.SIMULATE):
                self.origin = Origin.INCREMENTAL
                cache = None
                if self.test is None:  # comments that nobody wrote would crowd out the others
                    cache = store.cache_file(f"labels-{self.base.digest[:12]}.npz")
                return learn_increment(base, champion, labels, cache=cache, report=say, seed=seed)
        except NotPossible as error:
            self.fallback = {"code": error.code, "facts": error.facts}
        self.origin = Origin.FULL
        if not base.laplace_intercept.any():
            # what is live can't be built on; what every site begins with can
            self.base, base, _folder = _starter()
        return learn_full(base, champion, labels, report=say, seed=seed)

    def _base(self, champion: NumericModel) -> tuple[ModelVersion, NumericModel]:
        """What to build on: the live version's base, else the live version itself."""
        if self.base is not None:
            return self.base, champion  # the live version is lost, this is what is left
        base = self.live.base or self.live
        if base == self.live:
            return base, champion
        try:
            return base, _numeric_of(base)[0]
        except DamagedFiles:
            if self.run.kind != Kind.FORCE:
                raise
            return _starter()[:2]

    def _verdict(
        self, champion: NumericModel, champion_folder: Path, learned: Learned
    ) -> dict[str, Any]:
        challenger = Scored(learned.model, learned.scorer, self.folder / NUMERIC)
        if self.test is not None:
            before, after = (
                measured(one, self.test)
                for one in (Scored.of(champion, champion_folder), challenger)
            )
            return {"test": {"rows": len(self.test), "before": before, "after": after}}
        if self.run.kind == Kind.FORCE:
            return {}
        gate = judge_challenger(
            champion=Scored.of(champion, champion_folder),
            challenger=challenger,
            seed=self.run.seed,
            quick=self.run.kind == Kind.QUICK,
        )
        return {"gate": gate}

    def _bump(self, champion: NumericModel, learned: Learned) -> str:
        model = learned.model
        if (model.config, model.heads) != (champion.config, champion.heads):
            return "major"
        return "patch" if self.origin == Origin.INCREMENTAL else "minor"

    @contextmanager
    def _timed(self, part: str, share: float) -> Iterator[None]:
        self.say(share, part)
        started = time.monotonic()
        yield
        self.seconds[part] = round(time.monotonic() - started, 3)


def _numeric_of(version: ModelVersion) -> tuple[NumericModel, Path]:
    """The numeric form of a version and its folder; the starter's is in the repository, too.

    Raises DamagedFiles.
    """
    folder = store.version_folder(version.folder)
    try:
        check_numeric_form(folder, manifest_digest=version.manifest_digest)
    except DamagedFiles:
        if version.origin != Origin.STARTER:
            raise
        folder = store.check_starter()
        model = read_numeric(folder)
        if content_digest(model) != version.digest:
            raise
        return model, folder
    return read_numeric(folder), folder


def _starter() -> tuple[ModelVersion, NumericModel, Path]:
    """A starter to build on: one that the site has, else the one in the repository."""
    kept = ModelVersion.objects.filter(origin=Origin.STARTER).exclude(
        state=ModelVersion.State.REMOVED
    )
    for version in kept.order_by("-pk"):
        with suppress(DamagedFiles):
            return (version, *_numeric_of(version))
    version = starter_version()
    return (version, *_numeric_of(version))


def _rows_of(csv: dict[str, Any]) -> Iterator[LabelledText]:
    """The good rows of a file that is not a dataset (yet), as given now."""
    now = timezone.now()
    for row in read_rows(Path(csv["path"]), **csv["options"]):
        if isinstance(row, Row):
            yield LabelledText(
                text=row.text,
                toxic=row.toxic,
                categories=row.categories,
                language=row.language or None,
                at=now,
            )
