"""Versions in the admin: what each button and action asks, does, records, and refuses."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION, LogEntry
from django.contrib.auth.models import User
from django.test import Client

from modelops import store as files
from modelops.models import (
    Backup,
    Deployment,
    Door,
    LivePointer,
    ModelVersion,
    Operation,
    TrainingRun,
)
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from modelops.services.report_queue_worker import report_queue_worker
from modelops.services.restore_backup import restore_backup
from tests.modelops.admin_pages import choose, confirm, history, press, told, words
from tests.modelops.files import flip_byte

LIST = "/admin/modelops/modelversion/"
ACTIONS = ["back_up", "reload", "promote", "compare", "export", "pin", "unpin", "delete_selected"]
BUTTONS = ["back-up", "reload", "retrain-full", "retrain-quick", "update"]


@pytest.fixture
def other(live: ModelVersion, publish: Callable[..., ModelVersion]) -> ModelVersion:
    """Version 1.1.0, published and not live."""
    return publish("1.1.0", strength=6.0)


def test_the_list_offers_every_action_and_button(live: ModelVersion, admin: Client) -> None:
    page = admin.get(LIST).content.decode()
    for action in ACTIONS:
        assert f'<option value="{action}">' in page
    for button in BUTTONS:
        assert f'href="{LIST}{button}/"' in page


def test_the_page_of_a_version_offers_what_makes_sense(
    other: ModelVersion, live: ModelVersion, admin: Client
) -> None:
    page = admin.get(f"{LIST}{other.pk}/change/").content.decode()
    for button in ("promote", "compare", "export"):
        assert f"{LIST}{other.pk}/{button}/" in page
    page = admin.get(f"{LIST}{live.pk}/change/").content.decode()
    assert f"{LIST}{live.pk}/promote/" not in page
    assert f"{LIST}{live.pk}/export/" in page


@pytest.mark.parametrize("action", ACTIONS)
def test_without_the_permission_no_action(
    other: ModelVersion, stranger: Client, action: str
) -> None:
    assert confirm(stranger, "modelversion", action, other).status_code == 403
    assert LivePointer.current().version.version == "1.0.0"
    assert not Backup.objects.exists()
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("button", [*BUTTONS, "1/promote", "1/compare", "1/export", "1/delete"])
def test_without_the_permission_no_button(
    live: ModelVersion, stranger: Client, button: str
) -> None:
    assert press(stranger, f"modelversion/{button}").status_code == 403
    assert stranger.get(f"{LIST}{button}/").status_code == 403
    assert not Backup.objects.exists()
    assert not TrainingRun.objects.exists()


def test_operators_who_are_not_staff_stay_outside(
    live: ModelVersion, operator: User, admin: Client
) -> None:
    User.objects.filter(pk=operator.pk).update(is_staff=False)
    for path in (LIST, f"{LIST}back-up/"):
        answer = admin.get(path)
        assert answer.status_code == 302
        assert "login" in answer["Location"]
    assert press(admin, "modelversion/back-up").status_code == 302
    assert not Backup.objects.exists()


def test_superusers_may_do_it_all(live: ModelVersion) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root"))
    press(client, "modelversion/back-up")
    assert Backup.objects.get().created_by.username == "root"


# --- back up, reload -------------------------------------------------------------------------


@pytest.mark.parametrize("by_action", [True, False])
def test_backing_up(live: ModelVersion, admin: Client, by_action: bool) -> None:
    if by_action:
        question = choose(admin, "modelversion", "back_up", live)
    else:
        question = admin.get(f"{LIST}back-up/")
    assert "The files of the live version 1.0.0 are copied" in words(question)
    assert not Backup.objects.exists()
    if by_action:
        answer = confirm(admin, "modelversion", "back_up", live)
    else:
        answer = press(admin, "modelversion/back-up")
    assert answer["Location"] == LIST
    backup = Backup.objects.get()
    assert backup.created_by.username == "operator"
    message = f"Backup {backup.name} of version 1.0.0 made and verified."
    assert told(answer) == [message]
    assert history() == [("backup", ADDITION, backup.name, message)]
    assert Operation.objects.get(kind="backup").door == Door.ADMIN


def test_a_backup_that_fails_says_why(live: ModelVersion, folder: Path, admin: Client) -> None:
    flip_byte(folder / "model.npz")
    answer = press(admin, "modelversion/back-up")
    assert "model.npz" in told(answer)[0]
    assert not Backup.objects.exists()
    assert not history()


@pytest.mark.parametrize("action", ["back_up", "reload"])
def test_what_is_for_the_live_version_takes_no_other(
    other: ModelVersion, admin: Client, action: str
) -> None:
    answer = confirm(admin, "modelversion", action, other)
    assert "live version only" in told(answer)[0]
    assert not Backup.objects.exists()
    assert LivePointer.current().generation == 1


@pytest.mark.parametrize("by_action", [True, False])
def test_reloading(live: ModelVersion, admin: Client, by_action: bool) -> None:
    if by_action:
        answer = confirm(admin, "modelversion", "reload", live)
    else:
        assert "verified again" in words(admin.get(f"{LIST}reload/"))
        answer = press(admin, "modelversion/reload")
    assert told(answer) == ["Version 1.0.0 reloaded."]
    assert LivePointer.current().generation == 2
    assert history() == [("modelversion", CHANGE, "1.0.0", "Version 1.0.0 reloaded.")]


def test_a_reload_that_fails_says_why(live: ModelVersion, folder: Path, admin: Client) -> None:
    flip_byte(folder / "model.npz")
    answer = press(admin, "modelversion/reload")
    assert "model.npz" in told(answer)[0]
    assert LivePointer.current().generation == 1


# --- promote ---------------------------------------------------------------------------------


def test_promoting_asks_first(other: ModelVersion, admin: Client) -> None:
    page = words(choose(admin, "modelversion", "promote", other))
    assert "Version 1.1.0 becomes live; version 1.0.0 is live now." in page
    assert "Version 1.0.0 is backed up first." in page
    assert LivePointer.current().version.version == "1.0.0"


@pytest.mark.parametrize("by_action", [True, False])
def test_promoting(other: ModelVersion, admin: Client, by_action: bool) -> None:
    if by_action:
        answer = confirm(admin, "modelversion", "promote", other, reason="better")
    else:
        answer = press(admin, f"modelversion/{other.pk}/promote", reason="better")
    assert told(answer) == ["Version 1.1.0 is live."]
    assert LivePointer.current().version == other
    deployment = Deployment.objects.first()
    assert (deployment.by.username, deployment.door) == ("operator", Door.ADMIN)
    assert deployment.reason == "better"
    assert Backup.objects.get().version.version == "1.0.0"
    assert history() == [("modelversion", CHANGE, "1.1.0", "Version 1.1.0 is live.")]


def test_promoting_needs_exactly_one(
    other: ModelVersion, live: ModelVersion, admin: Client
) -> None:
    answer = confirm(admin, "modelversion", "promote", other, live)
    assert told(answer) == ["Select exactly one."]
    assert LivePointer.current().version == live


def test_promoting_what_is_damaged_changes_nothing(
    other: ModelVersion, live: ModelVersion, store: Path, admin: Client
) -> None:
    flip_byte(store / "versions" / other.folder / "model.npz")
    answer = confirm(admin, "modelversion", "promote", other)
    assert "model.npz" in told(answer)[0]
    assert LivePointer.current().version == live
    assert not history()


def test_promoting_what_is_live_changes_nothing(live: ModelVersion, admin: Client) -> None:
    already = "Version 1.0.0 is live already; nothing changed."
    assert already in words(choose(admin, "modelversion", "promote", live))
    assert told(confirm(admin, "modelversion", "promote", live)) == [already]
    assert LivePointer.current().generation == 1


def test_force_is_asked_where_the_live_version_is_damaged(
    other: ModelVersion, live: ModelVersion, admin: Client
) -> None:
    assert "By force" not in words(choose(admin, "modelversion", "promote", other))
    flip_byte(files.version_folder(live.folder) / "model.npz")
    assert "can't be backed up" in told(confirm(admin, "modelversion", "promote", other))[0]
    assert "By force" in words(choose(admin, "modelversion", "promote", other))
    confirm(admin, "modelversion", "promote", other, force="on")
    assert LivePointer.current().version == other


def test_promoting_warns_of_a_version_that_the_gate_refused(
    other: ModelVersion, admin: Client
) -> None:
    refusal = {"code": "size", "champion": 1, "challenger": 9, "limit": 2}
    gate = {"passed": False, "refusals": [refusal], "figures": {}}
    ModelVersion.objects.filter(pk=other.pk).update(gate=gate)
    assert "Refused by the gate" in words(admin.get(f"{LIST}{other.pk}/promote/"))


def test_in_spanish(other: ModelVersion, operator: User) -> None:
    client = Client(headers={"accept-language": "es"})
    client.force_login(operator)
    assert "pasa a estar en servicio" in words(choose(client, "modelversion", "promote", other))
    assert told(confirm(client, "modelversion", "promote", other)) == [
        "La versión 1.1.0 está en servicio."
    ]


# --- compare, export -------------------------------------------------------------------------


@pytest.mark.parametrize("both", [True, False])
def test_comparing_two_or_one_with_the_live_one(
    other: ModelVersion, live: ModelVersion, admin: Client, both: bool
) -> None:
    found = {"auc": {"champion": 0.91, "challenger": 0.93}, "rows": 400, "toxic": 100}
    gate = {"passed": True, "refusals": [], "figures": {"holdout": {"es": found}}}
    ModelVersion.objects.filter(pk=other.pk).update(gate=gate)
    chosen = [other, live] if both else [other]
    page = choose(admin, "modelversion", "compare", *chosen)
    text = words(page)
    assert "1.0.0 (live)" in text
    assert "1.1.0" in text
    assert "0.93" in text
    assert "0.91" in text
    assert "es · review" in text
    assert "size of the files" in text
    assert admin.get(f"{LIST}{other.pk}/compare/").status_code == 200


def test_comparing_the_live_version_with_itself(live: ModelVersion, admin: Client) -> None:
    assert "Select two" in told(choose(admin, "modelversion", "compare", live))[0]


def test_comparing_what_was_deleted(other: ModelVersion, live: ModelVersion, admin: Client) -> None:
    confirm(admin, "modelversion", "delete_selected", other)
    assert choose(admin, "modelversion", "compare", other, live).status_code == 200


@pytest.mark.parametrize("by_action", [True, False])
def test_exporting(live: ModelVersion, admin: Client, by_action: bool) -> None:
    if by_action:
        answer = choose(admin, "modelversion", "export", live)
    else:
        answer = admin.get(f"{LIST}{live.pk}/export/")
    assert answer.status_code == 200
    assert 'filename="toxiguard-1.0.0.zip"' in answer["Content-Disposition"]
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert {"model.json", "model.npz", "manifest.json"} <= {Path(name).name for name in names}
    assert history() == [("modelversion", CHANGE, "1.0.0", "Exported as a zip file.")]


def test_exporting_what_is_damaged(live: ModelVersion, folder: Path, admin: Client) -> None:
    flip_byte(folder / "model.npz")
    answer = choose(admin, "modelversion", "export", live)
    assert answer.status_code == 302
    assert "model.npz" in told(answer)[0]
    assert not history()


# --- pin, delete -----------------------------------------------------------------------------


def test_pinning_and_unpinning(other: ModelVersion, admin: Client) -> None:
    assert told(confirm(admin, "modelversion", "pin", other)) == ["1 version pinned."]
    other.refresh_from_db()
    assert other.pinned
    confirm(admin, "modelversion", "unpin", other)
    other.refresh_from_db()
    assert not other.pinned
    assert [entry[3] for entry in history()] == ["Pinned.", "Unpinned."]


@pytest.mark.parametrize("by_action", [True, False])
def test_deleting_calls_the_service(
    other: ModelVersion, store: Path, admin: Client, by_action: bool
) -> None:
    if by_action:
        question = choose(admin, "modelversion", "delete_selected", other)
    else:
        question = admin.get(f"{LIST}{other.pk}/delete/")
    assert "The files of these versions are deleted" in words(question)
    assert (store / "versions" / other.folder).exists()
    if by_action:
        confirm(admin, "modelversion", "delete_selected", other)
    else:
        press(admin, f"modelversion/{other.pk}/delete")
    other.refresh_from_db()
    assert other.state == ModelVersion.State.REMOVED
    assert not (store / "versions" / other.folder).exists()
    assert [entry[:3] for entry in history()] == [("modelversion", DELETION, "1.1.0")]


@pytest.mark.parametrize("by_action", [True, False])
def test_the_live_version_is_not_deleted(
    live: ModelVersion, folder: Path, admin: Client, by_action: bool
) -> None:
    if by_action:
        answer = confirm(admin, "modelversion", "delete_selected", live)
    else:
        answer = press(admin, f"modelversion/{live.pk}/delete")
    assert "is live" in told(answer)[0]
    live.refresh_from_db()
    assert live.state == ModelVersion.State.READY
    assert folder.exists()
    assert not history()


def test_django_s_own_forms_delete_nothing(other: ModelVersion, admin: Client) -> None:
    """The form that Django's own delete page would send is only asked back."""
    answer = admin.post(f"{LIST}{other.pk}/delete/", {"post": "yes"})
    assert answer.status_code == 200
    assert admin.post(f"{LIST}{other.pk}/change/", {"version": "9"}).status_code == 403
    assert admin.get(f"{LIST}add/").status_code == 403
    other.refresh_from_db()
    assert (other.version, other.state) == ("1.1.0", ModelVersion.State.READY)


# --- trainings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("button", "kind", "data", "parameters"),
    [
        ("retrain-full", "full", {"from_scratch": "on", "seed": "7"}, {"from_scratch": True}),
        ("retrain-quick", "quick", {}, {"from_scratch": False}),
        ("update", "incremental", {"days": "30"}, {"days": 30, "dry_run": False}),
    ],
)
def test_starting_a_training(
    live: ModelVersion,
    admin: Client,
    button: str,
    kind: str,
    data: dict[str, str],
    parameters: dict[str, object],
) -> None:
    report_queue_worker(host="here", pid=1)
    page = words(admin.get(f"{LIST}{button}/"))
    assert "goes live only if it passes the gate" in page
    assert "run_worker" not in page
    assert not TrainingRun.objects.exists()
    answer = press(admin, f"modelversion/{button}", **data)
    run = TrainingRun.objects.get()
    assert (run.kind, run.door, run.requested_by.username) == (kind, Door.ADMIN, "operator")
    assert run.parameters == parameters
    [message] = told(answer)
    assert message.startswith(f"Run {run.pk} (")
    assert [entry[:2] for entry in history()] == [("trainingrun", ADDITION)]
    if "seed" in data:
        assert run.seed == 7


def test_without_a_worker_it_says_so_before_and_after(live: ModelVersion, admin: Client) -> None:
    assert "python manage.py run_worker" in words(admin.get(f"{LIST}update/"))
    assert "python manage.py run_worker" in told(press(admin, "modelversion/update"))[0]


def test_another_training_under_way(live: ModelVersion, admin: Client) -> None:
    press(admin, "modelversion/retrain-full")
    assert "under way already" in words(admin.get(f"{LIST}update/"))
    assert "Another training waits" in told(press(admin, "modelversion/update"))[0]
    assert TrainingRun.objects.count() == 1
    assert len(history()) == 1


def test_a_form_that_is_wrong_is_asked_again(live: ModelVersion, admin: Client) -> None:
    answer = press(admin, "modelversion/update", days="0")
    assert answer.status_code == 200
    assert answer.context["form"].errors["days"]
    assert not TrainingRun.objects.exists()


# --- rolling back ----------------------------------------------------------------------------


def test_rolling_back(other: ModelVersion, live: ModelVersion, admin: Client) -> None:
    promote_version(version=other, by=None, reason="test")
    page = words(admin.get("/admin/modelops/deployment/roll-back/"))
    assert "Version 1.0.0 becomes live again" in page
    press(admin, "deployment/roll-back")
    assert LivePointer.current().version == live
    assert history()[0][0] == "deployment"


def test_a_restoration_of_what_is_live_is_nothing_to_roll_back(
    other: ModelVersion, live: ModelVersion, admin: Client
) -> None:
    promote_version(version=other, by=None, reason="test")
    restore_backup(backup=create_backup(by=None, reason="test"), by=None, reason="test")
    press(admin, "deployment/roll-back")
    assert LivePointer.current().version == live


def test_nothing_to_roll_back_to(live: ModelVersion, admin: Client, stranger: Client) -> None:
    answer = press(admin, "deployment/roll-back")
    assert told(answer) == ["There is no earlier version to go back to."]
    assert press(stranger, "deployment/roll-back").status_code == 403
