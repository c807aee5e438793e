"""Alerts: raised once per cause, worded for the reader, mailed, resolved."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import mail
from django.db import connection
from django.utils import timezone, translation
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from modelops import selectors, serving
from modelops.alert_texts import alert_text
from modelops.models import Alert, LivePointer, ModelVersion
from modelops.services.check_model import check_model
from modelops.services.create_backup import create_backup
from modelops.services.mail_alerts import alert_recipients, mail_alerts
from modelops.services.promote_version import promote_version
from modelops.services.raise_alert import raise_alert, resolve_alert, resolve_alerts
from modelops.services.report_worker import report_worker
from modelops.store import backup_folder
from tests.modelops.files import flip_byte

Kind = Alert.Kind
DETAILS = {
    Kind.NEEDS_RETRAINING: {
        "reasons": [
            {"code": "too_old", "age": 40, "limit": 30},
            {"code": "new_labels", "new": 60, "learned": 0},
        ]
    },
    Kind.RUN_FAILED: {"run": 7, "kind": "full", "reason": "No memory"},
    Kind.RUN_LOST: {"run": 8, "kind": "full"},
    Kind.LOAD_FAILED: {"version": "1.2.0", "serves": "1.1.0", "error": "no such file"},
    Kind.DAMAGED_FILE: {"place": "version", "name": "1.2.0", "files": ["model.npz"]},
}


def lost(run: int = 8) -> Alert:
    return raise_alert(kind=Kind.RUN_LOST, cause=str(run), details={"run": run})


def open_kinds() -> list[str]:
    return sorted(alert.kind for alert in selectors.open_alerts())


# --- raising and resolving --------------------------------------------------------------------


def test_the_same_cause_is_one_alert_with_the_newest_facts(db: None) -> None:
    first = raise_alert(kind=Kind.LOAD_FAILED, cause="1.0.0", details={"error": "a"})
    Alert.objects.update(seen_at=timezone.now() - timedelta(hours=1))
    again = raise_alert(kind=Kind.LOAD_FAILED, cause="1.0.0", details={"error": "b"})
    assert again == first
    assert again.details == {"error": "b"}
    assert again.seen_at - again.raised_at < timedelta(minutes=1) < timedelta(hours=1)
    assert timezone.now() - again.seen_at < timedelta(minutes=1)
    assert raise_alert(kind=Kind.LOAD_FAILED, cause="1.0.1") != first
    assert Alert.objects.count() == 2


def test_a_cause_that_comes_back_is_a_new_alert(db: None) -> None:
    first = lost()
    assert resolve_alert(kind=Kind.RUN_LOST, cause="8") == 1
    assert resolve_alert(kind=Kind.RUN_LOST, cause="8") == 0
    second = lost()
    assert second != first
    assert list(selectors.open_alerts()) == [second]


def test_all_of_a_kind_are_resolved_but_those_that_remain(db: None) -> None:
    for run in (1, 2, 3):
        lost(run)
    raise_alert(kind=Kind.NEEDS_RETRAINING)
    assert resolve_alerts(kind=Kind.RUN_LOST, except_causes=["2"]) == 2
    assert {alert.cause for alert in selectors.open_alerts()} == {"2", ""}


def test_a_long_cause_is_cut_alike_when_raised_and_resolved(db: None) -> None:
    raise_alert(kind=Kind.DAMAGED_FILE, cause="x" * 500)
    assert resolve_alerts(kind=Kind.DAMAGED_FILE, except_causes=["x" * 500]) == 0
    assert resolve_alert(kind=Kind.DAMAGED_FILE, cause="x" * 500) == 1


@pytest.mark.django_db(transaction=True)
def test_processes_that_raise_the_same_at_once_share_one_alert() -> None:
    found: list[int] = []

    def work() -> None:
        try:
            found.append(lost().pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1


# --- words ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind.values)
def test_each_kind_has_a_text_with_its_facts(kind: str) -> None:
    alert = Alert(kind=kind, details=DETAILS[Kind(kind)])
    with translation.override("en"):
        text = alert_text(alert)
    facts = {
        "needs_retraining": ["40 days", "60 new labels", "incremental_update"],
        "run_failed": ["run 7", "No memory. ", "still the same"],
        "run_lost": ["run 8", "still the same"],
        "load_failed": ["1.2.0", "no such file. ", "1.1.0 serves"],
        "damaged_file": ["1.2.0", "model.npz", "--restore"],
    }[kind]
    assert all(fact in text for fact in facts)
    with translation.override("es"):
        assert alert_text(alert) != text


@pytest.mark.parametrize(
    ("labels", "said"), [(0, "nothing to learn from yet"), (5, "incremental_update")]
)
def test_the_advice_fits_what_there_is_to_learn_from(labels: int, said: str) -> None:
    details = {"reasons": [{"code": "too_old", "age": 40, "limit": 30}], "labels": labels}
    with translation.override("en"):
        assert said in alert_text(Alert(kind=Kind.NEEDS_RETRAINING, details=details))


@pytest.mark.parametrize("kind", Kind.values)
def test_facts_that_are_missing_break_no_page(kind: str) -> None:
    assert alert_text(Alert(kind=kind, details={}))


@pytest.mark.parametrize(
    ("details", "said"),
    [
        ({"repaired": True, "name": "1.0.0", "files": ["vectorizer.pkl"]}, "quarantine"),
        ({"place": "backup", "name": "model_backup_1", "files": ["model.npz"]}, "Backup model"),
    ],
)
def test_damage_is_told_apart(details: dict, said: str) -> None:
    with translation.override("en"):
        assert said in alert_text(Alert(kind=Kind.DAMAGED_FILE, details=details))


# --- what raises and resolves them ------------------------------------------------------------


def test_old_age_and_a_new_version(
    live: ModelVersion, publish: Callable[..., ModelVersion]
) -> None:
    assert not check_model(mail=False).alerts
    live.created_at = timezone.now() - timedelta(days=31)
    live.save()
    for _ in range(2):
        (alert,) = check_model(mail=False).alerts
    assert alert.kind == Kind.NEEDS_RETRAINING
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="newer")
    assert not check_model(mail=False).alerts
    assert Alert.objects.count() == 1


def test_no_model(db: None) -> None:
    (alert,) = check_model(mail=False).alerts
    assert alert.details == {"reasons": [{"code": "no_model"}], "labels": 0}


def test_a_version_that_does_not_load_raises_an_alert_at_once_and_its_cure_ends_it(
    live: ModelVersion, publish: Callable[..., ModelVersion], store: Path
) -> None:
    serving.analyze(["hola"])
    second = publish("1.0.1", strength=6.0)
    broken = store / "versions" / second.folder / "model.npz"
    flip_byte(broken)
    LivePointer.objects.update(version=second, generation=2)  # as if it broke after promotion
    serving.look_again()
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"
    (alert,) = selectors.open_alerts()
    assert (alert.kind, alert.cause) == (Kind.LOAD_FAILED, "1.0.1")
    assert alert.details["serves"] == "1.0.0"
    assert "model.npz" in alert.details["error"]
    flip_byte(broken)
    serving.refresh()
    assert not selectors.open_alerts()


def test_while_another_process_cannot_load_it_the_alert_stays(live: ModelVersion) -> None:
    raise_alert(kind=Kind.LOAD_FAILED, cause="1.0.0")
    facts = {"host": "elsewhere", "pid": 1, "model_type": "", "generation": 1}
    report_worker(**facts, version="0.9.0", error="no such file")
    serving.refresh()
    (alert,) = check_model(mail=False).alerts
    assert alert.details == {"version": "1.0.0", "serves": "0.9.0", "error": "no such file"}
    report_worker(**facts, version="1.0.0", error="")
    assert not check_model(mail=False).alerts


def test_the_own_error_of_before_keeps_no_alert_open(live: ModelVersion) -> None:
    import os

    raise_alert(kind=Kind.LOAD_FAILED, cause="1.0.0")
    report_worker(
        host=socket.gethostname(), pid=os.getpid(), version="", model_type="", generation=0,
        error="no such file",
    )  # fmt: skip
    serving.refresh()
    assert not selectors.open_alerts()


def test_damaged_files_of_the_live_version(live: ModelVersion, folder: Path) -> None:
    flip_byte(folder / "model.npz")
    report = check_model(mail=False)
    (alert,) = report.alerts
    assert alert.kind == Kind.DAMAGED_FILE
    assert "model.npz" in report.error
    assert report.status["degraded"] is True
    flip_byte(folder / "model.npz")
    assert not check_model(mail=False).alerts


def test_a_pickle_that_was_repaired_is_told_until_the_next_check(
    live: ModelVersion, folder: Path
) -> None:
    flip_byte(folder / "vectorizer.pkl")
    report = check_model(mail=False)
    assert report.repaired == ["vectorizer.pkl"]
    assert [alert.details["repaired"] for alert in report.alerts] == [True]
    assert not check_model(mail=False).alerts


def test_a_damaged_backup(live: ModelVersion) -> None:
    backup = create_backup(by=None, reason="test")
    path = backup_folder(backup.name) / "model.npz"
    flip_byte(path)
    (alert,) = check_model(mail=False).alerts
    assert alert.details["name"] == backup.name
    backup.refresh_from_db()
    assert backup.verified is False
    flip_byte(path)
    assert not check_model(mail=False).alerts


def test_damage_of_a_version_that_is_live_no_more_is_looked_at_again(
    live: ModelVersion, publish: Callable[..., ModelVersion], folder: Path
) -> None:
    flip_byte(folder / "model.npz")
    check_model(mail=False)
    second = publish("1.0.1", strength=6.0)
    promote_version(version=second, by=None, reason="cure", backup=False)
    (alert,) = check_model(mail=False).alerts
    assert alert.details["name"] == "1.0.0"
    flip_byte(folder / "model.npz")
    assert not check_model(mail=False).alerts


# --- mail -------------------------------------------------------------------------------------


@pytest.fixture
def address(settings: Settings) -> str:
    settings.ALERT_EMAILS = ["ops@example.org"]
    return "ops@example.org"


def test_each_alert_is_mailed_once(db: None, address: str) -> None:
    lost(1)
    lost(2)
    assert mail_alerts() == 2
    assert mail_alerts() == 0
    (message,) = mail.outbox
    assert message.to == [address]
    assert message.subject.startswith("[ToxiGuard] ")
    with translation.override(django_settings.LANGUAGE_CODE):
        assert all(alert_text(alert) in message.body for alert in selectors.open_alerts())
    lost(1)  # seen again: nothing new
    lost(3)
    assert mail_alerts() == 1
    assert Alert.objects.filter(mailed_at=None).count() == 0


def test_mail_is_in_the_sites_language_and_says_where_to_look(
    db: None, address: str, settings: Settings
) -> None:
    settings.LANGUAGE_CODE = "en"
    settings.PUBLIC_URL = "https://toxiguard.example.org/"
    lost()
    with translation.override("es"):
        mail_alerts()
    assert "The model needs attention:" in mail.outbox[0].body
    assert "https://toxiguard.example.org/modelo/" in mail.outbox[0].body


def test_operators_with_an_address_are_told_and_nobody_sees_the_others(
    operator: User, somebody: User, settings: Settings
) -> None:
    settings.ALERT_EMAILS = []
    User.objects.filter(pk=somebody.pk).update(email="somebody@example.org")
    assert alert_recipients() == []
    User.objects.filter(pk=operator.pk).update(email="operator@example.org")
    User.objects.create_superuser("root", "root@example.org")
    User.objects.create_superuser("gone", "gone@example.org", is_active=False)
    lost()
    mail_alerts()
    assert sorted(message.to for message in mail.outbox) == [
        ["operator@example.org"], ["root@example.org"],
    ]  # fmt: skip


def test_without_a_mail_server_or_recipients_nothing_is_sent(
    db: None, settings: Settings, address: str
) -> None:
    lost()
    settings.ALERT_EMAILS = []
    assert mail_alerts() == 0
    settings.ALERT_EMAILS = [address]
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert mail_alerts() == 0
    assert Alert.objects.get().mailed_at is None


def test_what_could_not_be_sent_is_tried_again(db: None, settings: Settings, address: str) -> None:
    lost()
    backend = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    with socket.socket() as taken:  # bound, and nobody listens
        taken.bind(("127.0.0.1", 0))
        settings.EMAIL_HOST, settings.EMAIL_PORT = taken.getsockname()
        assert mail_alerts() == 0
    assert Alert.objects.get().mailed_at is None
    settings.EMAIL_BACKEND = backend
    assert mail_alerts() == 1


def test_a_new_alert_has_its_mail_queued(
    db: None, address: str, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        lost()
        lost()
    assert [task.task_path for task in DBTaskResult.objects.all()] == ["modelops.tasks.send_alerts"]


def test_the_check_mails(db: None, address: str) -> None:
    assert check_model(mail=True).mailed == 1
    assert check_model(mail=True).mailed == 0
