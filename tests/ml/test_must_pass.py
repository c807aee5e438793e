from __future__ import annotations

from collections import Counter

from modelops.ml.gate import Contender, scores_and_flags
from modelops.ml.must_pass import project_sentences
from modelops.ml.scorer import Scorer


def test_the_starter_judges_every_must_pass_sentence_rightly(scorer: Scorer) -> None:
    sentences = project_sentences()
    _, flagged, _ = scores_and_flags(
        Contender(scorer, scorer.thresholds, 0),
        [sentence.text for sentence in sentences],
        [sentence.language for sentence in sentences],
        "es",
    )
    wrong = [s.text for s, flag in zip(sentences, flagged, strict=True) if flag != s.toxic]
    assert wrong == []


def test_there_are_enough_of_each_kind_and_none_twice() -> None:
    sentences = project_sentences()
    counts = Counter((sentence.language, sentence.toxic) for sentence in sentences)
    assert set(counts) == {
        (language, toxic) for language in ("es", "en") for toxic in (True, False)
    }
    assert min(counts.values()) >= 15
    assert len({(sentence.text, sentence.language) for sentence in sentences}) == len(sentences)
    assert all(len(sentence.text) <= 100 for sentence in sentences)
