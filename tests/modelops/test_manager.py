"""ModelManager, from scripts, a shell and beside an event loop as in a notebook."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from django.utils import translation

from modelops.errors import NoLiveVersion, OperationFailed
from modelops.loading import load_version
from modelops.manager import ModelManager
from modelops.models import (
    Backup,
    Dataset,
    Door,
    LivePointer,
    ModelVersion,
    Operation,
    TrainingRun,
)
from tests.modelops.training import LABELS, begin, children_use

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    children_use(monkeypatch, tmp_path, TOXIGUARD_LANGUAGE="en")
    with translation.override("en"):
        yield


@pytest.fixture
def frame() -> pd.DataFrame:
    texts, toxic = zip(*LABELS, strict=True)
    return pd.DataFrame({"text": texts, "toxic": toxic})


def test_a_site_without_a_model_is_told_as_such(store: Path) -> None:
    manager = ModelManager()
    assert not manager.is_model_trained()
    assert manager.get_model_age() is None
    assert manager.get_model_metadata() == {}
    assert manager.needs_retraining()
    assert manager.get_model_status()["model_exists"] is False
    with pytest.raises(NoLiveVersion):
        manager.load_current_model()
    with pytest.raises(NoLiveVersion):
        manager.backup_current_model()


def test_the_state_of_the_model(live: ModelVersion) -> None:
    manager = ModelManager()
    assert manager.is_model_trained()
    assert timedelta(0) <= manager.get_model_age() < timedelta(hours=1)
    assert manager.get_model_metadata()["version"] == "1.0.0"
    assert manager.get_model_metadata()["training_samples"] == 7
    assert manager.get_model_status()["version"] == "1.0.0"
    assert not manager.needs_retraining()
    ModelVersion.objects.update(created_at=live.created_at - timedelta(days=10))
    assert not manager.needs_retraining()
    assert manager.needs_retraining(max_age_days=9)


def test_backups_are_made_and_cleaned_up(live: ModelVersion) -> None:
    manager = ModelManager()
    names = [manager.backup_current_model() for _ in range(3)]
    assert manager.cleanup_old_backups(keep_last=1) == names[1::-1]
    assert Backup.objects.get().name == names[2]
    assert Operation.objects.filter(door=Door.PYTHON, kind=Operation.Kind.BACKUP).count() == 3


def test_a_frame_is_kept_and_learned(live: ModelVersion, frame: pd.DataFrame) -> None:
    answer = ModelManager().incremental_training(frame)
    assert (answer["rows_read"], answer["toxic"], answer["rejected"]) == (6, 3, 0)
    assert (answer["version_before"], answer["version_after"]) == ("1.0.0", "1.0.1")
    assert answer["state"] == TrainingRun.State.SUCCEEDED
    assert Dataset.objects.get().rows == 6
    assert LivePointer.current().version.version == "1.0.1"
    assert TrainingRun.objects.get().door == Door.PYTHON


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda frame: frame.drop(columns="toxic"), "Columns are missing: toxic"),
        (lambda frame: frame.assign(toxic=[1, 0, 1, 0, None, 2]), "line 6.*\n.*line 7"),
        (lambda frame: frame.assign(text=""), "the text is empty"),
        (lambda frame: frame.iloc[:0], "no labelled texts"),
    ],
)
def test_wrong_frames_are_refused_as_a_whole(
    live: ModelVersion,
    frame: pd.DataFrame,
    change: Callable[[pd.DataFrame], pd.DataFrame],
    message: str,
) -> None:
    with pytest.raises(OperationFailed, match=message):
        ModelManager().incremental_training(change(frame))
    assert not Dataset.objects.exists()
    assert not TrainingRun.objects.exists()


def test_while_another_training_is_under_way_the_rows_are_kept(
    live: ModelVersion, frame: pd.DataFrame
) -> None:
    begin(TrainingRun.Kind.FULL)
    with pytest.raises(OperationFailed, match="under way"):
        ModelManager().incremental_training(frame)
    assert Dataset.objects.exists()


def test_the_model_comes_as_scikit_learn_objects(live: ModelVersion) -> None:
    model, vectorizer = ModelManager().load_current_model()
    texts = ["eres un idiota", "gracias"]
    served = load_version(live).scorer.raw_probabilities(texts)
    np.testing.assert_allclose(
        model.predict_proba(vectorizer.transform(texts))[:, 1], served, atol=1e-9
    )
    with pytest.raises(OperationFailed, match="“nothing” is not a head"):
        ModelManager().load_current_model(head="nothing")


def test_beside_an_event_loop_as_in_a_notebook(live: ModelVersion) -> None:
    async def cell() -> str:
        return ModelManager().get_model_status()["version"]

    assert asyncio.run(cell()) == "1.0.0"
