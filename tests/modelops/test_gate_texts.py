"""What the gate's stored reports say to people."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.utils import translation

from modelops.gate_texts import refusal_texts, verdict_text

MEASURE = {"language": "es", "rows": 4000, "champion": 0.91, "challenger": 0.88, "delta": -0.03,
           "low": -0.0351, "high": -0.025, "half_width": 0.005, "limit": 0.02,
           "judged": True}  # fmt: skip
SENTENCE = {"text": "Eres un idiota", "language": "es", "score": 0.1, "threshold": 0.4}
CASES = [
    (
        {"code": "must_pass", "count": 1, "failed": [{**SENTENCE, "toxic": True}]},
        ["1 must-pass sentence ", "“Eres un idiota” is toxic and gets 0.1000", "0.4000"],
    ),
    (
        {"code": "must_pass", "count": 3, "failed": [{**SENTENCE, "toxic": False}]},
        ["3 must-pass sentences ", "is innocent and gets 0.1000"],
    ),
    ({"code": "auc", **MEASURE}, ["0.9100 → 0.8800 on 4,000 texts", "0.0351", "0.02 is"]),
    ({"code": "f1", **MEASURE}, ["F1 in es"]),
    (
        {"code": "flag_rate", "texts": 1000, "champion": 0.1, "challenger": 0.163, "limit": 0.05},
        ["1,000 texts", "16.3 %", "10.0 %", "5 points"],
    ),
    (
        {"code": "size", "champion": 1_000_000, "challenger": 80_000_000, "limit": 64_000_000},
        ["76.3\xa0MB", "61.0\xa0MB"],
    ),
    (
        {"code": "latency", "texts": 100, "champion_ms": 0.9, "challenger_ms": 3, "limit_ms": 2},
        ["3.00 ms", "2.00 ms", "0.90 ms"],
    ),
]


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.mark.parametrize(("refusal", "said"), CASES)
def test_each_refusal_is_a_sentence_with_its_numbers(refusal: dict, said: list[str]) -> None:
    (text,) = refusal_texts([refusal])
    assert [part for part in said if part not in text] == [], text
    with translation.override("es"):
        (spanish,) = refusal_texts([refusal])
    assert spanish != text


def test_a_refused_report_gives_all_reasons() -> None:
    refusals = [refusal for refusal, _ in CASES]
    text = verdict_text({"passed": False, "refusals": refusals, "figures": {}})
    assert text.startswith("Refused by the gate.")
    assert all(sentence in text for sentence in refusal_texts(refusals))


def test_a_passed_report_says_what_it_was_judged_by() -> None:
    figures = {"holdout": {"es": {"auc": MEASURE}, "en": {"rows": 3, "toxic": 1}}}
    passed = {"passed": True, "refusals": [], "figures": figures}
    assert verdict_text(passed) == "Passed the gate, judged on holdouts in: es."
    assert "no holdout" in verdict_text({**passed, "figures": {}})
    assert verdict_text({}) == ""
