"""What the term lists make of verdicts, in every door that analyses, and what a change would do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from modelops import serving
from moderation.models import Analysis, Term
from moderation.ruling import MAX_RULES, Judged, rule
from moderation.selectors_terms import preview_removal, preview_term
from moderation.services import (
    AnalysisInput,
    add_term,
    analyze_texts,
    ensure_starter_terms,
    erase_analysis,
    remove_term,
)
from moderation.services.add_term import draft_term
from moderation.services.starter_terms import starter_terms
from moderation.termlists import Lists
from tests.moderation.terms import found, term
from tests.site.innocent import innocent

Stored = Callable[..., list[Analysis]]
FOREIGN = "Сегодня хорошая погода, и мы все вместе идём гулять в парк"
QUOTED = "El idiota de Dostoievski es bonito"  # to review, says the model
BLOCKED = "Eres un idiota y un tonto"
HARMLESS = "casa grande azul"


def add(pattern: str, action: str = "flag", category: str = "", **fields: Any) -> Term:
    wanted = {"match": "word", "reason": "test", "by": None} | fields
    return add_term(pattern=pattern, action=action, category=category, **wanted)


@pytest.mark.parametrize(
    ("lists", "text", "decision", "category", "rules"),
    [
        ([("casa", "flag", "threat")], HARMLESS, "review", "threat", ["casa"]),
        ([("casa", "block", "spam")], HARMLESS, "block", "spam", ["casa"]),
        ([("casa", "flag", "")], HARMLESS, "review", "", ["casa"]),
        ([("idiota", "flag", "insult")], BLOCKED, "block", "insult", ["idiota"]),
        # a term that blocks comes first, for the category too
        (
            [("grande", "flag", "threat"), ("casa", "block", "spam")],
            HARMLESS,
            "block",
            "spam",
            ["casa", "grande"],
        ),
        ([("casa", "block", ""), ("casa grande", "allow", "")], HARMLESS, "block", "", ["casa"]),
        # what is allowed counts for nothing; the rest does
        ([("el idiota", "allow", "")], QUOTED, "allow", "", ["el idiota"]),
        ([("idiota", "allow", "")], "idiota", "allow", "", ["idiota"]),
        ([("idiota", "allow", "")], BLOCKED, "block", "", []),
        ([("idiota", "allow", ""), ("tonto", "allow", "")], BLOCKED, "allow", "", None),
        ([("bonito", "allow", "")], "bonito", "allow", "", []),
        # terms that flag are not found within what is allowed, but beside it
        ([("casa", "flag", ""), ("casa grande", "allow", "")], HARMLESS, "allow", "", None),
        (
            [("casa", "flag", ""), ("casa grande", "allow", "")],
            f"{HARMLESS} y otra casa",
            "review",
            "",
            ["casa", "casa grande"],
        ),
        ([("idiota", "allow", ""), ("eres", "flag", "")], "eres un idiota", "review", "", None),
    ],
)
def test_the_lists_have_the_last_word(
    stored: Stored,
    lists: list[tuple[str, str, str]],
    text: str,
    decision: str,
    category: str,
    rules: list[str] | None,
) -> None:
    [alone] = stored(AnalysisInput(text=text, language="es"))
    for entry in lists:
        add(*entry)
    [analysis] = stored(AnalysisInput(text=text, language="es"))
    assert (analysis.decision, analysis.category) == (decision, category)
    if rules is not None:
        assert [found["pattern"] for found in analysis.rules] == rules
    # all of this stays the model's
    for name in ("score", "toxic", "categories", "threshold_review", "spans"):
        assert getattr(analysis, name) == getattr(alone, name)
    assert set(analysis.labels) == {*alone.labels, *({category} - {""}), *_named(analysis)}


def _named(analysis: Analysis) -> set[str]:
    return {found["category"] for found in analysis.rules if found["category"]}


def test_the_answer_names_the_terms(stored: Stored, browser: Callable[..., Client]) -> None:
    stored("Hola")
    one = add("casa", "flag", "threat", match="variants")
    body = {"text": "La c4sa es azul", "language": "es", "store": False}
    answer = browser("integration").post("/api/analyze", body, "application/json").json()
    assert answer["rules"] == [
        {"term": one.pk, "pattern": "casa", "action": "flag", "category": "threat"}
    ]
    assert (answer["decision"], answer["category"], answer["toxic"]) == ("review", "threat", False)
    assert answer["labels"] == ["threat"]
    assert "threat" not in answer["categories"]


def test_the_page_says_which_term_decided(stored: Stored, browser: Callable[..., Client]) -> None:
    stored("Hola")
    add("casa", "block", "spam")
    page = browser("moderator").post("/", {"text": HARMLESS}).content.decode()
    assert "A term of the list blocks it." in page
    assert "rule “casa”: Block" in page


@pytest.mark.parametrize(
    ("decision", "says"),
    [
        ("allow", "The term list allows what raised the score."),
        ("review", "The term list allows part of what raised the score: a person decides."),
    ],
)
def test_a_reader_is_told_why_it_is_gentler(
    stored: Stored, browser: Callable[..., Client], decision: str, says: str
) -> None:
    add("idiota", "allow")
    if decision == "review":
        add("un", "flag")
    [analysis] = stored(AnalysisInput(text="Eres un idiota", language="es"))
    assert analysis.decision == decision
    assert says in browser("moderator").get(f"/history/{analysis.pk}/").content.decode()


def test_a_term_counts_in_its_language(stored: Stored) -> None:
    add("casa", "block", language="en")
    said = [AnalysisInput(text=HARMLESS, language=one) for one in ("es", "en")]
    assert [analysis.decision for analysis in stored(*said)] == ["allow", "block"]


def test_another_language_stays_with_a_person(stored: Stored) -> None:
    add("погода", "allow")
    [analysis] = stored(FOREIGN)
    assert (analysis.language, analysis.decision) == ("und", "review")


def test_a_batch_is_scored_again_in_one_call(
    stored: Stored, person: Callable[[str], User], monkeypatch: pytest.MonkeyPatch
) -> None:
    add("idiota", "allow")
    calls = []
    score = serving.analyze

    def counted(texts: list[str], **options: Any) -> Any:
        calls.append(len(texts))
        return score(texts, **options)

    monkeypatch.setattr(serving, "analyze", counted)
    items = [AnalysisInput(text=f"idiota número {n}") for n in range(5)]
    items += [AnalysisInput(text="idiota"), AnalysisInput(text=HARMLESS)]
    outcomes = analyze_texts(items=items, by=person("integration"))
    assert calls == [7, 5]  # of one nothing is left, and one has no allowed word
    assert {outcome.record.decision for outcome in outcomes} == {"allow"}


def test_a_text_keeps_a_limited_number_of_rules() -> None:
    text = " ".join(f"palabra{n}" for n in range(MAX_RULES + 10))
    lists = Lists([term(f"palabra{n}") for n in range(MAX_RULES + 10)])
    tokens = serving.tokenize(text)
    [ruling] = rule([Judged(text, tokens, "es", True, "allow", (), "")], lists)
    assert len(ruling.rules) == MAX_RULES


def test_erasing_takes_the_terms_that_were_found(
    stored: Stored, person: Callable[[str], User]
) -> None:
    add("casa")
    [analysis] = stored(AnalysisInput(text=HARMLESS, language="es"))
    erase_analysis(analysis=analysis, by=person("lead"))
    analysis.refresh_from_db()
    assert analysis.rules == []


# --- what a change would do -----------------------------------------------------------------------


def draft(pattern: str, action: str, **fields: Any) -> Term:
    return draft_term(pattern=pattern, action=action, match="word", reason="test", **fields)


def test_the_preview_counts_what_would_change(
    stored: Stored, person: Callable[[str], User]
) -> None:
    texts = [HARMLESS, "la casa", "casa idiota", "nada", QUOTED]
    analyses = stored(*(AnalysisInput(text=text, language="es") for text in texts))
    before = [analysis.decision for analysis in analyses]
    tried = preview_term(draft("casa", "block"), reader=person("lead"))
    assert tried["checked"] == 5
    assert tried["changed"] == sum(d != "block" for d in before[:3])
    assert tried["by_change"]["allow→block"] == 2
    assert {example["text"] for example in tried["examples"]} <= set(texts[:3])
    assert not Term.objects.exists()
    hidden = preview_term(draft("casa", "block"), reader=person("operator"))
    assert {example["text"] for example in hidden["examples"]} == {None}


def test_the_preview_of_an_allowed_word_asks_the_model(
    stored: Stored, person: Callable[[str], User]
) -> None:
    stored(*(AnalysisInput(text=text, language="es") for text in ("idiota", BLOCKED, HARMLESS)))
    tried = preview_term(draft("idiota", "allow"), reader=person("lead"))
    assert tried["by_change"] == {"block→allow": 1}


def test_the_preview_reckons_with_the_other_terms(
    stored: Stored, person: Callable[[str], User]
) -> None:
    stored(AnalysisInput(text=HARMLESS, language="es"))
    flags = add("casa", "flag")
    lead = person("lead")
    assert preview_term(draft("azul", "flag"), reader=lead)["changed"] == 0
    assert preview_term(draft("azul", "block"), reader=lead)["by_change"] == {"review→block": 1}
    assert preview_removal(flags, reader=lead)["by_change"] == {"review→allow": 1}


# --- the project's own lists ----------------------------------------------------------------------


def test_the_starter_lists_leave_the_innocent_alone() -> None:
    own = list(starter_terms())
    for number, one in enumerate(own):
        one.pk = number
    texts = innocent("es")
    lists, now = Lists(own), timezone.now()
    flagged = [text for text in texts if lists.find(serving.tokenize(text), language="es", now=now)]
    assert len(flagged) <= 0.02 * len(texts), flagged


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Te voy a matar", "threat"),
        ("Ya sé dónde vives, cobarde", "threat"),
        ("te v0y a m4t4r", "threat"),
        ("Vete a tomar por culo", "obscene"),
        ("chupamela", "obscene"),
    ],
)
def test_the_starter_lists_give_spanish_its_categories(
    stored: Stored, text: str, category: str
) -> None:
    ensure_starter_terms()
    [analysis] = stored(AnalysisInput(text=text, language="es"))
    assert (analysis.decision, analysis.category) == ("review", category)
    assert category not in analysis.categories  # it is no probability of the model's
    [english] = stored(AnalysisInput(text=text, language="en"))
    assert english.rules == []


@pytest.mark.parametrize("text", ["no sé dónde vives", "voy a matar el tiempo", "te voy a llamar"])
def test_the_starter_lists_know_what_is_no_threat(text: str) -> None:
    own = list(starter_terms())
    for number, one in enumerate(own):
        one.pk = number
    assert found(text, *own, language="es") == []


def test_what_was_removed_of_the_starter_lists_stays_removed(
    db: None, person: Callable[[str], User]
) -> None:
    count = ensure_starter_terms()
    assert count == Term.objects.filter(starter=True, created_by=None).count() > 100
    gone = Term.objects.filter(starter=True).first()
    remove_term(term=gone, by=person("lead"))
    assert ensure_starter_terms() == 0
    assert not Term.objects.filter(normalized=gone.normalized, removed_at=None).exists()


def test_an_entry_of_the_site_stands_in_for_one_of_the_starter_lists(
    db: None, person: Callable[[str], User]
) -> None:
    own = next(starter_terms())
    add(own.pattern, "block", match=own.match, language=own.language, by=person("lead"))
    ensure_starter_terms()
    standing = Term.objects.filter(normalized=own.normalized, removed_at=None)
    assert [one.action for one in standing] == ["block"]
