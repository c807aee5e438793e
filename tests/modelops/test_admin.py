"""The other lists of the admin: datasets, sentences, thresholds, holds, and what is only read."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.contrib.admin.models import ADDITION, CHANGE, DELETION
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from modelops.models import (
    Alert,
    Dataset,
    LabelHold,
    LivePointer,
    ModelCheck,
    ModelVersion,
    MustPassSentence,
    QueueWorker,
    ThresholdChange,
)
from modelops.services.create_backup import create_backup
from modelops.services.import_dataset import import_dataset
from modelops.services.label_holds import hold_labels
from modelops.services.raise_alert import raise_alert
from modelops.services.report_worker import report_worker
from modelops.services.request_run import request_run
from modelops.services.set_thresholds import set_thresholds
from moderation.services import create_groups
from tests.modelops.admin_pages import choose, confirm, history, press, told, words

READ_ONLY = [
    "alert",
    "dataset",
    "deployment",
    "labelhold",
    "modelcheck",
    "operation",
    "queueworker",
    "serverworker",
    "thresholdchange",
    "trainingrun",
]


@pytest.fixture
def dataset(db: None, tmp_path: Path) -> Dataset:
    path = tmp_path / "forum.csv"
    path.write_text("text,toxic\nEres un idiota,1\nMuchas gracias,0\n")
    return import_dataset(path=path, name="forum", by=None).dataset


@pytest.fixture
def hold(db: None) -> LabelHold:
    now = timezone.now()
    return hold_labels(after=now - timedelta(days=1), until=now, reason="doubtful", by=None)


@pytest.fixture
def rows(live: ModelVersion, dataset: Dataset, hold: LabelHold) -> None:
    """At least one row in each list."""
    create_backup(by=None, reason="test")
    report_worker(host="one", pid=1, version="1.0.0", model_type="", generation=1, error="")
    QueueWorker.objects.create(host="one", pid=2)
    ModelCheck.objects.create(version=live)
    raise_alert(kind=Alert.Kind.RUN_LOST, details={"run": 7})
    request_run(kind="quick", parameters={"from_scratch": False}, by=None, door="page")
    set_thresholds(thresholds=None, base_rate=0.05, by=None, reason="quiet", door="page")


@pytest.mark.parametrize("name", READ_ONLY)
def test_operators_look_and_change_nothing_by_hand(rows: None, admin: Client, name: str) -> None:
    page = admin.get(f"/admin/modelops/{name}/")
    assert page.status_code == 200
    assert page.context["cl"].result_count >= 1
    pk = page.context["cl"].result_list[0].pk
    assert admin.get(f"/admin/modelops/{name}/{pk}/change/").status_code == 200
    assert admin.post(f"/admin/modelops/{name}/{pk}/change/", {}).status_code == 403
    if name != "thresholdchange":
        assert admin.get(f"/admin/modelops/{name}/add/").status_code == 403
    if name != "dataset":
        assert admin.get(f"/admin/modelops/{name}/{pk}/delete/").status_code == 403


@pytest.mark.parametrize("name", [*READ_ONLY, "modelversion", "backup", "mustpasssentence"])
def test_others_see_nothing(rows: None, stranger: Client, name: str) -> None:
    assert stranger.get(f"/admin/modelops/{name}/").status_code == 403
    assert stranger.get("/admin/modelops/").status_code == 404


def test_alerts_are_sentences(rows: None, admin: Client) -> None:
    page = admin.get("/admin/modelops/alert/?open=yes")
    assert "Training run 7 was lost" in words(page)
    assert page.context["cl"].result_count == 1
    assert admin.get("/admin/modelops/alert/?open=no").context["cl"].result_count == 0


# --- datasets --------------------------------------------------------------------------------


def test_deactivating_and_activating(dataset: Dataset, admin: Client) -> None:
    question = choose(admin, "dataset", "deactivate", dataset)
    assert "left out from the next training on" in words(question)
    assert Dataset.objects.get().active
    assert told(confirm(admin, "dataset", "deactivate", dataset)) == ["1 dataset deactivated."]
    assert not Dataset.objects.get().active
    press(admin, f"dataset/{dataset.pk}/activate")
    assert Dataset.objects.get().active
    assert [entry[3] for entry in history()] == ["Deactivated.", "Activated."]


def test_deleting_a_dataset_deletes_its_texts(dataset: Dataset, store: Path, admin: Client) -> None:
    assert list((store / "datasets").glob("*.csv.gz"))
    assert "Their texts are deleted" in words(choose(admin, "dataset", "delete_selected", dataset))
    assert told(confirm(admin, "dataset", "delete_selected", dataset)) == ["1 dataset deleted."]
    assert not Dataset.objects.exists()
    assert not list((store / "datasets").glob("*.csv.gz"))
    assert history() == [("dataset", DELETION, "forum", "")]


@pytest.mark.parametrize("action", ["activate", "deactivate", "delete_selected"])
def test_datasets_are_for_operators(dataset: Dataset, stranger: Client, action: str) -> None:
    assert confirm(stranger, "dataset", action, dataset).status_code == 403
    assert press(stranger, f"dataset/{dataset.pk}/deactivate").status_code == 403
    assert Dataset.objects.get().active


def test_what_somebody_else_deleted_meanwhile(dataset: Dataset, admin: Client) -> None:
    pk = dataset.pk
    dataset.delete()
    answer = press(admin, f"dataset/{pk}/deactivate")
    assert told(answer) == ["It does not exist any more."]
    assert told(press(admin, f"dataset/{pk}/delete")) == ["It does not exist any more."]


# --- holds -----------------------------------------------------------------------------------


@pytest.mark.parametrize("by_action", [True, False])
def test_releasing_labels(hold: LabelHold, admin: Client, by_action: bool) -> None:
    if by_action:
        answer = confirm(admin, "labelhold", "release", hold)
    else:
        answer = press(admin, f"labelhold/{hold.pk}/release")
    assert told(answer) == ["1 hold released."]
    hold.refresh_from_db()
    assert hold.released_by.username == "operator"
    assert [entry[1] for entry in history()] == [CHANGE]
    assert told(confirm(admin, "labelhold", "release", hold)) == ["0 holds released."]
    assert len(history()) == 1


def test_releasing_is_for_operators(hold: LabelHold, stranger: Client) -> None:
    assert confirm(stranger, "labelhold", "release", hold).status_code == 403
    hold.refresh_from_db()
    assert hold.released_at is None


# --- must-pass sentences ---------------------------------------------------------------------

SENTENCE = {"text": "Eres un cenutrio", "language": "es", "toxic": "on", "active": "on"}


@pytest.fixture
def lead(db: None) -> Client:
    create_groups()
    user = User.objects.create_user("lead", is_staff=True)
    user.groups.add(Group.objects.get(name="Leads"))
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


@pytest.mark.parametrize("who", ["lead", "admin"])
def test_leads_and_operators_add_sentences(
    db: None, who: str, request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(who)
    assert client.post("/admin/modelops/mustpasssentence/add/", SENTENCE).status_code == 302
    sentence = MustPassSentence.objects.get()
    assert (sentence.text, sentence.toxic) == (SENTENCE["text"], True)
    assert sentence.created_by.username == ("lead" if who == "lead" else "operator")
    assert [entry[1] for entry in history()] == [ADDITION]
    path = f"/admin/modelops/mustpasssentence/{sentence.pk}"
    client.post(f"{path}/change/", SENTENCE | {"active": ""})
    sentence.refresh_from_db()
    assert not sentence.active
    client.post(f"{path}/delete/", {"post": "yes"})
    assert not MustPassSentence.objects.exists()


def test_a_sentence_twice_is_refused(lead: Client) -> None:
    lead.post("/admin/modelops/mustpasssentence/add/", SENTENCE)
    answer = lead.post("/admin/modelops/mustpasssentence/add/", SENTENCE)
    assert answer.status_code == 200
    assert MustPassSentence.objects.count() == 1


def test_leads_do_nothing_else_with_the_model(live: ModelVersion, lead: Client) -> None:
    for path in ("modelversion/", "backup/", "trainingrun/", "modelversion/update/"):
        assert lead.get(f"/admin/modelops/{path}").status_code == 403


def test_sentences_are_not_for_everybody(stranger: Client) -> None:
    assert stranger.post("/admin/modelops/mustpasssentence/add/", SENTENCE).status_code == 403
    assert not MustPassSentence.objects.exists()


# --- thresholds ------------------------------------------------------------------------------

ADD = "/admin/modelops/thresholdchange/add/"
VALUES = {"review_es": "30", "block_es": "80", "base_rate": "5", "reason": "quieter"}


def test_thresholds_are_previewed_before_they_are_saved(live: ModelVersion, admin: Client) -> None:
    assert 'name="save"' not in admin.get(ADD).content.decode()
    answer = admin.post(ADD, VALUES | {"save": "yes"})  # without a preview
    assert answer.status_code == 200
    assert "There are no analyses yet" in words(answer)
    assert 'name="save"' in answer.content.decode()
    assert not ThresholdChange.objects.exists()
    previewed = answer.context["form"]["previewed"].value()
    other = VALUES | {"review_es": "20", "previewed": previewed, "save": "yes"}
    assert admin.post(ADD, other).status_code == 200  # not what was previewed
    assert not ThresholdChange.objects.exists()
    answer = admin.post(ADD, VALUES | {"previewed": previewed, "save": "yes"})
    assert answer.status_code == 302
    change = ThresholdChange.objects.get()
    assert change.thresholds == {"es": {"review": 0.3, "block": 0.8}}
    assert (change.base_rate, change.reason) == (0.05, "quieter")
    assert (change.by.username, change.door) == ("operator", "admin")
    assert LivePointer.current().generation == 2
    assert [entry[:2] for entry in history()] == [("thresholdchange", ADDITION)]
    form = admin.get(ADD).content.decode()
    assert 'value="30' in form


@pytest.mark.parametrize(
    "wrong",
    [{"review_es": "90"}, {"block_es": ""}, {"base_rate": "0"}, {"review_es": "x"}],
)
def test_thresholds_that_cannot_be(
    live: ModelVersion, admin: Client, wrong: dict[str, str]
) -> None:
    answer = admin.post(ADD, VALUES | wrong | {"save": "yes"})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert not ThresholdChange.objects.exists()


def test_clearing_the_thresholds(live: ModelVersion, admin: Client) -> None:
    set_thresholds(thresholds=None, base_rate=0.05, by=None, reason="", door="page")
    assert "in force again" in words(admin.get("/admin/modelops/thresholdchange/clear/"))
    press(admin, "thresholdchange/clear", reason="as it was")
    newest = ThresholdChange.current()
    assert (newest.base_rate, newest.thresholds, newest.reason) == (None, {}, "as it was")


def test_thresholds_are_for_operators(live: ModelVersion, stranger: Client) -> None:
    assert stranger.get(ADD).status_code == 403
    assert stranger.post(ADD, VALUES).status_code == 403
    assert press(stranger, "thresholdchange/clear").status_code == 403
    assert not ThresholdChange.objects.exists()
