"""Training from a terminal: in the foreground, with a bar, without a queue worker."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from django.core.management.base import CommandError
from django.utils.translation import gettext as _
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from modelops.errors import OperationFailed, RunBusy
from modelops.models import Door, TrainingRun
from modelops.run_texts import reason_text, step_text
from modelops.selectors_runs import forsaken
from modelops.services.execute_run import execute_run
from modelops.services.learning_process import no_learner_left, prepare_learner
from modelops.services.start_run import start_run

State = TrainingRun.State


def train(
    *, kind: TrainingRun.Kind, parameters: dict[str, Any], seed: int | None = None
) -> TrainingRun:
    """Start a run and work on it here; return it ended. Raises CommandError when it can't be.

    What was asked for on a page and waits for a worker that is not there comes first: whoever
    asked wants it done, and nothing else can begin before.
    """
    while True:
        try:
            run, created = start_run(
                kind=kind, parameters=parameters, by=None, door=Door.COMMAND, seed=seed
            )
        except RunBusy as busy:
            if not forsaken(busy.run):
                raise CommandError(str(busy)) from busy
            _work_off(busy.run)
        except OperationFailed as error:
            raise CommandError(str(error)) from error
        else:
            break
    if not created and run.state == State.RUNNING:
        raise CommandError(
            _("The same is under way already: run %(run)s (%(kind)s).")
            % {"run": run.pk, "kind": run.get_kind_display()}
        )
    return _executed(run)


def _work_off(run: TrainingRun) -> None:
    """Do what was left to a worker, and tell on stderr what came of it."""
    names = {"run": run.pk, "kind": run.get_kind_display()}
    text = _("Run %(run)s (%(kind)s) has been waiting for a worker; it is done first.")
    print(text % names, file=sys.stderr)
    ended = _executed(run)
    outcome = reason_text(ended) or ended.get_state_display()
    text = _("Run %(run)s (%(kind)s): %(outcome)s")
    print(text % {**names, "outcome": outcome}, file=sys.stderr)


def _executed(run: TrainingRun) -> TrainingRun:
    prepare_learner()  # first of all: the bar moves in a thread of its own
    with no_learner_left(), ended_in_order(), _bar() as bar:
        task = bar.add_task("", total=1.0)
        ended = execute_run(
            run=run,
            report=lambda share, step: bar.update(task, completed=share, description=step),
        )
        if ended.state == State.SUCCEEDED:
            bar.update(task, completed=1.0, description=step_text("done"))
    if ended.state == State.RUNNING:
        raise CommandError(_("A queue worker has just taken up run %(run)s.") % {"run": run.pk})
    return ended


def raise_unless_done(run: TrainingRun) -> None:
    """Raise CommandError with the reason for a run that did not get through the gate, or to it."""
    if run.state != State.SUCCEEDED:
        raise CommandError(reason_text(run) or run.get_state_display())


def _bar() -> Progress:
    return Progress(
        TextColumn("{task.description:<32}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
        disable=not sys.stderr.isatty(),
    )


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Let SIGTERM end the command as Ctrl-C does: the run says so, its child process ends."""

    def end(signum: int, frame: FrameType | None) -> None:
        sys.exit(128 + signum)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
