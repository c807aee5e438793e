"""What every page's frame shows: theme, sections by permission, the live model, its alerts."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops import selectors
from modelops.access import KEEP_SENTENCES, OPERATE
from modelops.alert_texts import alert_text
from moderation.people import person
from moderation.selectors_care import care_of, escalated_items
from moderation.urls_rules import RULES_PAGES
from moderation.urls_team import TEAM_PAGES

THEMES = ("auto", "light", "dark")
THEME_COOKIE = "theme"
MANY = 99  # a badge says no more
# "g" and then one of these goes to a section
KEYS = {"moderation:queue": "q", "moderation:history": "h", "modelops:model": "m"}
HISTORY_PAGES = {
    f"moderation:{name}" for name in ("history", "analysis", "erase", "erase_shown", "label")
}


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context for the frame. Lazy where it costs a query, so that parts of pages stay cheap."""
    return {
        "theme": theme_of(request),
        "sections": SimpleLazyObject(lambda: sections(request)),
        "live_model": SimpleLazyObject(lambda: live_model(request)),
        "model_alerts": SimpleLazyObject(lambda: model_alerts(request)),
        "for_leads": SimpleLazyObject(lambda: for_leads(request)),
        "keys_off": SimpleLazyObject(lambda: keys_off(request)),
        "docs_url": SimpleLazyObject(lambda: docs_url(request) or ""),
    }


def theme_of(request: HttpRequest) -> str:
    """The remembered theme; "auto" follows the system."""
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return theme if theme in THEMES else "auto"


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """Entries of the rail that this user may open, in order."""
    user = request.user
    match = request.resolver_match
    here = match.view_name if match else ""
    found = []
    if user.has_perm("moderation.analyze_text"):
        found.append(
            ("moderation:analyse", _("Analyse"), "i-analyse", here == "moderation:analyse")
        )
    if user.has_perm("moderation.review_analysis"):
        in_queue = here.startswith("moderation:queue")
        found.append(("moderation:queue", _("Queue"), "i-queue", in_queue))
    if user.has_perm("moderation.analyze_text") or user.has_perm("moderation.view_analysis"):
        in_history = here in HISTORY_PAGES
        found.append(("moderation:history", _("History"), "i-history", in_history))
    if user.has_perm(OPERATE):
        found.append(("modelops:model", _("Model"), "i-model", here.startswith("modelops:")))
    elif user.has_perm(KEEP_SENTENCES):
        in_sentences = here.startswith("modelops:")
        found.append(("modelops:sentences", _("Sentences"), "i-check", in_sentences))
    if team := team_page(user):
        found.append((team, _("Team"), "i-team", here in TEAM_PAGES | RULES_PAGES))
    if user.is_staff:
        found.append(("admin:index", _("Administration"), "i-admin", False))
    entries = [
        {
            "name": name,
            "url": reverse(name),
            "label": label,
            "icon": icon,
            "current": current,
            "key": KEYS.get(name, ""),
        }
        for name, label, icon, current in found
    ]
    if docs := docs_url(request):
        entries.append(
            {"name": "docs", "url": docs, "label": _("API"), "icon": "i-api", "current": False}
        )
    return entries


def team_page(user: User | AnonymousUser) -> str | None:
    """The first of the team's pages that this user may change something on."""
    pages = {
        "manage_team": "moderation:team",
        "manage_terms": "moderation:terms",
        "manage_policy": "moderation:policy",
    }
    return next((page for name, page in pages.items() if user.has_perm(f"moderation.{name}")), None)


def for_leads(request: HttpRequest) -> str:
    """For leads: how many escalated items wait for them, "" for none."""
    if not request.user.has_perm("moderation.take_over"):
        return ""
    count = escalated_items().order_by()[: MANY + 1].count()
    return f"{MANY}+" if count > MANY else str(count or "")


def keys_off(request: HttpRequest) -> bool:
    """Whether this user wants no single letters as commands."""
    if not request.user.has_perm("moderation.review_analysis"):
        return False
    return not care_of(person(request)).shortcuts


def docs_url(request: HttpRequest) -> str | None:
    """Address of the API's documentation, for those who may use the API."""
    if not request.user.has_perm("moderation.analyze_text"):
        return None
    try:
        return reverse("docs")
    except NoReverseMatch:
        return None


def model_alerts(request: HttpRequest) -> dict[str, Any] | None:
    """For operators: how many alerts are open, and what the newest says."""
    if not request.user.has_perm(OPERATE):
        return None
    alerts = list(selectors.open_alerts())
    if not alerts:
        return None
    return {"count": len(alerts), "newest": alert_text(alerts[0])}


def live_model(request: HttpRequest) -> dict[str, str] | None:
    """The pill in the top line: version, age in words, health and a sentence that says it all."""
    if not request.user.is_authenticated:
        return None
    summary = selectors.live_model_summary()
    version, days, health = summary["version"], summary["age_days"], summary["health"]
    if not version:
        return {
            "version": "",
            "age": "",
            "health": "missing",
            "explanation": _("No model is live: nothing can be analysed."),
        }
    age = (
        _("today") if not days else ngettext("%(days)s day", "%(days)s days", days) % {"days": days}
    )
    names = {"version": version, "age": age}
    if health == "ok":
        explanation = _("Live model %(version)s, in use for: %(age)s. It works.") % names
    else:
        explanation = _("Live model %(version)s, in use for: %(age)s. It needs attention.") % names
    return {"version": version, "age": age, "health": health, "explanation": explanation}
