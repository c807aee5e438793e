"""Runs that learn in a real child process: what comes of them, and what may go wrong."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from django.utils import timezone, translation
from pytest_django import Settings

from modelops import store as files
from modelops.errors import LiveVersionDamaged
from modelops.loading import load_version
from modelops.models import (
    Alert,
    Backup,
    Deployment,
    Door,
    LivePointer,
    ModelVersion,
    TrainingRun,
)
from modelops.selectors_runs import run_progress
from modelops.services.cancel_run import cancel_run
from modelops.services.delete_version import delete_version
from modelops.services.execute_run import execute_run
from modelops.services.expire_runs import expire_runs
from modelops.services.promote_version import promote_version
from modelops.training_job import do_job
from tests.modelops.training import (
    At,
    Kind,
    State,
    begin,
    children_use,
    give_labels,
    in_children,
    learning_processes,
    signalled_children,
    trained,
)

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> object:
    children_use(monkeypatch, tmp_path, TOXIGUARD_LANGUAGE="en")
    with translation.override("en"):
        yield


def live_number() -> str:
    return LivePointer.current().version.version


def score(text: str) -> float:
    scorer = load_version(LivePointer.current().version).scorer
    return scorer.score([text], languages=["es"])[0].probabilities["toxic"]


@pytest.mark.children
def test_an_update_learns_backs_up_and_promotes(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    before = score("ese frompazo otra vez")
    steps: list[str] = []
    run = execute_run(run=begin(), report=lambda share, step: steps.append(step))
    assert (run.state, run.reason, run.version.version) == (State.SUCCEEDED, "", "1.0.1")
    assert (run.progress, run.lease_token, run.lease_expires_at) == (1.0, None, None)
    assert run.started_at <= run.finished_at
    assert run.result["labels"]["read"] == 6
    assert run.result["gate"]["passed"]
    assert {"reading the labels", "learning (toxic)", "publishing the version"} <= set(steps)
    assert "comparing with the live version" in run.log
    version = run.version
    assert (version.origin, version.parent, version.base) == ("incremental", live, live)
    assert version.labels_until <= timezone.now()
    deployment = Deployment.objects.first()
    assert (deployment.version, deployment.previous) == (version, live)
    assert deployment.door == Door.COMMAND
    assert Backup.objects.get().version == live
    assert live_number() == "1.0.1"
    assert score("ese frompazo otra vez") > before
    assert not any((tmp_path / "models_store" / ".staging").iterdir())

    again = trained()
    assert (again.state, again.version, live_number()) == (State.SUCCEEDED, None, "1.0.1")
    assert "no new labels" in again.reason
    assert Backup.objects.count() == 1


def test_each_kind_gets_its_number_and_says_what_it_is(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    full = trained(Kind.FULL).version
    assert (full.version, full.origin, full.base) == ("1.1.0", "full", live)
    quick = trained(Kind.QUICK).version
    assert (quick.version, quick.origin, quick.gate["quick"]) == ("1.2.0", "quick", True)
    backups = Backup.objects.count()
    forced = trained(Kind.FORCE).version
    assert (forced.version, forced.forced, forced.gate) == ("1.3.0", True, {})
    assert Backup.objects.count() == backups
    assert live_number() == "1.3.0"
    simulated = trained(Kind.SIMULATE, count=40)
    assert (simulated.version.version, simulated.version.origin) == ("1.3.1", "simulated")
    assert simulated.result["simulated"]["rows_read"] == 40
    assert simulated.result["test"]["after"]["auc"] is not None
    assert live_number() == "1.3.0"


def test_without_labels_there_is_nothing_to_learn(live: ModelVersion) -> None:
    run = trained(Kind.FULL)
    assert (run.state, run.version) == (State.SUCCEEDED, None)
    assert "nothing to learn" in run.reason
    assert ModelVersion.objects.count() == 1


def test_a_dry_run_keeps_nothing(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    run = trained(dry_run=True)
    assert (run.state, run.version) == (State.SUCCEEDED, None)
    assert run.result["gate"]["passed"]
    assert ModelVersion.objects.count() == 1


def test_a_refused_version_stays_beside_the_champion(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path, [(f"{word} gracias", True) for word in "abcdefghijklmnop"])
    run = trained()
    assert (run.state, run.version.version, live_number()) == (State.REFUSED, "1.0.1", "1.0.0")
    assert "must-pass sentences" in run_progress(run)["reason"]
    assert not run.version.gate["passed"]
    assert not Backup.objects.exists()
    assert not Alert.objects.exists()


def test_a_version_without_a_prior_is_trained_anew_on_the_starter(
    live: ModelVersion, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    other = publish("2.0.0", strength=6.0, prior=False)
    ModelVersion.objects.filter(pk=other.pk).update(origin=ModelVersion.Origin.IMPORTED)
    promote_version(version=other, by=None, reason="test")
    give_labels(tmp_path)
    run = trained()
    assert (run.state, run.reason) == (State.SUCCEEDED, "")
    assert run.version.version == "2.1.0"
    assert (run.version.origin, run.version.base) == ("full", live)
    assert run.result["fallback"]["code"] == "no_prior"


@pytest.fixture
def committed(live: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Path:
    """The starter of the repository is that of the test."""
    folder = files.version_folder(live.folder)
    settings.STARTER_DIR = Path(shutil.copytree(folder, folder.parents[1] / "starter"))
    digests = {name: files.entry_of(folder / name)["sha256"] for name in files.NUMERIC_FILES}
    monkeypatch.setattr(files, "STARTER_DIGESTS", digests)
    return settings.STARTER_DIR


def learned(kind: Kind, folder: Path) -> ModelVersion:
    """What a run of this kind builds on, learned in this process."""
    folder.mkdir()
    report = do_job(
        run=begin(kind).pk, folder=folder, say=lambda share, step: None, keep=lambda result: None
    )
    return ModelVersion.objects.get(pk=report["version"]["base"])


def test_a_starter_whose_files_were_deleted_is_there_to_build_on(
    live: ModelVersion, committed: Path, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    other = publish("2.0.0", strength=6.0, prior=False)
    ModelVersion.objects.filter(pk=other.pk).update(origin=ModelVersion.Origin.IMPORTED)
    promote_version(version=other, by=None, reason="test")
    delete_version(version=live, by=None)
    give_labels(tmp_path)
    assert learned(Kind.FULL, tmp_path / "run") == live
    live.refresh_from_db()
    assert live.state == "ready"
    load_version(live)


def test_force_is_a_way_out_where_what_is_live_is_lost(
    live: ModelVersion, committed: Path, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    other = publish("2.0.0", strength=6.0)
    promote_version(version=other, by=None, reason="test")
    shutil.rmtree(files.version_folder(other.folder))
    give_labels(tmp_path)
    with pytest.raises(LiveVersionDamaged):
        learned(Kind.FULL, tmp_path / "refused")
    TrainingRun.objects.update(state=State.FAILED)
    assert learned(Kind.FORCE, tmp_path / "run") == live


# --- what may go wrong ---------------------------------------------------------------------------


def test_noise_of_the_child_is_no_message(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_labels(tmp_path)
    noise = """
import os, atexit
os.write(1, b"noise\\n[1]\\n{\\"event\\": 1}\\nno end")
os.write(1, b"x" * 3_000_000 + b"\\n")
atexit.register(lambda: os.write(1, b"bye"))
"""
    in_children(monkeypatch, tmp_path / "hook", noise)
    assert trained().reason == ""  # (it succeeded)


def test_a_child_that_is_killed_fails_the_run(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_labels(tmp_path)
    marker = signalled_children(monkeypatch, tmp_path, "SIGKILL")
    marker.touch()
    run = trained()
    marker.unlink()
    assert run.state == State.FAILED
    assert "SIGKILL" in run.reason
    assert (live_number(), ModelVersion.objects.count()) == ("1.0.0", 1)
    alert = Alert.objects.get(kind=Alert.Kind.RUN_FAILED)
    assert alert.details["run"] == run.pk
    assert trained().reason == ""  # (it succeeded)
    alert.refresh_from_db()
    assert alert.resolved_at is not None


def test_a_full_disk_is_told(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give_labels(tmp_path)
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))"
    in_children(monkeypatch, tmp_path / "hook", limit)
    run = trained()
    assert run.state == State.FAILED
    assert "File too large" in run.reason
    assert live_number() == "1.0.0"


def test_a_crash_of_the_child_is_told(
    live: ModelVersion, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_children(monkeypatch, tmp_path / "hook", "import os\nos._exit(9)")
    run = trained()
    assert (run.state, run.result["why"]["code"]) == (State.FAILED, "crashed")


def test_without_a_backup_nothing_changes(live: ModelVersion, store: Path, tmp_path: Path) -> None:
    give_labels(tmp_path)
    (store / "backups").write_text("in the way")
    run = trained()
    assert run.state == State.FAILED
    assert "cannot be written" in run.reason
    assert live_number() == "1.0.0"


@pytest.mark.parametrize("step", ["reading the labels", "backing up and promoting"])
def test_cancelling_works_in_every_phase(live: ModelVersion, tmp_path: Path, step: str) -> None:
    give_labels(tmp_path)
    run = begin()
    cancel = At(step, lambda: cancel_run(run=run, by=None, door=Door.PAGE))
    ended = execute_run(run=run, report=cancel)
    assert (ended.state, live_number()) == (State.CANCELLED, "1.0.0")
    assert ended.reason.startswith("Cancelled (")
    assert not learning_processes(os.getpid())
    assert not Backup.objects.exists()


def test_a_worker_that_is_to_end_stops_the_run(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    stop = threading.Event()
    ended = execute_run(run=begin(), report=At("reading the labels", stop.set), stop=stop)
    assert (ended.state, ended.result["why"]["code"]) == (State.CANCELLED, "stopped")
    assert not learning_processes(os.getpid())


def test_an_interrupt_ends_the_run_in_order(live: ModelVersion, tmp_path: Path) -> None:
    def interrupt() -> None:
        raise KeyboardInterrupt

    give_labels(tmp_path)
    run = begin()
    with pytest.raises(KeyboardInterrupt):
        execute_run(run=run, report=At("reading the labels", interrupt))
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    assert not learning_processes(os.getpid())


@pytest.mark.parametrize("step", ["publishing the version", "backing up and promoting"])
def test_a_zombie_publishes_nothing(live: ModelVersion, tmp_path: Path, step: str) -> None:
    give_labels(tmp_path)
    run = begin()

    def take_for_lost() -> None:
        TrainingRun.objects.filter(pk=run.pk).update(lease_expires_at=timezone.now())
        expire_runs()

    ended = execute_run(run=run, report=At(step, take_for_lost))
    assert (ended.state, live_number()) == (State.LOST, "1.0.0")
    assert Deployment.objects.count() == 1
    assert not learning_processes(os.getpid())
    assert trained().reason == ""  # (it succeeded)


def test_a_live_version_that_changed_meanwhile_stays(
    live: ModelVersion, publish: Callable[..., ModelVersion], tmp_path: Path
) -> None:
    give_labels(tmp_path)
    other = publish("1.5.0", strength=6.0)
    change = At(
        "publishing the version",
        lambda: promote_version(version=other, by=None, reason="test"),
    )
    run = execute_run(run=begin(), report=change)
    assert (run.state, live_number()) == (State.FAILED, "1.5.0")
    assert "from 1.0.0 to 1.5.0" in run.reason
