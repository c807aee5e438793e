"""The pages of the term lists and of the policy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from moderation import policy
from moderation.errors_terms import PolicyChanged, PolicyInvalid, PolicyUnchanged
from moderation.forms_terms import PolicyForm
from moderation.models import Analysis, PolicyVersion, ReviewDecision, Term
from moderation.services import AnalysisInput, add_term, edit_policy, remove_term

Browser = Callable[..., Client]
Stored = Callable[..., list[Analysis]]
TYPED = {"pattern": "La  casa", "match": "word", "action": "block", "reason": "prueba"}
HTMX = {"HX-Request": "true", "HX-Target": "add-term"}


def add(pattern: str = "casa", **fields: object) -> Term:
    wanted = {"action": "flag", "match": "word", "reason": "test", "by": None}
    return add_term(pattern=pattern, **(wanted | fields))


# --- terms ----------------------------------------------------------------------------------------


def test_a_term_is_seen_first_and_then_saved(browser: Browser, stored: Stored) -> None:
    stored(AnalysisInput(text="la casa azul", language="es"))
    lead = browser("lead")
    first = lead.post("/terms/", TYPED | {"preview": "1"})
    page = first.content.decode()
    assert first.status_code == 200
    assert "Of the last 1 analyses 1 would change" in page
    assert "Allowed → Blocked" in page
    assert "la casa azul" in page
    assert not Term.objects.exists()
    answer = lead.post("/terms/", TYPED | {"save": "1", "seen": first.context["seen"]}, follow=True)
    assert "“La casa” is on the list." in answer.content.decode()
    term = Term.objects.get()
    assert (term.pattern, term.normalized, term.created_by.username) == (
        "La casa",
        "la casa",
        "lead",
    )


def test_what_was_changed_after_the_look_is_shown_again(browser: Browser, stored: Stored) -> None:
    stored("hola")
    lead = browser("lead")
    seen = lead.post("/terms/", TYPED).context["seen"]
    for changed in ({"pattern": "otra"}, {"action": "flag"}, {"match": "variants"}):
        page = lead.post("/terms/", TYPED | changed | {"save": "1", "seen": seen})
        assert page.context["preview"]["checked"] == 1
    assert not Term.objects.exists()


def test_the_form_alone_comes_back_for_htmx(browser: Browser, stored: Stored) -> None:
    stored("hola")
    lead = browser("lead")
    part = lead.post("/terms/", TYPED, headers=HTMX)
    assert part.content.decode().lstrip().startswith('<section id="add-term"')
    saved = TYPED | {"save": "1", "seen": part.context["seen"]}
    assert lead.post("/terms/", saved, headers=HTMX).headers["HX-Redirect"] == "/terms/"
    assert Term.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"pattern": "…"}, "nothing can be found"),
        ({"pattern": ""}, "This field is required."),
        ({"reason": " "}, "This field is required."),
        ({"action": "hide"}, "not one of the available choices"),
        ({"action": "allow", "category": "spam"}, "Terms that allow have no category."),
        ({"expires": "2001-01-01"}, "This moment has passed already."),
        ({"pattern": "casa"}, "found by the same words"),
    ],
)
def test_what_is_wrong_is_said(browser: Browser, wrong: dict[str, str], says: str) -> None:
    add()
    for save in ({}, {"save": "1", "seen": "casa|word|block|"}):
        page = browser("lead").post("/terms/", TYPED | wrong | save)
        assert page.status_code == 422
        assert says in page.content.decode()
    assert Term.objects.count() == 1


def test_a_term_lasts_to_the_end_of_its_day(browser: Browser, db: None) -> None:
    lead = browser("lead")
    typed = TYPED | {"expires": "2087-06-30", "action": "flag"}
    seen = lead.post("/terms/", typed).context["seen"]
    lead.post("/terms/", typed | {"save": "1", "seen": seen})
    [term] = Term.objects.all()
    assert timezone.localtime(term.expires_at).isoformat()[:16] == "2087-07-01T00:00"


def test_allowing_without_a_model_says_what_is_missing(browser: Browser, no_model: None) -> None:
    add("casa")
    page = browser("lead").post("/terms/", TYPED | {"action": "allow"})
    assert page.status_code == 200  # there is nothing that the model would be asked about
    assert page.context["preview"]["changed"] == 0


def test_the_list_is_filtered_and_paged(browser: Browser, person: Callable[[str], User]) -> None:
    for n in range(52):
        add(f"palabra{n:02}", category="spam" if n == 7 else "")
    lead = browser("lead")
    page = lead.get("/terms/").content.decode()
    assert "52 terms" in page
    assert "palabra51" in page
    assert "palabra01" not in page
    assert (
        "palabra01" in lead.get("/terms/" + lead.get("/terms/").context["older"]).content.decode()
    )
    page = lead.get("/terms/?category=spam").content.decode()
    assert "1 term" in page
    assert "palabra07" in page
    assert "No term fits" in lead.get("/terms/?search=nada").content.decode()
    wrong = lead.get("/terms/?action=hide")
    assert "One of these is expected" in wrong.content.decode()
    assert lead.get("/terms/?cursor=x").status_code == 404


def test_removing_asks_and_says_what_would_change(browser: Browser, stored: Stored) -> None:
    term = add()
    stored(AnalysisInput(text="la casa azul", language="es"))
    lead = browser("lead")
    page = lead.get(f"/terms/{term.pk}/remove/").content.decode()
    assert "Of the last 1 analyses 1 would change" in page
    answer = lead.post(f"/terms/{term.pk}/remove/", follow=True)
    assert "“casa” was removed." in answer.content.decode()
    for again in (lead.post, lead.get):
        answer = again(f"/terms/{term.pk}/remove/", follow=True)
        assert "This term was removed already. Nothing changed." in answer.content.decode()
    assert "removed by lead" in lead.get("/terms/?state=removed").content.decode()
    assert lead.get("/terms/999/remove/").status_code == 404


def test_an_expired_term_is_listed_as_such(browser: Browser, db: None) -> None:
    term = add(expires_at=timezone.now() + timedelta(days=1))
    Term.objects.filter(pk=term.pk).update(expires_at=timezone.now() - timedelta(days=1))
    lead = browser("lead")
    assert "casa" not in lead.get("/terms/").content.decode()
    assert "casa" in lead.get("/terms/?state=expired").content.decode()


@pytest.mark.parametrize(
    ("permission", "address"), [("manage_terms", "/terms/"), ("manage_policy", "/policy/")]
)
def test_the_rail_leads_to_what_somebody_may_change(
    browser: Browser, person: Callable[[str], User], permission: str, address: str
) -> None:
    person("integration").user_permissions.add(Permission.objects.get(codename=permission))
    page = browser("integration").get(address)
    team = [entry for entry in page.context["sections"] if entry["icon"] == "i-team"]
    assert [(entry["url"], entry["current"]) for entry in team] == [(address, True)]


# --- policy ---------------------------------------------------------------------------------------


def fields(**changed: object) -> dict[str, object]:
    """The form as the page shows it, with what is typed."""
    form = PolicyForm(policy=policy.current_policy())
    shown = {name: form[name].value() for name in form.fields}
    return {name: value for name, value in (shown | changed).items() if value not in (False, None)}


def test_everybody_who_decides_reads_the_policy(browser: Browser, db: None) -> None:
    english = browser("moderator").get("/policy/").content.decode()
    assert "Harsh criticism of an idea" in english
    assert "/policy/edit/" not in english
    spanish = browser("moderator", "es").get("/policy/").content.decode()
    assert "Criticar con dureza una idea" in spanish
    assert browser("moderator").get("/policy/2/").status_code == 404


def test_editing_makes_a_version_and_keeps_the_old_one(browser: Browser, db: None) -> None:
    lead = browser("lead")
    changed = {
        "insult_en": "Nobody is called names here.",
        "insult_reason": "on",
        "spam_label": "not_toxic",
        "weight_batch": "0.5",
        "reason": "after the meeting",
    }
    answer = lead.post("/policy/edit/", fields(**changed), follow=True)
    page = answer.content.decode()
    assert "Version 2 of the policy is in force." in page
    assert "Nobody is called names here." in page
    new, old = PolicyVersion.objects.all()
    assert (new.number, new.by.username, new.reason) == (2, "lead", "after the meeting")
    assert policy.text_of("insult", "en") == "Nobody is called names here."
    assert policy.reason_required("insult")
    assert not policy.reason_required("insult", policy=old)
    assert policy.label_of("reject", "spam") is False
    assert policy.label_of("reject", "spam", policy=old) is None
    assert (policy.weight_of("batch"), policy.weight_of("batch", policy=old)) == (0.5, 0.3)
    assert "not in force any more" in lead.get("/policy/1/").content.decode()


def test_numbers_are_read_in_the_language_of_the_page(browser: Browser, db: None) -> None:
    typed = fields(weight_single="1,25", reason="peso")
    assert browser("lead", "es").post("/policy/edit/", typed).status_code == 302
    assert policy.weight_of("single") == 1.25


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"reason": ""}, "This field is required."),
        ({"reason": "nothing"}, "no new version was made"),
        ({"reason": "x", "weight_batch": "0"}, "greater than or equal to 0.1"),
        ({"reason": "x", "weight_batch": "nan"}, "Enter a number."),
        ({"reason": "x", "insult_label": "maybe"}, "not one of the available choices"),
        ({"reason": "x", "insult_es": "x" * 4001}, "at most 4000"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(
    browser: Browser, db: None, wrong: dict[str, str], says: str
) -> None:
    answer = browser("lead").post("/policy/edit/", fields(**wrong))
    assert answer.status_code == 422
    assert says in answer.content.decode()
    assert PolicyVersion.objects.count() == 1


def test_who_edits_an_old_version_is_told_and_may_save_again(
    browser: Browser, person: Callable[[str], User]
) -> None:
    typed = fields(insult_en="Mine.", reason="mine")
    content = policy.current_policy().content | {"approve_label": "none"}
    edit_policy(content=content, reason="theirs", base=1, by=person("admin"))
    lead = browser("lead")
    answer = lead.post("/policy/edit/", typed)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "admin has saved version 2 of the policy meanwhile." in page
    assert "Mine." in page
    assert PolicyVersion.objects.count() == 2
    assert lead.post("/policy/edit/", typed | {"base": "2"}).status_code == 302
    assert policy.text_of("insult", "en") == "Mine."


@pytest.mark.parametrize("role", ["integration", "moderator", "operator"])
def test_only_leads_edit_the_policy(browser: Browser, db: None, role: str) -> None:
    typed = fields(insult_en="Mine.", reason="mine")
    assert browser(role).post("/policy/edit/", typed).status_code == 403
    assert PolicyVersion.objects.count() == 1


# --- what decisions read of it --------------------------------------------------------------------


@pytest.fixture
def current(db: None) -> PolicyVersion:
    return policy.current_policy()


def test_every_category_and_mode_has_its_say(current: PolicyVersion) -> None:
    for code in current.content["categories"]:
        for language in policy.LANGUAGES:
            assert policy.text_of(code, language)
    assert policy.label_of("approve") is False
    assert policy.label_of("reject", "threat") is True
    assert policy.label_of("reject", "other") is None
    for action in ("skip", "escalate", "undo"):
        assert policy.label_of(action, "threat") is None
    assert {mode: policy.weight_of(mode) for mode in ReviewDecision.Mode.values} == {
        "single": 1.0,
        "batch": 0.3,
        "audit": 1.0,
        "appeal": 1.5,
    }
    assert policy.reason_required("other")


def test_a_text_that_is_missing_is_taken_from_the_other_language(current: PolicyVersion) -> None:
    current.content["categories"]["insult"]["texts"] = {"es": "Solo en español", "en": ""}
    assert policy.text_of("insult", "en", policy=current) == "Solo en español"
    del current.content["categories"]["insult"]
    assert policy.text_of("insult", "en", policy=current) == ""
    assert policy.label_of("reject", "insult", policy=current) is None
    assert not policy.reason_required("insult", policy=current)


def test_the_service_refuses_what_is_no_policy(
    current: PolicyVersion, person: Callable[[str], User]
) -> None:
    lead, content = person("lead"), current.content
    with pytest.raises(PolicyInvalid) as refused:
        edit_policy(content={}, reason="", base=1, by=lead)
    assert {"approve_label", "insult", "weights.batch", "reason"} <= set(refused.value.errors)
    with pytest.raises(PolicyUnchanged):
        edit_policy(content=content, reason="same", base=1, by=lead)
    with pytest.raises(PolicyChanged):
        edit_policy(content=content | {"approve_label": "none"}, reason="late", base=0, by=lead)
    added = edit_policy(
        content=content | {"approve_label": "none", "more": 1}, reason="x", base=1, by=lead
    )
    assert "more" not in added.content


def test_a_removed_term_no_longer_counts(stored: Stored, person: Callable[[str], User]) -> None:
    term = add(action="block")
    [blocked] = stored(AnalysisInput(text="la casa azul", language="es"))
    remove_term(term=term, by=person("lead"))
    [allowed] = stored(AnalysisInput(text="la casa verde", language="es"))
    assert (blocked.decision, allowed.decision) == ("block", "allow")
