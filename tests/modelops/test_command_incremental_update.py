"""`incremental_update`: every mode, what it prints, what it refuses."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import translation

from modelops.errors import OperationFailed
from modelops.models import Alert, Dataset, Door, LivePointer, ModelVersion, TrainingRun
from modelops.services.enqueue_run import enqueue_run
from modelops.services.expire_runs import expire_runs
from modelops.services.start_run import start_run
from tests.modelops.processes import wait_until
from tests.modelops.training import (
    State,
    begin,
    children_use,
    give_labels,
    learning_process,
    signalled_children,
    state_of,
)

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = "text,toxic\nvaya frompazo,1\nmenudo frompazo,1\nbuen día,0\nbuen día,1\n,1\nhola,quizá\n"


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    children_use(monkeypatch, tmp_path, TOXIGUARD_LANGUAGE="en")
    with translation.override("en"):
        yield


def update(*arguments: str) -> list[str]:
    output = io.StringIO()
    call_command("incremental_update", *arguments, stdout=output)
    return output.getvalue().splitlines()


def update_json(*arguments: str) -> dict[str, Any]:
    (line,) = update(*arguments, "--json")
    return json.loads(line)


def live_number() -> str:
    return LivePointer.current().version.version


def test_a_file_without_a_good_row_says_what_is_wrong_with_each(
    live: ModelVersion, tmp_path: Path
) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text("text,toxic\nhola,quizá\n,1\n")
    with pytest.raises(CommandError, match=r"2 of 2 rows are wrong(.|\n)*2(.|\n)*quizá"):
        update("--csv", str(path))
    assert not Dataset.objects.exists()


def test_a_file_is_kept_learned_and_told_line_by_line(live: ModelVersion, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(ROWS)
    lines = update("--csv", str(path))
    assert lines[:5] == [
        "  line 6, column “text”: the text is empty",
        "  line 7, column “toxic”: the label is “quizá”; 0 or 1 is expected",
        "Rows read: 6; toxic: 3; not toxic: 1; rejected: 2.",
        "Dataset “march” imported: 4 rows.",
        "Labels of this site: 4 read; toxic: 2; not toxic: 0; new: 2.",
    ]
    assert "  texts labelled both ways at once, left out: 1" in lines
    assert lines[-2] == "Version before: 1.0.0; after: 1.0.1."
    assert lines[-1].endswith("version 1.0.1 is live.")
    assert live_number() == "1.0.1"

    answer = update_json("--csv", str(path))  # the same again
    assert (answer["dataset"], answer["rows_read"], answer["rejected"]) == ("march", 6, 2)
    assert [error["line"] for error in answer["errors"]] == [6, 7]
    assert (answer["version_before"], answer["version_after"]) == ("1.0.1", "1.0.1")
    assert answer["run"]["state"] == "succeeded"
    assert "no new labels" in answer["run"]["reason"]
    assert Dataset.objects.count() == 1


def test_a_dry_run_reads_learns_and_keeps_nothing(live: ModelVersion, tmp_path: Path) -> None:
    path = tmp_path / "march.csv"
    path.write_text(ROWS)
    answer = update_json("--csv", str(path), "--dry-run")
    assert (answer["rows_read"], answer["dry_run"], answer["dataset"]) == (6, True, None)
    assert answer["run"]["result"]["labels_learned"] == 2
    assert answer["run"]["result"]["gate"]["passed"]
    assert (live_number(), Dataset.objects.count(), ModelVersion.objects.count()) == ("1.0.0", 0, 1)


def test_what_people_said_is_learned_and_the_next_time_there_is_nothing(
    live: ModelVersion, tmp_path: Path
) -> None:
    assert update()[-1].startswith("There is nothing to learn")
    give_labels(tmp_path)
    assert update("--status")[:2] == [
        "Rows read: 6; toxic: 3; not toxic: 3; rejected: 0.",
        "Labels of this site: 0 learned, 6 new",
    ]
    assert live_number() == "1.0.0"
    lines = update()
    assert "Model is up to date" in lines
    assert "Rows read: 6; toxic: 3; not toxic: 3; rejected: 0." in lines
    assert "Version before: 1.0.0; after: 1.0.1." in lines
    lines = update("--from-history", "--days", "7")
    assert lines[-1].startswith("There are no new labels")
    assert live_number() == "1.0.1"


def test_a_simulation_is_tried_and_never_promoted(live: ModelVersion) -> None:
    answer = update_json("--simulate", "40", "--seed", "7")
    assert (answer["rows_read"], answer["rejected"]) == (40, 0)
    assert answer["toxic"] + answer["not_toxic"] == 40
    assert answer["run"]["seed"] == 7
    assert answer["run"]["result"]["test"]["rows"] > 0
    version = ModelVersion.objects.get(version=answer["run"]["version"])
    assert version.origin == ModelVersion.Origin.SIMULATED
    assert (answer["version_after"], live_number()) == ("1.0.0", "1.0.0")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--days", "3", "--status"], "--days goes with --from-history"),
        (["--days", "0"], "--days is 1 or more"),
        (["--seed", "3"], "--seed goes with --simulate"),
        (["--simulate", "3"], "at least"),
        (["--language", "es"], "go with --csv"),
        (["--csv", "/nowhere.csv"], "cannot be read"),
        (["--csv", "/nowhere.csv", "--from-history"], "not allowed with"),
    ],
)
def test_what_makes_no_sense_is_told(
    live: ModelVersion, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        update(*arguments)
    assert not TrainingRun.objects.exists()


def test_one_class_only_is_fine_for_an_update(live: ModelVersion, tmp_path: Path) -> None:
    path = tmp_path / "toxic.csv"
    path.write_text("text,toxic\nvaya frompazo,1\nmenudo frompazo,1\n")
    assert update("--csv", str(path))[-1].endswith("version 1.0.1 is live.")


def test_while_another_training_is_under_way_labels_are_kept(
    live: ModelVersion, tmp_path: Path
) -> None:
    begin(TrainingRun.Kind.FULL)
    path = tmp_path / "march.csv"
    path.write_text(ROWS)
    with pytest.raises(CommandError, match="under way"):
        update("--csv", str(path))
    assert Dataset.objects.get().rows == 4


def test_what_waits_for_a_worker_that_is_not_there_is_done_first(
    live: ModelVersion, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    waiting = begin(TrainingRun.Kind.FULL)
    enqueue_run(run=waiting)
    with pytest.raises(OperationFailed, match="run_worker"):
        start_run(kind=TrainingRun.Kind.QUICK, parameters={}, by=None, door=Door.PAGE)
    give_labels(tmp_path)
    assert update()[-1].startswith("There are no new labels")
    assert f"Run {waiting.pk} (full retraining) has been waiting" in capsys.readouterr().err
    waiting.refresh_from_db()
    assert (waiting.state, live_number()) == (State.SUCCEEDED, "1.1.0")


def test_without_a_model_the_command_says_what_to_do(store: Path) -> None:
    with pytest.raises(CommandError, match="bootstrap"):
        update("--status")
    with pytest.raises(CommandError, match="bootstrap"):
        update()


@pytest.fixture
def held(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[subprocess.Popen[bytes], int]:
    """A real command whose learning process is held, and that process's number."""
    give_labels(tmp_path)
    marker = signalled_children(monkeypatch, tmp_path)
    marker.touch()
    command = [sys.executable, "manage.py", "incremental_update"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.DEVNULL)
    child = learning_process(process.pid)
    wait_until(lambda: TrainingRun.objects.filter(state=State.RUNNING).exists(), seconds=240)
    wait_until(lambda: state_of(child) == "T", seconds=240)
    marker.unlink()
    return process, child


def test_killed_the_command_leaves_a_lost_run_and_no_process(
    held: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, child = held
    process.kill()
    process.wait()
    os.kill(child, signal.SIGCONT)
    wait_until(lambda: not state_of(child), seconds=240)
    run = TrainingRun.objects.get()
    assert run.state == State.RUNNING
    # instead of waiting for as long as a lease lasts
    TrainingRun.objects.update(lease_expires_at=run.started_at)
    assert expire_runs() == 1
    assert Alert.objects.get(resolved_at=None).kind == Alert.Kind.RUN_LOST
    assert update()[-1].endswith("version 1.0.1 is live.")
    assert not Alert.objects.filter(resolved_at=None).exists()


def test_told_to_end_the_command_cancels_its_run(
    held: tuple[subprocess.Popen[bytes], int],
) -> None:
    process, child = held
    process.terminate()
    assert process.wait(timeout=240) == 128 + signal.SIGTERM
    assert not state_of(child)
    assert TrainingRun.objects.get().state == State.CANCELLED
