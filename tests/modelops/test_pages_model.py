"""The model page: what it says, what its buttons do, whom it lets in, and what happens if not."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from modelops.models import (
    Alert,
    Backup,
    Dataset,
    Deployment,
    Door,
    LabelHold,
    LivePointer,
    ModelCheck,
    ModelVersion,
    Operation,
    QueueWorker,
    ThresholdChange,
    TrainingRun,
)
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from modelops.services.raise_alert import raise_alert
from modelops.services.report_queue_worker import report_queue_worker
from modelops.services.report_worker import report_worker
from modelops.services.start_run import start_run

PAGE = "/modelo/"
HTMX = {"hx-request": "true"}
State = TrainingRun.State


@pytest.fixture
def browser(operator: User) -> Client:
    """An operator's browser, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(operator)
    return client


@pytest.fixture
def backup(live: ModelVersion) -> Backup:
    return create_backup(by=None, reason="before the test")


@pytest.fixture
def dataset(db: None) -> Dataset:
    return Dataset.objects.create(name="foro", digest="0" * 64, rows=1200, toxic_rows=300)


@pytest.fixture
def hold(db: None) -> LabelHold:
    now = timezone.now()
    return LabelHold.objects.create(after=now - timedelta(days=2), until=now, reason="doubtful")


def text_of(client: Client, path: str = PAGE) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def told(client: Client, path: str, **fields: str) -> tuple[str, str]:
    """Post without htmx; return the message's kind and text, shown on the page it leads to."""
    response = client.post(path, fields, follow=True)
    assert response.redirect_chain[0][0].startswith(PAGE)
    content = response.content.decode()
    toasts = content.partition('id="toasts"')[2].partition("<dialog")[0]
    [(kind, text)] = re.findall(r'class="toast toast-(\w+)" data-toast><p>(.*?)</p>', toasts)
    return kind, text


def break_file(path: Path) -> None:
    """Flip a byte in the middle of a file that is read-only."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.chmod(0o644)
    path.write_bytes(content)


# --- who gets in -----------------------------------------------------------------------------

DOORS = {
    "": "GET",
    "live/": "GET",
    "timeline/wide.svg": "GET",
    "versions/1.0.0/": "GET",
    "versions/1.0.0/promote/": "BOTH",
    "versions/1.0.0/pin/": "POST",
    "versions/1.0.0/export/": "POST",
    "runs/RUN/": "GET",
    "runs/RUN/cancel/": "BOTH",
    "back-up/": "POST",
    "reload/": "POST",
    "update/": "POST",
    "retrain/full/": "BOTH",
    "retrain/quick/": "BOTH",
    "backups/NAME/restore/": "BOTH",
    "backups/NAME/verify/": "POST",
    "backups/NAME/pin/": "POST",
    "backups/NAME/delete/": "BOTH",
    "datasets/DATASET/": "BOTH",
    "holds/HOLD/release/": "POST",
    "thresholds/": "BOTH",
    "thresholds/clear/": "BOTH",
    "thresholds/carry/": "BOTH",
}


@pytest.fixture
def rows(backup: Backup, dataset: Dataset, hold: LabelHold) -> dict[str, str]:
    """One of each, by the names that stand in DOORS."""
    run, _created = start_run(kind=TrainingRun.Kind.FULL, parameters={}, by=None, door=Door.PYTHON)
    return {
        "RUN": str(run.pk),
        "NAME": backup.name,
        "DATASET": str(dataset.pk),
        "HOLD": str(hold.pk),
    }


def state_of_all() -> list[object]:
    return [
        *Backup.objects.values_list("name", "pinned"),
        *Dataset.objects.values_list("active"),
        *LabelHold.objects.values_list("released_at"),
        *LivePointer.objects.values_list("version", "generation"),
        *TrainingRun.objects.values_list("kind", "state", "cancel_requested"),
        *ModelVersion.objects.values_list("pinned"),
        ThresholdChange.objects.count(),
        Operation.objects.count(),
    ]


def paths(rows: dict[str, str], *methods: str) -> list[str]:
    found = []
    for door, method in DOORS.items():
        if method in methods:
            for name, value in rows.items():
                door = door.replace(name, value)
            found.append(PAGE + door)
    return found


@pytest.mark.parametrize("role", ["anonymous", "somebody"])
def test_others_get_through_no_door(role: str, rows: dict[str, str], somebody: User) -> None:
    client = Client()
    if role == "somebody":
        client.force_login(somebody)
    before = state_of_all()
    answers = [client.get(path).status_code for path in paths(rows, "GET", "BOTH")]
    answers += [client.post(path).status_code for path in paths(rows, "POST", "BOTH")]
    assert set(answers) == {403 if role == "somebody" else 302}
    assert state_of_all() == before


def test_what_changes_something_takes_no_get(rows: dict[str, str], browser: Client) -> None:
    for path in paths(rows, "POST"):
        assert browser.get(path).status_code == 405


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_asking_changes_nothing(
    headers: dict[str, str], rows: dict[str, str], browser: Client
) -> None:
    before = state_of_all()
    for path in paths(rows, "BOTH"):
        response = browser.get(path, headers=headers)
        assert response.status_code == 200
        assert "<form" in response.content.decode()
    assert state_of_all() == before


def test_what_is_not_there_is_not_found(live: ModelVersion, browser: Client) -> None:
    for path in (
        *("versions/9.9.9/", "versions/9.9.9/promote/", "runs/99/", "backups/none/restore/"),
        *("retrain/force/", "timeline/huge.svg", "timeline/wide.svg?theme=pink"),
    ):
        assert browser.get(PAGE + path).status_code == 404, path


# --- what it says ----------------------------------------------------------------------------


def test_the_first_line_says_what_is_live_since_when_why_and_by_whom(
    publish: Callable[..., ModelVersion], browser: Client, operator: User
) -> None:
    version = publish()
    promote_version(version=version, by=operator, reason="A good reason", door=Door.API)
    report_queue_worker(host="one", pid=1)
    page = text_of(browser)
    assert "Version 1.0.0 works and needs nothing" in page
    for words in ("Live since", "(just now)", "Starter model", "operator", "API", "A good reason"):
        assert words in page


def test_without_a_model_it_says_what_to_do(store: Path, browser: Client) -> None:
    page = text_of(browser)
    assert "No model is live" in page
    assert "python manage.py bootstrap" in page
    assert "No version yet" in page
    assert 'action="/modelo/back-up/"' not in page


def test_without_a_queue_worker_it_names_the_command(live: ModelVersion, browser: Client) -> None:
    page = text_of(browser)
    assert "1 thing needs attention" in page
    assert "python manage.py run_worker" in page
    assert "will wait until one is started" in text_of(browser, f"{PAGE}retrain/full/")
    report_queue_worker(host="one", pid=1)
    assert "will wait until one is started" not in text_of(browser, f"{PAGE}retrain/full/")
    QueueWorker.objects.update(seen_at=timezone.now() - timedelta(minutes=5))
    assert "python manage.py run_worker" in text_of(browser)


def test_alerts_and_trouble_come_first(live: ModelVersion, browser: Client) -> None:
    report_worker(host="one", pid=1, version="0.9.0", model_type="", generation=1, error="bad npz")
    raise_alert(
        kind=Alert.Kind.DAMAGED_FILE,
        cause="backup:b",
        details={"place": "backup", "name": "b", "files": ["model.npz"], "repaired": False},
    )
    page = text_of(browser)
    assert "Version 1.0.0 is live, with a problem" in page
    assert "Backup b is damaged: model.npz" in page
    assert "does not serve the live version: bad npz" in page
    assert "0 of 1 process serves it" in page


def test_every_list_has_its_empty_state(live: ModelVersion, browser: Client) -> None:
    page = text_of(browser)
    for words in (
        "No backup yet",
        "Nothing has been trained here yet",
        "No labelled texts were imported",
        "No web process has reported yet",
        "Not enough labels yet",
        "No labels are held back",
    ):
        assert words in page


def test_long_lists_are_cut_and_can_be_shown(live: ModelVersion, browser: Client) -> None:
    for number in range(9):
        Dataset.objects.create(name=f"set {number}", digest=f"{number:064}", rows=1, toxic_rows=1)
    page = text_of(browser)
    assert "set 8" in page
    assert "set 0" not in page
    assert "Show 3 more" in page
    assert "set 0" in text_of(browser, f"{PAGE}?all=datasets")


def test_figures_stand_beside_those_of_the_version_before(
    live: ModelVersion, browser: Client
) -> None:
    interval = {"champion": 0.9, "challenger": 0.912, "low": 0.001, "high": 0.02}
    live.gate = {
        "passed": True,
        "refusals": [],
        "figures": {"holdout": {"es": {"rows": 4000, "toxic": 400, "auc": interval}}},
    }
    live.save()
    figures = {
        "es": {"labels": 200, "toxic": 50, "precision": 0.875, "recall": 0.75},
        "en": {"labels": 3, "toxic": 0, "precision": None, "recall": None},
    }
    ModelCheck.objects.create(version=live, figures=figures)
    for path in (PAGE, f"{PAGE}versions/1.0.0/"):
        page = text_of(browser, path)
        for words in ("0.900", "0.912", "+0.012", "+0.001 to +0.020"):
            assert words in page
    page = text_of(browser)
    assert "87.5 %" in page
    assert "75.0 %" in page
    assert page.count("not enough labels") == 2


def test_the_page_speaks_spanish_by_default(live: ModelVersion, operator: User) -> None:
    client = Client()
    client.force_login(operator)
    assert '<html lang="es"' in client.get(PAGE).content.decode()


def test_a_version_and_a_run_tell_everything(
    live: ModelVersion, browser: Client, operator: User
) -> None:
    live.gate = {
        "passed": False,
        "figures": {},
        "refusals": [
            {"code": "flag_rate", "texts": 812, "champion": 0.07, "challenger": 0.2, "limit": 0.05}
        ],
    }
    live.forced = True
    live.save()
    page = text_of(browser, f"{PAGE}versions/1.0.0/")
    assert "by force" in page
    assert "812" in page
    run = TrainingRun.objects.create(
        kind="full",
        state=State.FAILED,
        seed=7,
        door=Door.COMMAND,
        requested_by=operator,
        log="one line",
        result={"why": {"code": "no_memory", "facts": {"labels": 5}}},
    )
    page = text_of(browser, f"{PAGE}runs/{run.pk}/")
    for words in ("not enough memory", "one line", "operator", "command"):
        assert words in page


@pytest.mark.parametrize("size", ["wide", "medium", "narrow"])
def test_the_timeline_is_an_image_without_scripts_and_styles(
    size: str, publish: Callable[..., ModelVersion], live: ModelVersion, browser: Client
) -> None:
    publish("1.0.1", strength=6.0)
    for number in range(12):
        other = ModelVersion.objects.get(version=f"1.0.{number % 2}")
        Deployment.objects.create(version=other, generation=100 + number, door=Door.ADMIN)
    response = browser.get(f"{PAGE}timeline/{size}.svg")
    svg = response.content.decode()
    assert response.headers["Content-Type"] == "image/svg+xml"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'"
    assert "1.0.1" in svg
    assert "+" in svg  # some came before
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=", svg)
    page = text_of(browser)
    assert "Timeline of versions, oldest first:" in page
    assert "As a table" in page


# --- what the buttons do ---------------------------------------------------------------------


def test_back_up_now(live: ModelVersion, browser: Client, operator: User) -> None:
    kind, text = told(browser, f"{PAGE}back-up/")
    backup = Backup.objects.get()
    assert kind == "success"
    assert backup.name in text
    assert backup.created_by == operator
    done = Operation.objects.get(kind=Operation.Kind.BACKUP)
    assert (done.by, done.door) == (operator, Door.PAGE)
    assert "Last time:" in text_of(browser)


def test_back_up_now_of_damaged_files_changes_nothing(
    live: ModelVersion, folder: Path, browser: Client
) -> None:
    break_file(folder / "model.npz")
    kind, text = told(browser, f"{PAGE}back-up/")
    assert kind == "error"
    assert "model.npz" in text
    assert not Backup.objects.exists()


def test_reload(live: ModelVersion, browser: Client) -> None:
    generation = LivePointer.objects.get().generation
    kind, text = told(browser, f"{PAGE}reload/")
    assert kind == "success"
    assert "Version 1.0.0 reloaded" in text
    assert LivePointer.objects.get().generation == generation + 1
    assert Operation.objects.get(kind=Operation.Kind.RELOAD).door == Door.PAGE


def test_reload_of_damaged_files_changes_nothing(
    live: ModelVersion, folder: Path, browser: Client
) -> None:
    break_file(folder / "model.npz")
    generation = LivePointer.objects.get().generation
    kind, _text = told(browser, f"{PAGE}reload/")
    assert kind == "error"
    assert LivePointer.objects.get().generation == generation
    assert "with a problem" in text_of(browser)


TRAININGS = {"update/": "incremental", "retrain/quick/": "quick", "retrain/full/": "full"}


@pytest.mark.parametrize("path", TRAININGS)
def test_a_training_is_left_to_the_queue_worker(
    path: str, live: ModelVersion, browser: Client, operator: User
) -> None:
    report_queue_worker(host="one", pid=1)
    kind, _text = told(browser, PAGE + path)
    assert kind == "success"
    run = TrainingRun.objects.get()
    assert (run.kind, run.state, run.door) == (TRAININGS[path], State.QUEUED, Door.PAGE)
    assert run.requested_by == operator
    # the same again is the same run
    assert told(browser, PAGE + path)[0] == "success"
    assert TrainingRun.objects.count() == 1


@pytest.mark.parametrize("path", TRAININGS)
def test_one_training_at_a_time(path: str, live: ModelVersion, browser: Client) -> None:
    start_run(kind=TrainingRun.Kind.FORCE, parameters={}, by=None, door=Door.COMMAND)
    kind, text = told(browser, PAGE + path)
    assert kind == "error"
    assert "under way" in text
    assert TrainingRun.objects.count() == 1


def test_a_training_that_nobody_will_do_says_so(live: ModelVersion, browser: Client) -> None:
    _kind, text = told(browser, f"{PAGE}update/")
    assert "python manage.py run_worker" in text


def test_cancel(live: ModelVersion, browser: Client) -> None:
    run, _created = start_run(kind=TrainingRun.Kind.FULL, parameters={}, by=None, door=Door.COMMAND)
    assert "Full retraining" in text_of(browser)
    assert told(browser, f"{PAGE}runs/{run.pk}/cancel/") == ("success", f"Run {run.pk} cancelled.")
    run.refresh_from_db()
    assert run.state == State.CANCELLED
    kind, text = told(browser, f"{PAGE}runs/{run.pk}/cancel/")
    assert kind == "error"
    assert "has ended already" in text


def test_promote(
    publish: Callable[..., ModelVersion], live: ModelVersion, browser: Client, operator: User
) -> None:
    publish("1.0.1", strength=6.0)
    kind, _text = told(browser, f"{PAGE}versions/1.0.1/promote/", reason="Try it")
    assert kind == "success"
    assert LivePointer.objects.get().version.version == "1.0.1"
    newest = Deployment.objects.first()
    assert newest
    assert (newest.by, newest.door, newest.reason) == (operator, Door.PAGE, "Try it")
    assert Backup.objects.get().version == live
    # and back
    told(browser, f"{PAGE}versions/1.0.0/promote/")
    assert LivePointer.objects.get().version == live
    assert Deployment.objects.count() == 3


def test_a_version_that_is_no_good_is_not_promoted(
    publish: Callable[..., ModelVersion], live: ModelVersion, store: Path, browser: Client
) -> None:
    other = publish("1.0.1", strength=6.0)
    break_file(store / "versions" / other.folder / "model.npz")
    kind, _text = told(browser, f"{PAGE}versions/1.0.1/promote/")
    assert kind == "error"
    assert LivePointer.objects.get().version == live


def test_what_is_live_is_not_put_into_use_again(live: ModelVersion, browser: Client) -> None:
    kind, text = told(browser, f"{PAGE}versions/1.0.0/promote/")
    assert kind == "error"
    assert "is live already" in text


def test_force_is_asked_where_the_live_version_is_damaged(
    publish: Callable[..., ModelVersion], live: ModelVersion, folder: Path, browser: Client
) -> None:
    other = publish("1.0.1", strength=6.0)
    break_file(folder / "model.npz")
    address = f"{PAGE}versions/1.0.1/promote/"
    assert "By force" not in text_of(browser, address)
    assert told(browser, address)[0] == "error"
    assert "By force" in text_of(browser, address)
    assert told(browser, address, force="on")[0] == "success"
    assert LivePointer.objects.get().version == other


def test_a_reason_that_is_too_long_is_asked_for_again(
    publish: Callable[..., ModelVersion], live: ModelVersion, browser: Client
) -> None:
    publish("1.0.1", strength=6.0)
    response = browser.post(f"{PAGE}versions/1.0.1/promote/", {"reason": "x" * 501})
    assert response.status_code == 422
    assert LivePointer.objects.get().version == live


def test_a_refused_version_says_so_before_it_is_promoted(
    publish: Callable[..., ModelVersion], live: ModelVersion, browser: Client
) -> None:
    other = publish("1.0.1", strength=6.0)
    other.gate = {"passed": False, "refusals": [], "figures": {}}
    other.save()
    assert "refused by the gate" in text_of(browser)
    assert "The gate refused this version" in text_of(browser, f"{PAGE}versions/1.0.1/promote/")


def test_pin_a_version(live: ModelVersion, browser: Client) -> None:
    for pinned in (True, False):
        kind, _text = told(browser, f"{PAGE}versions/1.0.0/pin/", pinned=str(pinned).lower())
        live.refresh_from_db()
        assert (kind, live.pinned) == ("success", pinned)


def test_export_a_version(live: ModelVersion, browser: Client) -> None:
    response = browser.post(f"{PAGE}versions/1.0.0/export/")
    archive = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    names = {name.rpartition("/")[2] for name in archive.namelist()}
    assert {"manifest.json", "model.json", "model.npz"} <= names
    assert 'filename="toxiguard-1.0.0.zip"' in response.headers["Content-Disposition"]
    assert Operation.objects.get(kind=Operation.Kind.EXPORT_VERSION).door == Door.PAGE


def test_a_damaged_version_is_not_exported(
    live: ModelVersion, folder: Path, browser: Client
) -> None:
    break_file(folder / "model.npz")
    assert told(browser, f"{PAGE}versions/1.0.0/export/")[0] == "error"


def test_restore_and_hold_back(
    publish: Callable[..., ModelVersion], backup: Backup, browser: Client, operator: User
) -> None:
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="test")
    kind, text = told(browser, f"{PAGE}backups/{backup.name}/restore/", hold_back="on")
    assert kind == "success"
    assert "Version 1.0.0 is live again" in text
    assert LivePointer.objects.get().version == backup.version
    newest = Deployment.objects.first()
    assert newest
    assert (newest.by, newest.door) == (operator, Door.PAGE)
    assert LabelHold.objects.get().by == operator
    assert "Labels held back" in text_of(browser)


def test_restore_of_a_damaged_backup_changes_nothing(
    publish: Callable[..., ModelVersion], backup: Backup, store: Path, browser: Client
) -> None:
    other = publish("1.0.1", strength=6.0)
    promote_version(version=other, by=None, reason="test")
    break_file(store / "backups" / backup.name / "model.npz")
    kind, text = told(browser, f"{PAGE}backups/{backup.name}/restore/")
    assert kind == "error"
    assert "model.npz" in text
    assert LivePointer.objects.get().version == other
    assert not LabelHold.objects.exists()


def test_verify(backup: Backup, store: Path, browser: Client) -> None:
    path = f"{PAGE}backups/{backup.name}/verify/"
    assert told(browser, path) == ("success", f"Backup {backup.name} is good.")
    break_file(store / "backups" / backup.name / "model.npz")
    kind, text = told(browser, path)
    assert kind == "error"
    assert "model.npz" in text
    assert "damaged" in text_of(browser)
    assert Alert.objects.get(resolved_at=None).kind == Alert.Kind.DAMAGED_FILE


def test_pin_and_delete_a_backup(backup: Backup, browser: Client) -> None:
    create_backup(by=None, reason="another one")
    assert told(browser, f"{PAGE}backups/{backup.name}/pin/", pinned="true")[0] == "success"
    backup.refresh_from_db()
    assert backup.pinned
    kind, text = told(browser, f"{PAGE}backups/{backup.name}/delete/")
    assert kind == "error"
    assert "pinned" in text
    assert told(browser, f"{PAGE}backups/{backup.name}/pin/", pinned="false")[0] == "success"
    assert told(browser, f"{PAGE}backups/{backup.name}/delete/")[0] == "success"
    assert not Backup.objects.filter(pk=backup.pk).exists()


def test_the_only_good_backup_stays(backup: Backup, browser: Client) -> None:
    kind, _text = told(browser, f"{PAGE}backups/{backup.name}/delete/")
    assert kind == "error"
    assert Backup.objects.filter(pk=backup.pk).exists()


def test_a_dataset_is_left_out_and_used_again(
    live: ModelVersion, dataset: Dataset, browser: Client
) -> None:
    path = f"{PAGE}datasets/{dataset.pk}/"
    for active in (False, True):
        kind, text = told(browser, path, active=str(active).lower())
        dataset.refresh_from_db()
        assert (kind, dataset.active) == ("success", active)
        assert "foro" in text
    doors = Operation.objects.filter(kind=Operation.Kind.ACTIVATE_DATASET)
    assert set(doors.values_list("door", flat=True)) == {Door.PAGE}


def test_held_labels_are_released(hold: LabelHold, browser: Client, operator: User) -> None:
    assert "doubtful" in text_of(browser)
    assert told(browser, f"{PAGE}holds/{hold.pk}/release/")[0] == "success"
    hold.refresh_from_db()
    assert hold.released_by == operator
    assert "doubtful" not in text_of(browser).partition('id="holds"')[2].partition("</section>")[0]


# --- thresholds ------------------------------------------------------------------------------

NEW = {"review_es": "30", "block_es": "80.5", "base_rate": "", "reason": "Too strict"}


def test_thresholds_are_tried_before_they_are_saved(live: ModelVersion, browser: Client) -> None:
    page = browser.post(f"{PAGE}thresholds/", NEW | {"preview": "1"}).content.decode()
    assert "There are no analyses to try it on" in page
    assert 'name="save"' in page
    assert not ThresholdChange.objects.exists()
    assert 'name="save"' not in text_of(browser)


def test_thresholds_are_saved_and_cleared(
    live: ModelVersion, browser: Client, operator: User
) -> None:
    assert told(browser, f"{PAGE}thresholds/", **NEW, save="1")[0] == "success"
    change = ThresholdChange.objects.get()
    assert change.thresholds == {"es": {"review": 0.3, "block": 0.805}}
    assert (change.base_rate, change.by, change.door) == (None, operator, Door.PAGE)
    page = text_of(browser)
    assert "Too strict" in page
    assert 'value="80.5"' in page
    assert told(browser, f"{PAGE}thresholds/clear/")[0] == "success"
    assert "Too strict" not in text_of(browser).partition('id="limits"')[2].partition("</form")[0]


def test_numbers_are_read_in_the_language_of_the_page(live: ModelVersion, operator: User) -> None:
    client = Client(headers={"accept-language": "es"})
    client.force_login(operator)
    client.post(f"{PAGE}thresholds/", NEW | {"block_es": "80,5", "base_rate": "12,5", "save": "1"})
    change = ThresholdChange.objects.get()
    assert change.thresholds["es"]["block"] == 0.805
    assert change.base_rate == 0.125


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("review_es", "many", "Enter a number"),
        ("review_es", "101", "less than or equal to 100"),
        ("review_es", "90", "cannot begin below review"),
        ("block_es", "", "Both are needed"),
        ("base_rate", "0", "greater than or equal to 0.1"),
    ],
)
def test_thresholds_that_cannot_be_are_refused(
    field: str, value: str, words: str, live: ModelVersion, browser: Client
) -> None:
    response = browser.post(f"{PAGE}thresholds/", NEW | {field: value, "save": "1"})
    assert response.status_code == 422
    assert words in response.content.decode()
    assert not ThresholdChange.objects.exists()


# --- the live part and htmx ------------------------------------------------------------------


def test_a_run_shows_how_far_it_is_and_how_it_ended(live: ModelVersion, browser: Client) -> None:
    run, _created = start_run(kind=TrainingRun.Kind.FULL, parameters={}, by=None, door=Door.COMMAND)
    TrainingRun.objects.update(state=State.RUNNING, progress=0.425, step="solve:toxic")
    part = browser.get(f"{PAGE}live/", headers=HTMX)
    content = part.content.decode()
    assert "42.5 %" in content
    assert 'hx-trigger="every 2s"' in content
    assert "HX-Trigger" not in part.headers
    [seen] = re.findall(r"seen=([^&\"]+)", content)
    same = browser.get(f"{PAGE}live/?seen={seen}&run={run.pk}", headers=HTMX)
    assert "HX-Trigger" not in same.headers
    TrainingRun.objects.update(
        state=State.FAILED, result={"why": {"code": "no_memory", "facts": {"labels": 5}}}
    )
    after = browser.get(f"{PAGE}live/?seen={seen}&run={run.pk}", headers=HTMX)
    assert "model-changed" in after.headers["HX-Trigger"]
    assert "not enough memory" in after.content.decode()
    assert "every 15s" in after.content.decode()


def test_with_htmx_questions_are_parts_and_answers_are_toasts(
    backup: Backup, browser: Client
) -> None:
    asked = browser.get(f"{PAGE}backups/{backup.name}/restore/", headers=HTMX).content.decode()
    assert "<html" not in asked
    assert 'id="dialog-title"' in asked
    done = browser.post(f"{PAGE}back-up/", headers=HTMX)
    assert done.status_code == 200
    assert "model-changed" in done.headers["HX-Trigger"]
    assert "toast-success" in done.content.decode()
    refused = browser.post(f"{PAGE}runs/{_ended_run()}/cancel/", headers=HTMX)
    assert refused.status_code == 422
    assert "toast-error" in refused.content.decode()


def _ended_run() -> int:
    return TrainingRun.objects.create(
        kind="full", state=State.SUCCEEDED, seed=1, door=Door.COMMAND
    ).pk


def test_pinning_offers_to_undo(backup: Backup, browser: Client) -> None:
    path = f"{PAGE}backups/{backup.name}/pin/"
    content = browser.post(path, {"pinned": "true"}, headers=HTMX).content.decode()
    assert 'name="pinned" value="false"' in content
    assert f'hx-post="{path}"' in content


# --- the frame -------------------------------------------------------------------------------


def test_open_alerts_show_on_every_page_of_operators_and_in_the_admin(
    live: ModelVersion, browser: Client, operator: User, somebody: User
) -> None:
    operator.user_permissions.add(*_permissions("analyze_text"))
    somebody.user_permissions.add(*_permissions("analyze_text"))
    raise_alert(kind=Alert.Kind.RUN_LOST, cause="full", details={"run": 7, "kind": "full"})
    others = Client(headers={"accept-language": "en"})
    others.force_login(somebody)
    for path in ("/", "/admin/"):
        assert "Training run 7 was lost" in text_of(browser, path)
        assert "Training run 7" not in text_of(others, path)
    Alert.objects.update(resolved_at=timezone.now())
    assert "Training run 7 was lost" not in text_of(browser, "/")


def test_the_way_to_the_page_is_there_for_operators_only(
    live: ModelVersion, browser: Client, operator: User, somebody: User
) -> None:
    operator.user_permissions.add(*_permissions("analyze_text"))
    somebody.user_permissions.add(*_permissions("analyze_text"))
    others = Client(headers={"accept-language": "en"})
    others.force_login(somebody)
    mine, theirs = text_of(browser, "/"), text_of(others, "/")
    assert mine.count('href="/modelo/"') == 2  # rail and pill
    assert 'href="/modelo/"' not in theirs
    assert "1.0.0" in theirs


def _permissions(codename: str) -> list[Permission]:
    return list(Permission.objects.filter(codename=codename))
