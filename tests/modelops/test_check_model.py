"""The hourly check and its command: the full state, figures on labels, an exit status for cron."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone, translation
from pytest_django import Settings

from modelops.models import Alert, Door, LabelHold, ModelCheck, ModelVersion
from modelops.quality import ENOUGH_FLAGGED, ENOUGH_NOT_FLAGGED, ENOUGH_TOXIC, MOST_LABELS
from modelops.services.check_model import CHECKS_KEPT, check_model
from modelops.services.maintain_site import maintain_site
from modelops.services.raise_alert import raise_alert
from modelops.services.set_thresholds import set_thresholds
from modelops.sources import LabelledText
from tests.modelops.files import flip_byte
from tests.modelops.recent import Recent, hold_recent


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def labelled(
    text: str, toxic: bool, count: int, *, language: str | None = "es", **ago: float
) -> Any:
    at = timezone.now() - timedelta(**ago) if ago else timezone.now() + timedelta(minutes=1)
    return [LabelledText(text, toxic, language=language, at=at) for _ in range(count)]


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("check_model", *arguments, stdout=out)
    return out.getvalue()


# --- figures ----------------------------------------------------------------------------------


def test_precision_and_recall_where_they_can_be_known(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = [
        *labelled("tonto", True, 40),
        *labelled("idiota", False, 10),  # flagged, and people say it was fine
        *labelled("zopenco", True, 10),  # missed
        *labelled("gracias", False, ENOUGH_NOT_FLAGGED),
        *labelled("stupid", True, 3, language="en"),
    ]
    hold_recent(monkeypatch, Recent(labels=labels))
    figures = check_model(mail=False).figures
    assert figures["es"] == {
        "labels": 60 + ENOUGH_NOT_FLAGGED,
        "toxic": 50,
        "flagged": 50,
        "precision": 0.8,
        "recall": 0.8,
    }
    assert figures["en"] == {
        "labels": 3, "toxic": 3, "flagged": 3, "precision": None, "recall": None,
    }  # fmt: skip
    stored = ModelCheck.objects.get()
    assert (stored.version, stored.figures) == (live, figures)


@pytest.mark.parametrize(
    ("flagged", "others", "precision", "recall"),
    [
        (ENOUGH_FLAGGED, 0, 1.0, None),  # people label mostly what is flagged
        (ENOUGH_FLAGGED, ENOUGH_NOT_FLAGGED - 1, 1.0, None),
        (ENOUGH_FLAGGED, ENOUGH_NOT_FLAGGED, 1.0, 1.0),
        (ENOUGH_FLAGGED - 1, ENOUGH_NOT_FLAGGED, None, None),
    ],
)
def test_too_few_labels_say_nothing(
    live: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    flagged: int,
    others: int,
    precision: float | None,
    recall: float | None,
) -> None:
    assert ENOUGH_TOXIC == ENOUGH_FLAGGED
    labels = labelled("tonto", True, flagged) + labelled("gracias", False, others)
    hold_recent(monkeypatch, Recent(labels=labels))
    found = check_model(mail=False).figures["es"]
    assert (found["precision"], found["recall"]) == (precision, recall)


def test_what_the_version_has_learned_does_not_judge_it(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = labelled("tonto", True, 5, days=3) + labelled("tonto", True, 7, days=1)
    hold_recent(monkeypatch, Recent(labels=labels))
    assert check_model(mail=False).figures == {}
    ModelVersion.objects.update(labels_until=timezone.now() - timedelta(days=2))
    assert check_model(mail=False).figures["es"]["labels"] == 7


def test_the_sites_thresholds_count(live: ModelVersion, monkeypatch: pytest.MonkeyPatch) -> None:
    hold_recent(monkeypatch, Recent(labels=labelled("tonto", True, 30)))
    assert check_model(mail=False).figures["es"]["flagged"] == 30
    never = {"es": {"review": 1.0, "block": 1.0}}
    set_thresholds(thresholds=never, base_rate=None, by=None, reason="", door=Door.PYTHON)
    assert check_model(mail=False).figures["es"]["flagged"] == 0


def test_only_the_newest_labels_are_measured(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_recent(monkeypatch, Recent(labels=labelled("hola", False, MOST_LABELS + 5)))
    assert check_model(mail=False).figures["es"]["labels"] == MOST_LABELS


def test_old_checks_go(live: ModelVersion) -> None:
    old = ModelCheck.objects.create(version=live, created_at=timezone.now() - CHECKS_KEPT * 2)
    check_model(mail=False)
    assert not ModelCheck.objects.filter(pk=old.pk).exists()
    assert ModelCheck.objects.count() == 1


# --- new labels -------------------------------------------------------------------------------


def test_labels_that_are_held_back_are_no_reason_to_retrain(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    from modelops import selectors, sources
    from tests.modelops.test_selectors import Labels

    monkeypatch.setattr(sources, "_sources", {})
    live.created_at = timezone.now() - timedelta(days=9)
    live.save()
    sources.register(Labels(*[8] * 10, *[5] * 20, *[2] * 60))
    assert selectors.new_labels(live) == 90
    ago = {days: timezone.now() - timedelta(days=days) for days in (20, 6, 4, 3, 1)}
    LabelHold.objects.create(after=ago[6], until=ago[3])
    LabelHold.objects.create(after=ago[20], until=ago[4])  # overlaps, and began before
    assert selectors.new_labels(live) == 60
    hold = LabelHold.objects.create(after=ago[3], until=ago[1])
    assert selectors.new_labels(live) == 0
    assert not selectors.retraining().needed
    LabelHold.objects.filter(pk=hold.pk).update(released_at=timezone.now())
    assert selectors.new_labels(live) == 60
    live.labels_until = ago[6]  # published later than it learned
    live.save()
    assert selectors.new_labels(live) == 60


def test_another_limit_for_the_age_can_be_asked_for(live: ModelVersion) -> None:
    from modelops import selectors

    live.created_at = timezone.now() - timedelta(days=9)
    live.save()
    assert not selectors.retraining().needed
    assert selectors.retraining(max_age_days=8).needed
    assert selectors.retraining(max_age_days=9).reasons == ()


# --- the command ------------------------------------------------------------------------------


def test_the_state_of_a_healthy_site(live: ModelVersion, settings: Settings) -> None:
    said = run()
    assert "Version 1.0.0, age: 0 days" in said
    assert "LogisticRegression with" in said
    assert "State: good. Backups: 0." in said
    assert "Thresholds (es): review 40.0 %, block 90.0 % (the version's)." in said
    assert "Base rate of toxic texts: 10.0 % (the version's)." in said
    assert "not enough labels" in said
    assert "Model is up to date." in said
    assert said.splitlines()[-1] == "No alert is open."


def test_the_state_says_what_the_site_set_and_what_labels_show(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {"es": {"review": 0.2, "block": 0.5}}
    set_thresholds(thresholds=mine, base_rate=0.05, by=None, reason="", door=Door.PYTHON)
    hold_recent(monkeypatch, Recent(labels=labelled("tonto", True, ENOUGH_FLAGGED)))
    said = run()
    assert "Thresholds (es): review 20.0 %, block 50.0 % (the site's)." in said
    assert "Base rate of toxic texts: 5.0 % (the site's)." in said
    assert "precision: 100.0 %; recall: not enough labels." in said


@pytest.mark.parametrize("arguments", [(), ("--alert",)])
def test_an_open_alert_ends_the_command_with_an_error(
    live: ModelVersion, arguments: tuple[str, ...]
) -> None:
    raise_alert(kind=Alert.Kind.RUN_LOST, cause="full", details={"run": 3})
    out = StringIO()
    with pytest.raises(CommandError, match="1 alert is open"):
        call_command("check_model", *arguments, stdout=out)
    assert "Training run 3 was lost" in out.getvalue()
    Alert.objects.update(resolved_at=timezone.now())
    assert run(*arguments).splitlines()[-1] == "No alert is open."


def test_json_is_one_object_with_all_of_it(
    live: ModelVersion, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    flip_byte(folder / "model.npz")
    out = StringIO()
    with pytest.raises(CommandError, match="1 alert is open"):
        call_command("check_model", "--json", "--alert", stdout=out)
    said = json.loads(out.getvalue())
    assert (said["version"], said["degraded"], said["repaired"]) == ("1.0.0", True, [])
    assert "model.npz" in said["error"]
    (alert,) = said["alerts"]
    assert alert["kind"] == "damaged_file"
    assert "model.npz" in alert["text"]
    assert said["threshold_state"]["base_rate"] == 0.1
    assert said["recommendation"] == "Model is up to date"


def test_without_a_model_it_says_what_to_do(db: None) -> None:
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("check_model", stdout=out)
    assert "No model is live." in out.getvalue()
    assert "bootstrap" in out.getvalue()


def test_the_hourly_maintenance_checks_and_mails(
    live: ModelVersion, settings: Settings, mailoutbox: list[Any]
) -> None:
    settings.ALERT_EMAILS = ["ops@example.org"]
    ModelVersion.objects.update(created_at=timezone.now() - timedelta(days=60))
    done = maintain_site()
    assert (done["error"], done["alerts"], done["mailed"]) == ("", 1, 1)
    assert len(mailoutbox) == 1
    assert ModelCheck.objects.count() == 1
    assert maintain_site()["mailed"] == 0
