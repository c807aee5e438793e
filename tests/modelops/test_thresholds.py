"""Thresholds and base rate of the site: set, served, kept, previewed, cleared."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import translation
from pytest_django import Settings
from rest_framework.test import APIClient

from modelops import selectors, serving
from modelops.errors import NoLiveVersion
from modelops.models import Door, LivePointer, ModelVersion, Operation, ThresholdChange
from modelops.selectors_thresholds import preview_thresholds, threshold_state
from modelops.services.clear_thresholds import clear_thresholds
from modelops.services.promote_version import promote_version
from modelops.services.set_thresholds import InvalidThresholds, set_thresholds
from tests.modelops.files import flip_byte
from tests.modelops.recent import Recent, hold_recent, scored

OWN = {"review": 0.4, "block": 0.9}
MINE = {"review": 0.2, "block": 0.5}
ADDRESS = "/model/thresholds"


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def set_them(
    thresholds: dict | None = None, base_rate: float | None = None, by: User | None = None
) -> ThresholdChange:
    return set_thresholds(
        thresholds=thresholds, base_rate=base_rate, by=by, reason="too strict", door=Door.PYTHON
    )


def limits_served(text: str = "hola", language: str = "es") -> dict[str, float]:
    return serving.analyze([text], languages=[language])[0].thresholds


# --- what is in force -------------------------------------------------------------------------


def test_without_anything_set_the_version_decides(live: ModelVersion) -> None:
    state = threshold_state()
    assert state["thresholds"] == state["thresholds_of_version"] == {"es": OWN, "en": OWN}
    assert state["base_rate"] == state["base_rate_of_version"] == 0.1
    assert (state["site"], state["by"], state["at"], state["reason"]) == (None, None, None, "")
    assert limits_served() == OWN


def test_what_is_set_is_served_at_once_and_on_record(live: ModelVersion, operator: User) -> None:
    assert limits_served() == OWN
    set_them({"es": MINE}, by=operator)
    assert limits_served() == MINE
    assert limits_served("hello", "en") == OWN
    state = threshold_state()
    assert state["thresholds"] == {"es": MINE, "en": OWN}
    assert state["site"] == {"base_rate": None, "thresholds": {"es": MINE}}
    assert (state["by"], state["reason"]) == ("operator", "too strict")
    assert selectors.model_status()["thresholds"] == {"es": MINE, "en": OWN}
    entry = Operation.objects.get(kind=Operation.Kind.THRESHOLDS)
    assert (entry.by, entry.door, entry.reason) == (operator, "python", "too strict")
    assert entry.before == {"base_rate": None, "thresholds": {}}
    assert entry.after == {"base_rate": None, "thresholds": {"es": MINE}}


def test_the_decision_follows_the_thresholds_and_the_score_does_not(live: ModelVersion) -> None:
    (before,) = serving.analyze(["idiota"], languages=["es"])
    set_them({"es": {"review": 0.9999, "block": 1.0}})
    (after,) = serving.analyze(["idiota"], languages=["es"])
    assert after.score == before.score
    assert before.decision == "block"
    assert after.decision == "allow"


def test_a_base_rate_moves_the_thresholds_and_no_score(live: ModelVersion) -> None:
    (before,) = serving.analyze(["idiota"], languages=["es"])
    set_them(base_rate=0.02)
    (after,) = serving.analyze(["idiota"], languages=["es"])
    assert after.score == before.score
    assert after.thresholds["review"] > 0.4
    assert after.thresholds["block"] > 0.9
    state = threshold_state()
    assert (state["base_rate"], state["base_rate_of_version"]) == (0.02, 0.1)
    assert state["thresholds"]["es"] == after.thresholds
    set_them(base_rate=0.1)  # the version's own
    assert limits_served() == OWN


def test_each_worker_hears_of_it_by_the_generation(live: ModelVersion) -> None:
    set_them({"es": MINE})
    assert LivePointer.current().generation == 2
    clear_thresholds(by=None, reason="", door=Door.COMMAND)
    assert LivePointer.current().generation == 3


def test_they_stay_over_a_promotion_until_they_are_cleared(
    live: ModelVersion, publish: Callable[..., ModelVersion]
) -> None:
    set_them({"en": MINE}, base_rate=0.05)
    promote_version(version=publish("1.0.1", strength=6.0), by=None, reason="better")
    (verdict,) = serving.analyze(["hello"], languages=["en"])
    assert (verdict.model_version, verdict.thresholds) == ("1.0.1", MINE)
    clear_thresholds(by=None, reason="enough", door=Door.COMMAND)
    assert limits_served("hello", "en") == OWN
    state = threshold_state()
    assert state["site"] is None
    assert state["reason"] == "enough"
    assert ThresholdChange.objects.count() == 2


def test_the_last_one_replaces_all_that_was_set_before(live: ModelVersion) -> None:
    set_them({"es": MINE}, base_rate=0.05)
    set_them({"en": MINE})
    assert threshold_state()["site"] == {"base_rate": None, "thresholds": {"en": MINE}}
    assert limits_served() == OWN


def test_a_process_whose_model_is_damaged_takes_new_thresholds_as_well(
    live: ModelVersion, folder: object
) -> None:
    serving.analyze(["hola"])
    flip_byte(folder / "model.npz")
    set_them({"es": MINE})
    assert limits_served() == MINE
    assert serving.live_version().error


def test_a_starting_process_serves_with_what_the_site_set(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_them({"es": MINE})
    monkeypatch.setattr(serving, "_state", serving._State())
    assert limits_served() == MINE


# --- what can't be set ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("thresholds", "base_rate", "fields"),
    [
        ({"es": {"review": 0.6, "block": 0.5}}, None, ["thresholds.es"]),
        ({"es": {"review": -0.1, "block": 1.1}}, None, ["review", "block"]),
        ({"es": {"review": float("nan"), "block": 0.5}}, None, ["review"]),
        ({"es": {"review": True, "block": 0.5}}, None, ["review"]),
        ({"es": {"review": "0.1", "block": 10**400}}, None, ["review", "block"]),
        ({"es": {"review": 0.5}}, None, ["thresholds.es"]),
        ({"es": {"review": 0.5, "block": 0.6, "ban": 0.9}}, None, ["thresholds.es"]),
        ({"es": 0.5}, None, ["thresholds.es"]),
        ({"fr": OWN}, None, ["thresholds.fr"]),
        (None, 0.0, ["base_rate"]),
        (None, 0.95, ["base_rate"]),
        (None, float("inf"), ["base_rate"]),
        (None, "0.1", ["base_rate"]),
        ({"fr": OWN}, 2, ["base_rate", "thresholds.fr"]),
    ],
)
def test_what_cannot_be_is_refused_by_field_and_nothing_changes(
    live: ModelVersion, thresholds: dict, base_rate: float, fields: list[str]
) -> None:
    with pytest.raises(InvalidThresholds) as caught:
        set_them(thresholds, base_rate)
    expected = [f"thresholds.es.{f}" if f in ("review", "block") else f for f in fields]
    assert sorted(caught.value.errors) == sorted(expected)
    assert not ThresholdChange.objects.exists()
    assert LivePointer.current().generation == 1


def test_the_limits_themselves_can_be_set(live: ModelVersion) -> None:
    set_them({"es": {"review": 0, "block": 1}, "en": {"review": 0.5, "block": 0.5}}, 0.001)
    assert limits_served() == {"review": 0.0, "block": 1.0}


def test_without_a_model_there_is_nothing_to_set_them_for(db: None) -> None:
    with pytest.raises(NoLiveVersion):
        set_them({"es": MINE})
    assert not ThresholdChange.objects.exists()
    assert threshold_state()["thresholds"] == {}


# --- preview ----------------------------------------------------------------------------------


def test_the_preview_counts_what_would_be_decided_otherwise(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch, operator: User
) -> None:
    hold_recent(monkeypatch, Recent(scored(0.1, 0.25, 0.3, 0.45, 0.55, 0.95)))
    found = preview_thresholds(thresholds={"es": MINE}, base_rate=None, reader=operator)
    assert (found["checked"], found["changed"]) == (6, 3)
    assert found["by_change"] == {"allow→review": 2, "review→block": 1}
    assert found["examples"][0] == {
        "id": 2,
        "text": ("texto 2 " + "x" * 300)[:200],
        "score": 0.25,
        "before": "allow",
        "after": "review",
    }
    assert [example["id"] for example in found["examples"]] == [2, 3, 5]
    assert not ThresholdChange.objects.exists()


def test_who_may_not_read_analyses_sees_counts_and_scores_only(
    live: ModelVersion,
    monkeypatch: pytest.MonkeyPatch,
    as_operator: APIClient,
    admin: Client,
) -> None:
    recent = Recent(scored(0.3), permission="moderation.view_analysis")
    hold_recent(monkeypatch, recent)
    wanted = {"thresholds": {"es": MINE}, "dry_run": True}
    answer = as_operator.put("/model/thresholds", wanted, format="json").json()
    [example] = answer["preview"]["examples"]
    assert (example["id"], example["text"], example["score"]) == (1, None, 0.3)
    given = {"review_es": 20, "block_es": 50, "preview": "1"}
    for path in ("/modelo/thresholds/", "/admin/modelops/thresholdchange/add/"):
        page = admin.post(path, given).content.decode()
        assert "Analysis 1" in page
        assert "texto 1" not in page


def test_the_preview_compares_with_what_is_in_force(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_recent(monkeypatch, Recent(scored(0.3)))
    set_them({"es": MINE})
    assert preview_thresholds(thresholds={"es": MINE}, base_rate=None)["changed"] == 0
    assert preview_thresholds(thresholds=None, base_rate=None)["by_change"] == {"review→allow": 1}


def test_the_preview_looks_at_a_thousand_and_shows_five(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_recent(monkeypatch, Recent(scored(*[0.3] * 1200)))
    found = preview_thresholds(thresholds={"es": MINE}, base_rate=None)
    assert (found["checked"], found["changed"], len(found["examples"])) == (1000, 1000, 5)


def test_texts_in_another_language_keep_their_least_decision(
    live: ModelVersion, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    settings.UNKNOWN_LANGUAGE_DECISION = "review"
    hold_recent(monkeypatch, Recent(scored(0.3, 0.6, language="und")))
    found = preview_thresholds(thresholds={"es": MINE}, base_rate=None)
    assert found["by_change"] == {"review→block": 1}


# --- GET and PUT /model/thresholds ------------------------------------------------------------


@pytest.mark.parametrize("method", ["get", "put"])
def test_without_credentials_401_and_without_the_permission_403(
    live: ModelVersion, as_somebody: APIClient, method: str
) -> None:
    body = {"thresholds": {"es": MINE}, "base_rate": None}
    for client, status in ((APIClient(), 401), (as_somebody, 403)):
        answer = getattr(client, method)(ADDRESS, body if method == "put" else None, format="json")
        assert answer.status_code == status
        assert answer["Content-Type"] == "application/problem+json"
    assert not ThresholdChange.objects.exists()


def test_get_tells_what_is_in_force(live: ModelVersion, as_operator: APIClient) -> None:
    answer = as_operator.get(ADDRESS)
    assert answer.status_code == 200
    assert answer.json() == {
        "thresholds": {"es": OWN, "en": OWN},
        "base_rate": 0.1,
        "thresholds_of_version": {"es": OWN, "en": OWN},
        "base_rate_of_version": 0.1,
        "site": None,
        "by": None,
        "at": None,
        "reason": "",
    }


def test_put_sets_them(live: ModelVersion, as_operator: APIClient) -> None:
    body = {"thresholds": {"es": MINE}, "base_rate": 0.05, "reason": "fewer cries of wolf"}
    answer = as_operator.put(ADDRESS, body, format="json")
    assert answer.status_code == 200
    told = answer.json()
    assert told["message"] == "Umbrales guardados"
    assert told["thresholds"]["es"] == MINE
    assert (told["base_rate"], told["by"], told["reason"]) == (
        0.05, "operator", "fewer cries of wolf",
    )  # fmt: skip
    assert (told["dry_run"], told["preview"]) == (False, None)
    assert limits_served() == MINE
    assert ThresholdChange.current().door == "api"
    kept = as_operator.get(ADDRESS).json()
    assert kept["site"] == {"base_rate": 0.05, "thresholds": {"es": MINE}}
    assert as_operator.get("/model/status").json()["thresholds"]["es"] == MINE


def test_put_leaves_alone_what_it_does_not_name(live: ModelVersion, as_operator: APIClient) -> None:
    set_them({"es": MINE}, 0.05)
    as_operator.put(ADDRESS, {"base_rate": 0.2}, format="json")
    assert threshold_state()["site"] == {"base_rate": 0.2, "thresholds": {"es": MINE}}
    as_operator.put(ADDRESS, {"thresholds": None, "base_rate": None}, format="json")
    assert threshold_state()["site"] is None


def test_a_dry_run_shows_and_changes_nothing(
    live: ModelVersion, as_operator: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold_recent(monkeypatch, Recent(scored(0.3, 0.7)))
    body = {"thresholds": {"es": MINE}, "dry_run": True}
    answer = as_operator.put(ADDRESS, body, format="json", HTTP_ACCEPT_LANGUAGE="en")
    assert answer.status_code == 200
    told = answer.json()
    assert told["dry_run"] is True
    assert told["message"] == "Nothing was changed: this is what it would be"
    assert told["thresholds"]["es"] == MINE
    assert told["preview"]["checked"] == 2
    assert told["preview"]["by_change"] == {"allow→review": 1, "review→block": 1}
    assert not ThresholdChange.objects.exists()
    assert limits_served() == OWN


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "thresholds"),
        ({"reason": "just so"}, "thresholds"),
        ({"thresholds": {"es": {"review": 0.6, "block": 0.5}}}, "thresholds.es"),
        ({"thresholds": {"es": {"review": "0.1", "block": 0.5}}}, "thresholds.es.review"),
        ({"thresholds": {"fr": MINE}}, "thresholds.fr"),
        ({"thresholds": [0.1, 0.5]}, "thresholds"),
        ({"base_rate": 7}, "base_rate"),
        ({"base_rate": "much"}, "base_rate"),
        ({"base_rate": 0.1, "dry_run": "yes"}, "dry_run"),
        ({"base_rate": 0.1, "reason": 3}, "reason"),
        ({"base_rate": 0.1, "treshold": {}}, "treshold"),
        ({"base_rate": 7, "dry_run": True}, "base_rate"),
    ],
)
def test_wrong_values_are_named_and_nothing_changes(
    live: ModelVersion, as_operator: APIClient, body: dict, field: str
) -> None:
    answer = as_operator.put(ADDRESS, body, format="json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert not ThresholdChange.objects.exists()


def test_without_a_model_put_fails_and_get_says_nothing_is_in_force(
    as_operator: APIClient,
) -> None:
    answer = as_operator.put(ADDRESS, {"thresholds": {"es": MINE}}, format="json")
    assert answer.status_code == 503
    assert "manage.py bootstrap" in answer.json()["detail"]
    assert as_operator.get(ADDRESS).json()["thresholds"] == {}
