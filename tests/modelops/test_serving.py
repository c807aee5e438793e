"""The public door: what a process serves, and what it does when files are bad."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings as site
from pytest_django import Settings

from modelops import serving
from modelops.models import LivePointer, ModelVersion
from modelops.services.create_backup import create_backup
from modelops.services.promote_version import promote_version
from tests.modelops.files import flip_byte

Publish = Callable[..., ModelVersion]


def start_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a process that has just started."""
    monkeypatch.setattr(serving, "_state", serving._State())


def test_a_verdict_says_what_by_what_and_why(live: ModelVersion) -> None:
    text = "Hola, eres un idiota"
    (verdict,) = serving.analyze([text], languages=["es"])
    assert verdict.toxic
    assert verdict.decision == "block"
    assert (verdict.language, verdict.language_certain) == ("es", True)
    assert verdict.labels == ("toxic",)
    assert verdict.category is None
    assert verdict.categories == {"toxic": verdict.score}
    assert (verdict.threshold, verdict.thresholds) == (0.4, {"review": 0.4, "block": 0.9})
    assert (verdict.model_version, verdict.model_used) == ("1.0.0", "LogisticRegression")
    assert [text[span.start : span.end] for span in verdict.spans] == ["idiota"]
    assert verdict.keywords_found == 1
    parts = verdict.explanation
    total = sum(span.contribution for span in verdict.spans) + parts["rest"] + parts["intercept"]
    assert total == pytest.approx(parts["logit"])


def test_order_and_language_of_each_text_are_kept(live: ModelVersion) -> None:
    verdicts = serving.analyze(["gracias", "stupid", "idiota"], languages=["es", "en", None])
    assert [verdict.toxic for verdict in verdicts] == [False, True, True]
    assert [verdict.language for verdict in verdicts] == ["es", "en", "es"]


def test_unknown_language_is_an_error_that_names_the_known_ones(live: ModelVersion) -> None:
    with pytest.raises(serving.UnknownLanguage, match="es, en"):
        serving.analyze(["bonjour"], languages=["fr"])


@pytest.mark.parametrize(("setting", "decision"), [("review", "review"), ("allow", "allow")])
def test_a_foreign_text_gets_at_least_what_the_setting_says(
    live: ModelVersion, settings: Settings, setting: str, decision: str
) -> None:
    settings.UNKNOWN_LANGUAGE_DECISION = setting
    text = "Сегодня хорошая погода, и мы все вместе идём гулять в парк"
    (verdict,) = serving.analyze([text])
    assert (verdict.language, verdict.decision) == ("und", decision)


def test_without_a_model_the_error_says_how_to_get_one(db: None) -> None:
    with pytest.raises(serving.ModelUnavailable, match=r"manage\.py bootstrap"):
        serving.analyze(["hola"])
    assert serving.live_version() is None


def test_the_model_is_loaded_by_the_first_call(live: ModelVersion) -> None:
    assert serving.live_version() is None
    serving.analyze(["hola"])
    info = serving.live_version()
    assert (info.version, info.generation, info.error) == ("1.0.0", 1, "")


def test_a_new_version_that_does_not_load_leaves_the_old_one_serving(
    publish: Publish, live: ModelVersion
) -> None:
    serving.analyze(["hola"])
    second = publish("1.0.1", strength=6.0)
    flip_byte(site.MODELS_STORE_DIR / "versions" / second.folder / "model.npz")
    LivePointer.objects.update(version=second, generation=2)  # as if it broke after promotion
    serving.look_again()
    assert serving.analyze(["hola"])[0].model_version == "1.0.0"
    info = serving.live_version()
    assert (info.version, info.generation) == ("1.0.0", 2)
    assert "model.npz" in info.error


def test_a_starting_process_takes_the_newest_earlier_version(
    publish: Publish, live: ModelVersion, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    for number, strength in ((1, 6.0), (2, 5.0)):
        version = publish(f"1.0.{number}", strength=strength)
        promote_version(version=version, by=None, reason="test")
    flip_byte(store / "versions" / version.folder / "model.npz")
    start_anew(monkeypatch)
    assert serving.analyze(["hola"])[0].model_version == "1.0.1"
    assert serving.live_version().error


def test_else_a_verified_backup(
    live: ModelVersion, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    create_backup(by=None, reason="test")
    shutil.rmtree(folder)
    start_anew(monkeypatch)
    assert serving.analyze(["Eres un idiota"])[0].toxic
    assert serving.live_version().error


def test_else_the_starter(
    live: ModelVersion, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder)
    start_anew(monkeypatch)
    assert serving.analyze(["Eres un idiota de mierda"], languages=["es"])[0].toxic
    assert serving.live_version().error


def test_with_nothing_left_it_says_so(
    live: ModelVersion,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    settings: Settings,
    tmp_path: Path,
) -> None:
    shutil.rmtree(folder)
    settings.STARTER_DIR = tmp_path / "nowhere"
    start_anew(monkeypatch)
    with pytest.raises(serving.ModelUnavailable, match=r"manifest\.json"):
        serving.analyze(["hola"])


def test_web_processes_import_no_training_libraries() -> None:
    code = (
        "import django, sys; django.setup(); import toxiguard_site.wsgi, toxiguard_site.urls, "
        "modelops.services.reload_model, modelops.services.create_backup; "
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'joblib') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=site.BASE_DIR,
        env={"PATH": "", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.strip() == "[]", result.stderr
