"""Versions that go from site to site, and models of other makers."""

from __future__ import annotations

import json
import pickle
import shutil
import zipfile
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import FeatureUnion, Pipeline

from modelops import serving
from modelops import store as files
from modelops.errors import DamagedFiles, UnusableModel, VersionRemoved
from modelops.ml.artifacts import content_digest, read_numeric, to_scikit_learn, write_numeric
from modelops.ml.foreign import NotRepresentable, probes, to_numeric
from modelops.ml.phrases import expand
from modelops.ml.scorer import Scorer
from modelops.models import Backup, Deployment, LivePointer, ModelVersion, Operation
from modelops.read_foreign import guard
from modelops.services.create_backup import create_backup
from modelops.services.delete_version import delete_version
from modelops.services.export_version import export_version
from modelops.services.import_model import NotImportable, import_model
from modelops.services.promote_version import promote_version
from tests.modelops.files import flip_byte, overwrite
from tests.modelops.models import small_model

Publish = Callable[..., ModelVersion]


def elsewhere(store: Path) -> None:
    """From now on this is another site, with an empty store and no rows."""
    shutil.rmtree(store)
    for rows in (Backup, Deployment, LivePointer, ModelVersion):
        rows.objects.all().delete()


@pytest.fixture
def exported(publish: Publish, store: Path, tmp_path: Path) -> Path:
    """The archive of a version 1.2.0 of another site."""
    version = publish("1.2.0", strength=6.0)
    with export_version(version=version) as archive:
        path = tmp_path / "toxiguard-1.2.0.zip"
        path.write_bytes(archive.read())
    elsewhere(store)
    return path


@pytest.fixture
def folder_of(exported: Path, tmp_path: Path) -> Path:
    """The same as an unpacked folder."""
    with zipfile.ZipFile(exported) as archive:
        archive.extractall(tmp_path / "unpacked")
    (folder,) = (tmp_path / "unpacked").iterdir()
    return folder


# --- from site to site ---


def test_an_exported_version_is_imported_and_not_live(exported: Path, operator: User) -> None:
    version = import_model(folder=exported, by=operator)
    assert (version.version, version.origin, version.created_by) == ("1.2.0", "imported", operator)
    assert LivePointer.current() is None
    promote_version(version=version, by=None, reason="test")
    assert serving.analyze(["Eres un idiota"])[0].model_version == "1.2.0"
    assert Operation.objects.get(kind="import_version").after["new"]


def test_importing_again_finds_the_version(exported: Path, folder_of: Path) -> None:
    version = import_model(folder=exported, by=None)
    assert import_model(folder=folder_of, by=None) == version
    delete_version(version=version, by=None)
    assert import_model(folder=exported, by=None).state == "ready"


def test_a_number_that_is_taken_gives_way(publish: Publish, exported: Path) -> None:
    mine = publish("1.2.0")
    promote_version(version=mine, by=None, reason="test")
    assert import_model(folder=exported, by=None).version == "1.3.0"


def test_other_features_are_a_new_major_version(publish: Publish, folder_of: Path) -> None:
    mine = publish("1.2.0")
    promote_version(version=mine, by=None, reason="test")
    config = json.loads((folder_of / "model.json").read_text())
    config["features"]["char_ngrams"] = [2, 4]
    config["golden"] = []
    seal_anew(folder_of, config)
    assert import_model(folder=folder_of, by=None).version == "2.0.0"


def seal_anew(folder: Path, content: dict[str, Any]) -> None:
    """Change the model of an exported folder, and its manifest with it."""
    overwrite(folder / "model.json", json.dumps(content).encode())
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["model.json"] = files.entry_of(folder / "model.json")
    manifest["digest"] = content_digest(read_numeric(folder))
    overwrite(folder / "manifest.json", json.dumps(manifest).encode())


def test_a_backup_folder_can_be_imported(live: ModelVersion, store: Path, tmp_path: Path) -> None:
    backup = create_backup(by=None, reason="test")
    copy = shutil.copytree(files.backup_folder(backup.name), tmp_path / backup.name)
    elsewhere(store)
    assert import_model(folder=copy, by=None).version == "1.0.0"


@pytest.mark.parametrize("name", ["model.json", "model.npz"])
def test_a_changed_file_is_refused(folder_of: Path, name: str) -> None:
    flip_byte(folder_of / name)
    with pytest.raises(DamagedFiles, match=name):
        import_model(folder=folder_of, by=None)
    assert not ModelVersion.objects.exists()


def test_a_manifest_of_another_model_is_refused(folder_of: Path) -> None:
    manifest = json.loads((folder_of / "manifest.json").read_text())
    overwrite(folder_of / "manifest.json", json.dumps({**manifest, "digest": "0" * 64}).encode())
    with pytest.raises(UnusableModel):
        import_model(folder=folder_of, by=None)
    overwrite(folder_of / "manifest.json", json.dumps({**manifest, "format_version": 99}).encode())
    with pytest.raises(NotImportable, match="99"):
        import_model(folder=folder_of, by=None)
    overwrite(folder_of / "manifest.json", b"[]")
    with pytest.raises(DamagedFiles, match=r"manifest\.json"):
        import_model(folder=folder_of, by=None)


def test_a_folder_without_a_model_is_refused(db: None, tmp_path: Path) -> None:
    with pytest.raises(NotImportable, match=r"manifest\.json"):
        import_model(folder=tmp_path, by=None)
    with pytest.raises(NotImportable):
        import_model(folder=tmp_path / "nowhere", by=None)
    (tmp_path / "broken.zip").write_bytes(b"PK\x05\x06" + bytes(18))
    with pytest.raises(NotImportable):
        import_model(folder=tmp_path / "broken.zip", by=None)


def test_an_archive_writes_nowhere_else(exported: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(exported, "a") as archive:
        archive.writestr("../../outside.txt", "x")
    import_model(folder=exported, by=None)
    assert not list(tmp_path.rglob("outside.txt"))


def test_a_deleted_version_is_not_exported(live: ModelVersion, publish: Publish) -> None:
    other = publish("1.0.1", strength=6.0)
    delete_version(version=other, by=None)
    other.refresh_from_db()
    with pytest.raises(VersionRemoved):
        export_version(version=other)


# --- models of other makers ---


@pytest.fixture(scope="session")
def sentences() -> tuple[list[str], list[int]]:
    phrases = [p for lang in ("es", "en") for p in expand(lang, seed=3, per_template=1)][::4]
    return [phrase.text for phrase in phrases], [int(phrase.toxic) for phrase in phrases]


def fitted(
    sentences: tuple[list[str], list[int]], vectorizer: Any, labels: Any = None
) -> tuple[LogisticRegression, Any]:
    texts, toxic = sentences
    features = vectorizer.fit_transform(texts)
    target = toxic if labels is None else np.array(labels)[toxic]
    return LogisticRegression(C=5, max_iter=300).fit(features, target), vectorizer


@pytest.mark.parametrize(
    "options",
    [
        {"max_features": 3000},
        {"max_features": 5000, "ngram_range": (1, 2), "sublinear_tf": True},
        {"max_features": 3000, "use_idf": False, "strip_accents": "unicode"},
    ],
)
def test_a_foreign_model_gives_nearly_the_same_probabilities(
    sentences: tuple[list[str], list[int]], options: dict[str, Any]
) -> None:
    classifier, vectorizer = fitted(sentences, TfidfVectorizer(**options))
    model = to_numeric(classifier, vectorizer, source="foreign")
    texts = probes()
    expected = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
    found = Scorer.from_numeric(model).raw_probabilities(texts)
    assert np.abs(expected - found).mean() == pytest.approx(
        model.details["imported"]["mean"], abs=1e-5
    )
    assert np.abs(expected - found).mean() < 0.03


def test_where_spelling_makes_no_difference_they_are_the_same(
    sentences: tuple[list[str], list[int]],
) -> None:
    """Words in lower case, without accents and single letters: both read the same."""
    classifier, vectorizer = fitted(sentences, TfidfVectorizer(strip_accents="unicode"))
    model = to_numeric(classifier, vectorizer, source="foreign")
    texts = ["eres un idiota", "muchas gracias por venir", "you are stupid and you know it"]
    expected = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
    assert Scorer.from_numeric(model).raw_probabilities(texts) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("labels", [["0", "1"], ["not toxic", "toxic"], ["safe", "toxic"]])
def test_the_toxic_class_is_found_by_name(
    sentences: tuple[list[str], list[int]], labels: list[str]
) -> None:
    classifier, vectorizer = fitted(sentences, TfidfVectorizer(max_features=1000), labels)
    scorer = Scorer.from_numeric(to_numeric(classifier, vectorizer, source="foreign"))
    insult, thanks = scorer.raw_probabilities(["eres un idiota asqueroso", "gracias por todo"])
    assert insult > thanks


@pytest.mark.parametrize(
    ("vectorizer", "code"),
    [
        (TfidfVectorizer(analyzer="char", ngram_range=(2, 3), max_features=500), "analyzer"),
        (TfidfVectorizer(ngram_range=(1, 3), max_features=500), "ngrams"),
        (TfidfVectorizer(norm=None, max_features=500), "norm"),
        (TfidfVectorizer(binary=True, max_features=500), "binary"),
        (TfidfVectorizer(tokenizer=str.split, token_pattern=None, max_features=500), "own_code"),
        (
            FeatureUnion(
                [
                    ("a", TfidfVectorizer(max_features=500)),
                    ("b", TfidfVectorizer(max_features=400)),
                ]
            ),
            "same_blocks",
        ),
    ],
)
def test_what_can_not_be_represented_is_refused_with_its_reason(
    sentences: tuple[list[str], list[int]], vectorizer: Any, code: str
) -> None:
    with pytest.raises(NotRepresentable) as refusal:
        to_numeric(*fitted(sentences, vectorizer), source="foreign")
    assert refusal.value.code == code


def test_other_classifiers_and_strangers_are_refused(
    sentences: tuple[list[str], list[int]],
) -> None:
    classifier, vectorizer = fitted(sentences, TfidfVectorizer(max_features=500))
    bayes = MultinomialNB().fit(vectorizer.transform(sentences[0]), sentences[1])
    other = TfidfVectorizer(max_features=400).fit(sentences[0])
    unclear, _same = fitted(sentences, TfidfVectorizer(max_features=500), ["good", "bad"])
    for code, model, words in (
        ("classifier", bayes, vectorizer),
        ("other_vectorizer", classifier, other),
        ("classes", unclear, vectorizer),
        ("not_fitted", classifier, TfidfVectorizer()),
    ):
        with pytest.raises(NotRepresentable) as refusal:
            to_numeric(model, words, source="foreign")
        assert refusal.value.code == code


def test_our_own_pickles_are_taken_exactly(tmp_path: Path) -> None:
    own = small_model()
    model = to_numeric(*to_scikit_learn(own), source="own")
    assert model.details["imported"]["most"] < 1e-6
    write_numeric(model, tmp_path)
    assert Scorer.from_numeric(read_numeric(tmp_path)).golden_ok()


def test_a_word_only_model_goes_through_all_files(
    live: ModelVersion, sentences: tuple[list[str], list[int]], tmp_path: Path
) -> None:
    """By the command, in the child process, to the pickles for people."""
    classifier, vectorizer = fitted(sentences, TfidfVectorizer(max_features=3000))
    folder = tmp_path / "foreign"
    folder.mkdir()
    (folder / "vectorizer.pkl").write_bytes(pickle.dumps(vectorizer))
    joblib.dump(classifier, folder / "toxic_model.pkl", compress=3)
    out = StringIO()
    call_command("import_model", folder, "--trust-pickle", "--no-input", "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert (answer["version"], answer["new"]) == ("2.0.0", True)
    assert answer["imported"]["mean"] < 0.03
    version = ModelVersion.objects.get(version="2.0.0")
    promote_version(version=version, by=None, reason="test")
    verdict = serving.analyze(["eres un idiota asqueroso"])[0]
    assert verdict.model_version == "2.0.0"
    stored = files.version_folder(version.folder)
    again = joblib.load(stored / "toxic_model.pkl")
    words = joblib.load(stored / "vectorizer.pkl")
    text = "Eres un idiota"
    assert again.predict_proba(words.transform([text]))[:, 1] == pytest.approx(
        Scorer.from_numeric(read_numeric(stored)).raw_probabilities([text]), abs=1e-9
    )


def test_pickles_need_trust_and_somebody_who_confirms_it(
    db: None, sentences: tuple[list[str], list[int]], tmp_path: Path
) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(Pipeline([("words", TfidfVectorizer()), ("model", LogisticRegression())]), path)
    with pytest.raises(CommandError, match="--trust-pickle"):
        call_command("import_model", tmp_path)
    with pytest.raises(CommandError, match="--no-input"):
        call_command("import_model", tmp_path, "--trust-pickle")
    with pytest.raises(NotImportable):  # not trained
        import_model(folder=path, trust_pickle=True, by=None)


def test_a_pickle_that_wants_other_code_is_refused_unread(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from joblib import numpy_pickle

    # `guard` is for the child process; here it ends with the test
    for holder, name in ((numpy_pickle.NumpyUnpickler, "find_class"), (numpy_pickle, "load")):
        monkeypatch.setattr(holder, name, getattr(holder, name))
    monkeypatch.setattr(numpy_pickle, "load_compatibility", numpy_pickle.load_compatibility)
    guard()
    for content in (print, np.array([print], dtype=object), TfidfVectorizer(tokenizer=len)):
        joblib.dump(content, tmp_path / "x.joblib")
        with pytest.raises(NotRepresentable, match="own_code"):
            joblib.load(tmp_path / "x.joblib")
