from __future__ import annotations

import json
import pickle
import re
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import joblib
import numpy as np
import pytest

from modelops.ml.artifacts import (
    NUMERIC_FILES,
    ArtifactError,
    NumericModel,
    content_digest,
    read_numeric,
    to_scikit_learn,
    write_numeric,
    write_people_files,
)
from modelops.ml.corpus import own_sentences
from modelops.ml.scorer import REPAIRED, REPAIRED_WINDOW, WHOLE, WINDOW, Scorer
from modelops.ml.text import tokenize
from tests.modelops.models import write_small_model

ROOT = Path(__file__).parents[2]
ODD = ["", " ", "a", "ñ", "!", "¿?", "\0", "a" * 10_000, "x y z", "ab cd" * 900, "🅸🅳🅸🅾🆃", "\n\t\n"]


def sentences(count: int) -> list[str]:
    texts = [text for lang in ("es", "en") for text in
             own_sentences(lang, seed=5, per_template=1).texts]  # fmt: skip
    return texts[:: max(1, len(texts) // count)]


def test_every_head_equals_scikit_learn(starter: NumericModel, scorer: Scorer) -> None:
    texts = sentences(1200) + ODD
    for head in starter.heads:
        classifier, vectorizer = to_scikit_learn(starter, head)
        theirs = classifier.predict_proba(vectorizer.transform(texts))[:, 1]
        assert np.abs(scorer.raw_probabilities(texts, head) - theirs).max() <= 1e-9


def test_one_at_a_time_and_together_are_the_same(scorer: Scorer) -> None:
    texts = [*sentences(40), *ODD, "Hola a todos. " * 40 + "Eres un imbécil. " + "Gracias. " * 40]
    together = scorer.score(texts, languages=[None] * len(texts))
    for text, expected in zip(texts, together, strict=True):
        alone = scorer.score([text], languages=[None])[0]
        assert alone.language == expected.language
        assert alone.probabilities == pytest.approx(expected.probabilities, abs=1e-12)
        assert [s[:2] for s in alone.explanation.spans] == [
            s[:2] for s in expected.explanation.spans
        ]


@pytest.mark.parametrize("place", [0, 40, 300, 598])
def test_a_long_repaired_reading_scores_as_if_it_stood_alone(scorer: Scorer, place: int) -> None:
    """Of the second reading only the words around what changed are read again."""
    words = ["Gracias", "por", "venir", "y", "feliz", "viaje"] * 100
    words[place : place + 2] = ["eresunidiota", "imbe-cil"]
    tokens = tokenize(" ".join(words))
    parts = {part.kind: part for part in scorer.parts([tokens]).rows}
    repaired = parts[REPAIRED].tokens
    assert repaired.words[place : place + 4] == ["eres", "un", "idiota", "imbecil"]
    alone = [scorer.parts([repaired]).rows[kind] for kind in (WHOLE, WINDOW)]
    assert parts[REPAIRED].logits == pytest.approx(alone[0].logits, abs=1e-9)
    assert parts[REPAIRED_WINDOW].logits[0] == pytest.approx(alone[1].logits[0], abs=1e-9)
    contributions = parts[REPAIRED].segments.contributions(parts[REPAIRED].row)
    assert len(contributions) == len(repaired.words)
    total = sum(contributions) + scorer.intercepts[0]
    assert total == pytest.approx(alone[0].logits[0], abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "Eres un idiota y un inútil",
        "3r3s un ｉｄｉｏｔａ",
        "Buenos días. " * 30 + "Eres una basura humana, lárgate. " + "Muchas gracias. " * 30,
        "you are a pathetic i d i o t",
        "thanks for the nice recipe",
    ],
)
def test_contributions_add_up_to_the_logit_of_the_segment(scorer: Scorer, text: str) -> None:
    explanation = scorer.score([text], languages=["es"])[0].explanation
    total = explanation.intercept + explanation.rest + sum(s[2] for s in explanation.spans)
    assert total == pytest.approx(explanation.logit, abs=1e-9)
    logits = scorer.parts([tokenize(text)]).logits[:, 0]
    assert np.abs(logits - explanation.logit).min() < 1e-9
    for start, end, _ in explanation.spans:
        assert explanation.start <= start < end <= explanation.end
        assert not text[start:end].isspace()


def test_the_guilty_word_is_marked_where_it_stands(scorer: Scorer) -> None:
    text = "Qué tal 😀 amigos, este tío es un gilipollas integral"
    spans = scorer.score([text], languages=["es"])[0].explanation.spans
    start, end, _ = max(spans, key=lambda span: span[2])
    assert text[start:end] == "gilipollas"


def test_what_was_folded_is_told(scorer: Scorer) -> None:
    score = scorer.score(["Tú eres un 1d10t4, Ángel"], languages=["es"])[0]
    assert ("1d10t4", "idiota") in [part[:2] for part in score.folded]
    assert all("ngel" not in part[0] for part in score.folded)


@pytest.mark.parametrize(
    ("text", "language", "certain"),
    [
        ("esta película me pareció muy aburrida", "es", True),
        ("this film was rather boring to me", "en", True),
        ("idiota", "es", False),
        ("das ist ein sehr schöner Tag für uns alle heute", "und", True),
        ("Сегодня очень хорошая погода на улице", "und", True),
        ("you аrе а vеry stuрid реrsоn", "en", True),
    ],
)
def test_the_language_is_detected_with_caution(
    scorer: Scorer, text: str, language: str, certain: bool
) -> None:
    score = scorer.score([text], languages=[None], default_language="es")[0]
    assert (score.language, score.language_certain) == (language, certain)


def test_an_uncertain_language_takes_the_greater_score(scorer: Scorer) -> None:
    auto, spanish, english = scorer.score(["shut up"] * 3, languages=[None, "es", "en"])
    expected = max(spanish.probabilities["toxic"], english.probabilities["toxic"])
    assert auto.probabilities["toxic"] == expected


def test_a_head_is_offered_only_in_its_languages(scorer: Scorer) -> None:
    spanish, english = scorer.score(["hola", "hello"], languages=["es", "en"])
    assert set(spanish.probabilities) == {h for h, ls in scorer.heads.items() if "es" in ls}
    assert set(english.probabilities) == {h for h, ls in scorer.heads.items() if "en" in ls}
    assert "threat" not in spanish.probabilities


def test_the_files_bring_the_same_model_back(starter: NumericModel, tmp_path: Path) -> None:
    write_numeric(starter, tmp_path)
    assert content_digest(read_numeric(tmp_path)) == content_digest(starter)
    assert Scorer.from_numeric(read_numeric(tmp_path)).golden_ok()


def test_the_pickles_give_the_raw_document_probability(
    starter: NumericModel, scorer: Scorer, tmp_path: Path
) -> None:
    write_people_files(starter, tmp_path, version="1.0.0", created_at=datetime.now(UTC))
    model = joblib.load(tmp_path / "toxic_model.pkl")
    vectorizer = joblib.load(tmp_path / "vectorizer.pkl")
    text = "Eres un payaso, nadie te aguanta"
    probability = model.predict_proba(vectorizer.transform([text]))[0, 1]
    assert probability == pytest.approx(scorer.raw_probabilities([text])[0], abs=1e-9)
    assert "raw document probability" in (tmp_path / "model_info.txt").read_text()


def test_a_damaged_or_hostile_numeric_form_is_refused(
    starter: NumericModel, tmp_path: Path
) -> None:
    write_numeric(starter, tmp_path)
    good = {name: (tmp_path / name).read_bytes() for name in NUMERIC_FILES}

    def refused(name: str, content: bytes) -> None:
        (tmp_path / name).write_bytes(content)
        with pytest.raises(ArtifactError):
            read_numeric(tmp_path)
        (tmp_path / name).write_bytes(good[name])

    refused("model.npz", good["model.npz"][:-100])
    refused("model.npz", b"")
    refused("model.json", b"{")
    refused("model.json", b"[]")
    refused(
        "model.json", good["model.json"].replace(b'"format_version": 1', b'"format_version": 9')
    )
    with zipfile.ZipFile(tmp_path / "evil.npz", "w") as archive:
        archive.writestr("weights.npy", pickle.dumps(print))
    refused("model.npz", (tmp_path / "evil.npz").read_bytes())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("heads", ["toxic"]),
        ("heads", {}),
        ("heads.toxic", None),
        ("heads.toxic.languages", "es"),
        ("heads.toxic.calibration", {"es": [1.0, 0.0]}),
        ("heads.toxic.calibration.es", [1.0]),
        ("heads.toxic.calibration.es", 1.0),
        ("heads.toxic.thresholds.es", {"review": 0.5}),
        ("heads.toxic.distributions.es.toxic", [0.1, "high"]),
        ("heads.toxic.convergence", None),
        ("thresholds", None),
        ("thresholds.es.block", 2),
        ("handicaps", {"es": {"window": 1.0, "repaired": 1.0}}),
        ("handicaps.es.window", float("nan")),
        ("golden", [{"text": "hola"}]),
        ("golden", None),
        ("base_rate", "10 %"),
        ("regularization_c", 0),
        ("training_samples", True),
        ("sources", None),
        ("seed", None),
        ("features.word_ngrams", [2, 1]),
        ("features.char_ngrams", 3),
    ],
)
def test_details_of_another_shape_are_refused_by_their_name(
    tmp_path: Path, path: str, value: object
) -> None:
    folder = write_small_model(tmp_path / "numeric")
    content = json.loads((folder / "model.json").read_text())
    *owners, last = path.split(".")
    owner = content
    for key in owners:
        owner = owner[key]
    owner[last] = value
    (folder / "model.json").write_text(json.dumps(content))
    with pytest.raises(ArtifactError, match="incomplete"):
        read_numeric(folder)


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.es.md", "es")])
def test_the_first_call_of_the_readme_gets_the_score_shown(
    scorer: Scorer, name: str, language: str
) -> None:
    readme = (ROOT / name).read_text(encoding="utf-8")
    asked = json.loads(re.findall(r"-d '(.+?)'", readme)[0])
    shown = json.loads(re.findall(r"```json\n(.+?)```", readme, re.DOTALL)[0])
    [score] = scorer.score([asked["text"]], languages=[None])
    assert score.language == shown["language"] == language
    toxic = score.probabilities["toxic"]
    assert shown["score"] == pytest.approx(toxic, abs=0.0005)
    assert shown["toxicity_percentage"] == round(100 * toxic, 1)
