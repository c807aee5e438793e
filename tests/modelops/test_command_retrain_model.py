"""`retrain_model`: trainings, backups, restoring, and the menu of the terminal."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import translation

from modelops.models import Backup, Deployment, LabelHold, LivePointer, ModelVersion, Operation
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from tests.modelops.files import flip_byte
from tests.modelops.processes import site_environment
from tests.modelops.terminals import converse
from tests.modelops.training import children_use, give_labels

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    children_use(monkeypatch, tmp_path, TOXIGUARD_LANGUAGE="en")
    with translation.override("en"):
        yield


@pytest.fixture
def second(live: ModelVersion, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Version 1.0.1, live after 1.0.0, of which there is a backup."""
    version = publish("1.0.1", strength=6.0)
    promote_version(version=version, by=None, reason="test")
    return version


def retrain(*arguments: str) -> list[str]:
    output = io.StringIO()
    call_command("retrain_model", *arguments, stdout=output)
    return output.getvalue().splitlines()


def retrain_json(*arguments: str) -> dict[str, Any]:
    (line,) = retrain(*arguments, "--json")
    return json.loads(line)


def live_number() -> str:
    return LivePointer.current().version.version


def test_a_full_retraining_backs_up_and_promotes(live: ModelVersion, tmp_path: Path) -> None:
    assert retrain("--full")[-1].startswith("There is nothing to learn")
    assert (ModelVersion.objects.count(), live_number()) == (1, "1.0.0")
    give_labels(tmp_path)
    lines = retrain("--full")
    assert lines[0] == "Labels of this site: 6 read; toxic: 3; not toxic: 3; new: 6."
    assert any(line.startswith("Passed the gate") for line in lines)
    assert lines[-2] == "Version before: 1.0.0; after: 1.1.0."
    assert lines[-1].startswith("Full retraining done in ")
    assert Backup.objects.get().version == live


def test_a_refusal_fails_the_command_with_the_reason(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path, [(f"{word} gracias", True) for word in "abcdefghijklmnop"])
    with pytest.raises(CommandError, match="must-pass sentences"):
        retrain("--quick")
    assert live_number() == "1.0.0"


def test_force_asks_and_says_so_for_ever(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    with pytest.raises(CommandError, match="confirm with --no-input"):
        retrain("--force")
    answer = retrain_json("--force", "--no-input")
    assert (answer["version_before"], answer["version_after"]) == ("1.0.0", "1.1.0")
    version = ModelVersion.objects.get(version="1.1.0")
    assert (version.forced, version.gate) == (True, {})
    assert not Backup.objects.exists()
    assert retrain("--info")[0].startswith("Live version: 1.1.0 (full retraining, by force), ")


def test_from_scratch_needs_both_classes(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path, [("vaya frompazo", True), ("menudo frompazo", True)])
    with pytest.raises(CommandError, match="at least 50 toxic and 50 not toxic"):
        retrain("--full", "--from-scratch")
    assert live_number() == "1.0.0"


def test_backing_up_and_cleaning_up(live: ModelVersion) -> None:
    (line,) = retrain("--backup")
    backup = Backup.objects.get()
    assert line.startswith(f"Backup made: {backup.name} (version 1.0.0, ")
    answer = retrain_json("--backup")
    assert answer["backup"]["verified"]
    assert answer["backup"]["created_at"].endswith("Z")
    lines = retrain("--cleanup", "--keep", "1")
    assert lines == [f"  {backup.name}", "1 backup deleted; 1 is left."]
    assert retrain_json("--cleanup", "--keep", "0") == {"deleted": [], "left": 1}


def test_restoring_by_name_and_the_newest_good_one(second: ModelVersion, store: Path) -> None:
    good = Backup.objects.get()
    bad = create_backup(by=None, reason="test")
    flip_byte(store / "backups" / bad.name / "model.npz")
    lines = retrain("--restore", "--no-input")
    assert lines[-2:] == [
        "Version before: 1.0.1; after: 1.0.0.",
        f"Backup {good.name} restored: version 1.0.0 is live.",
    ]
    bad.refresh_from_db()
    assert not bad.verified
    newest = Backup.objects.order_by("-pk").first()
    assert newest.version == second  # what was live was backed up before
    answer = retrain_json("--restore", newest.name, "--hold-back")
    assert (answer["version_before"], answer["version_after"]) == ("1.0.0", "1.0.1")
    assert LabelHold.objects.get().after == second.created_at
    assert Operation.objects.filter(kind=Operation.Kind.RESTORE).count() == 2
    with pytest.raises(CommandError, match=f"no backup “nothing”.*{good.name}"):
        retrain("--restore", "nothing")
    with pytest.raises(CommandError, match="damaged"):
        retrain("--restore", bad.name)
    with pytest.raises(CommandError, match="Name a backup"):
        retrain("--restore")
    assert live_number() == "1.0.1"


def test_without_backups_there_is_nothing_to_restore(live: ModelVersion) -> None:
    with pytest.raises(CommandError, match="no good backup"):
        retrain("--restore", "--no-input")


def test_the_info_says_what_is_live_and_what_it_needs(live: ModelVersion, tmp_path: Path) -> None:
    give_labels(tmp_path)
    lines = retrain("--info")
    assert lines[0] == "Live version: 1.0.0 (starter model), 0 days old"
    assert "Labels of this site: 0 learned, 6 new" in lines
    assert "Backups: none" in lines
    assert lines[-1] == "Model is up to date"
    info = retrain_json("--info")
    assert (info["version"], info["labels"]) == ("1.0.0", {"learned": 0, "new": 6})
    assert (info["run"], info["queue_worker_alive"]) == (None, False)
    assert info["metadata"]["training_samples"] == 7


def test_without_an_option_a_script_gets_the_info_and_status_2(live: ModelVersion) -> None:
    output = io.StringIO()
    with pytest.raises(CommandError, match="Say what to do") as raised:
        call_command("retrain_model", stdout=output)
    assert raised.value.returncode == 2
    assert "1.0.0" in output.getvalue()


def test_an_empty_site_says_so(store: Path) -> None:
    assert retrain("--info")[0] == "Live version: none"
    for option in ("--full", "--backup"):
        with pytest.raises(CommandError, match="bootstrap"):
            retrain(option)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--quick", "--from-scratch"], "--from-scratch goes with"),
        (["--info", "--keep", "3"], "--keep goes with"),
        (["--cleanup", "--keep", "-1"], "0 or more"),
        (["--full", "--hold-back"], "--hold-back goes with"),
        (["--full", "--quick"], "not allowed with"),
    ],
)
def test_what_makes_no_sense_is_told(
    live: ModelVersion, arguments: list[str], message: str
) -> None:
    with pytest.raises(CommandError, match=message):
        retrain(*arguments)


# --- with somebody at the terminal ---------------------------------------------------------------


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return site_environment(tmp_path) | {"TOXIGUARD_LANGUAGE": "en"}


def test_the_menu_does_one_thing_after_another(
    live: ModelVersion, environment: dict[str, str]
) -> None:
    answers = [("done?", "9"), ("done?", "3"), ("done?", "4"), ("leave it:", "q"), ("done?", "q")]
    status, shown = converse(["retrain_model"], answers, environment=environment)
    assert status == 0
    assert "Live version: 1.0.0" in shown
    assert "Possible answers: 1, 2, 3, 4, 5, q" in shown
    backup = Backup.objects.get()
    assert f"Backup made: {backup.name}" in shown
    assert f"  1  {backup.name}" in shown
    assert "Nothing was changed." in shown


def test_a_backup_is_chosen_from_a_list(
    second: ModelVersion, environment: dict[str, str], tmp_path: Path
) -> None:
    give_labels(tmp_path)
    answers = [("leave it:", "7"), ("leave it:", "1"), ("[yes/no]", "yes")]
    status, shown = converse(["retrain_model", "--restore"], answers, environment=environment)
    assert status == 0, shown
    assert "6 labels came after version 1.0.0" in shown
    assert "version 1.0.0 is live." in shown
    assert LabelHold.objects.count() == 1
    assert live_number() == "1.0.0"


def test_force_is_confirmed_or_nothing_happens(
    live: ModelVersion, environment: dict[str, str], tmp_path: Path
) -> None:
    give_labels(tmp_path)
    status, shown = converse(
        ["retrain_model", "--force"], [("[yes/no]", "no")], environment=environment
    )
    assert (status, live_number()) == (1, "1.0.0")
    assert "Nothing was changed" in shown
    assert Deployment.objects.count() == 1
