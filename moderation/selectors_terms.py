"""Reads: the term lists, and what a change of them would do to recent analyses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from modelops.words import grouped
from moderation import termlists
from moderation.models import Analysis, Term
from moderation.ruling import Judged, language_of, rule
from moderation.termlists import Lists

PREVIEWED = 1000  # newest analyses
EXAMPLES = 5
EXCERPT = 200  # code points of an example
_NEEDED = (
    "text",
    "score",
    "threshold_review",
    "threshold_block",
    "toxic",
    "language",
    "language_certain",
    "labels",
    "category",
)


def all_terms() -> QuerySet[Term]:
    """Every term that ever was, with who added and who removed it."""
    return Term.objects.select_related("created_by", "removed_by")


def keyword_terms() -> QuerySet[Term]:
    """The terms that count now and speak against a text."""
    return Term.objects.filter(termlists.standing_terms()).exclude(action=Term.Action.ALLOW)


def terms_named(words: str) -> list[Term]:
    """Those of `keyword_terms` that are found by the same words."""
    same = Q(pk__in=())
    for match in Term.Match.values:
        if found := termlists.words_of(words, match):
            same |= Q(match=match, normalized=" ".join(found))
    return list(keyword_terms().filter(same))


def preview_term(draft: Term, *, reader: User) -> dict[str, Any]:
    """What adding a term would do to the newest analyses: {"checked", "changed", "by_change",
    "examples"}.

    Decisions are compared as the lists would make them now, without the term and with it, from
    the scores that the analyses got; only terms that allow need the model. The texts of examples
    are None unless `reader` may read analyses. Raises serving.ModelUnavailable.
    """
    now = termlists.current()
    return _preview(draft, before=now, after=Lists([*now.terms, draft]), reader=reader)


def preview_removal(term: Term, *, reader: User) -> dict[str, Any]:
    """The same for taking a term off its list."""
    now = termlists.current()
    rest = Lists(other for other in now.terms if other.pk != term.pk)
    return _preview(term, before=now, after=rest, reader=reader)


def told_changes(preview: dict[str, Any]) -> str:
    """How many of the newest analyses would be decided otherwise, in a sentence."""
    if not preview["checked"]:
        return _("There are no analyses to try it on")
    return ngettext(
        "Of the last %(checked)s analyses %(changed)s would change",
        "Of the last %(checked)s analyses %(changed)s would change",
        preview["changed"],
    ) % {"checked": grouped(preview["checked"]), "changed": grouped(preview["changed"])}


def _preview(term: Term, *, before: Lists, after: Lists, reader: User) -> dict[str, Any]:
    recent = Analysis.objects.filter(erased_at__isnull=True).order_by("-created_at", "-pk")
    checked = list(recent.only(*_NEEDED)[:PREVIEWED])
    finds = _finder(term)
    found = []
    for analysis in checked:
        judged = Judged.stored(analysis)
        if finds(judged):
            found.append((analysis, judged))
    cases = [judged for _analysis, judged in found]
    changes: Counter[str] = Counter()
    examples: list[dict[str, Any]] = []
    readable = reader.has_perm("moderation.view_analysis")
    for (analysis, _judged), was, will in zip(
        found, rule(cases, before), rule(cases, after), strict=True
    ):
        if was.decision == will.decision:
            continue
        changes[f"{was.decision}→{will.decision}"] += 1
        if len(examples) < EXAMPLES:
            examples.append(
                {
                    "id": analysis.pk,
                    "text": analysis.text[:EXCERPT] if readable else None,
                    "score": analysis.score,
                    "before": was.decision,
                    "after": will.decision,
                }
            )
    return {
        "checked": len(checked),
        "changed": sum(changes.values()),
        "by_change": dict(changes.most_common()),
        "examples": examples,
    }


def _finder(term: Term) -> Callable[[Judged], bool]:
    """Whether this term alone is found in a text."""
    lists, now = Lists([term]), timezone.now()

    def finds(judged: Judged) -> bool:
        return bool(lists.find(judged.tokens, language=language_of(judged), now=now))

    return finds
