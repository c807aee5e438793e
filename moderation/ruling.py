"""What the term lists make of a verdict: decision, labels and category.

- A term that blocks: the text is blocked, whatever else it holds.
- A term that allows: its words count for nothing. The text without them is scored as well, and the
  gentler decision counts. Terms that flag are not found within them.
- A term that flags: a person looks, unless the text is blocked anyway.

Score, `toxic` and the probabilities stay the model's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.utils import timezone

from modelops import serving
from moderation.models import Analysis, Decision, Term
from moderation.termlists import Hit, Lists

STRICTNESS = (Decision.ALLOW, Decision.REVIEW, Decision.BLOCK)
MAX_RULES = 50  # of one text that are kept, those that block first


@dataclass(frozen=True, slots=True)
class Judged:
    """A text and what the model alone says about it."""

    text: str
    tokens: serving.Tokens
    language: str  # "es", "en" or "und"
    language_certain: bool
    decision: str
    labels: tuple[str, ...]
    category: str  # "" for none
    thresholds: serving.Limits | None = None  # where others count than those in force

    @classmethod
    def by(
        cls, verdict: serving.Verdict, text: str, thresholds: serving.Limits | None = None
    ) -> Judged:
        return cls(
            text=text,
            tokens=verdict.tokens,
            language=verdict.language,
            language_certain=verdict.language_certain,
            decision=verdict.decision,
            labels=tuple(verdict.labels),
            category=verdict.category or "",
            thresholds=thresholds,
        )

    @classmethod
    def stored(cls, analysis: Analysis) -> Judged:
        """The same of a stored analysis; its labels and category may hold those of terms."""
        return cls(
            text=analysis.text,
            tokens=serving.tokenize(analysis.text),
            language=analysis.language,
            language_certain=analysis.language_certain,
            decision=model_decision(analysis),
            labels=tuple(analysis.labels),
            category=analysis.category,
        )


@dataclass(frozen=True, slots=True)
class Ruling:
    """What counts in the end; `rules` are the terms that had a say, as they are stored."""

    decision: str
    labels: tuple[str, ...]
    category: str
    rules: list[dict[str, Any]]


def rule(texts: Sequence[Judged], lists: Lists) -> list[Ruling]:
    """Apply the lists to texts, in their order. Raises ModelUnavailable where words are allowed."""
    now = timezone.now()
    cases = [
        _Case(judged, lists.find(judged.tokens, language=language_of(judged), now=now))
        for judged in texts
    ]
    _score_again([case for case in cases if case.wants_another_score])
    return [case.ruling() for case in cases]


def model_decision(analysis: Analysis) -> str:
    """What the model alone decided about a stored analysis, by the thresholds of then."""
    if analysis.score >= analysis.threshold_block:
        decision = Decision.BLOCK
    else:
        decision = Decision.REVIEW if analysis.toxic else Decision.ALLOW
    return _at_least_of(decision, analysis.language)


class _Case:
    """One text on its way to a ruling."""

    def __init__(self, judged: Judged, hits: Sequence[Hit]) -> None:
        self.judged = judged
        self.rescored = ""  # the decision about the text without its allowed words
        self.blocking = [hit for hit in hits if hit.entry.action == Term.Action.BLOCK]
        allowing = [hit for hit in hits if hit.entry.action == Term.Action.ALLOW]
        self.allowed = _merged([(hit.start, hit.end) for hit in allowing])
        flagging = [hit for hit in hits if hit.entry.action == Term.Action.FLAG]
        self.flagging = [hit for hit in flagging if not _within(hit, self.allowed)]
        self._allowing = allowing
        self._freed = len(self.flagging) < len(flagging)

    @property
    def wants_another_score(self) -> bool:
        """Whether the score of the text without its allowed words could change the decision."""
        floor = Decision.REVIEW if self.flagging else Decision.ALLOW
        stricter = STRICTNESS.index(self.judged.decision) > STRICTNESS.index(floor)
        return bool(self.allowed) and not self.blocking and stricter

    def rest(self) -> str:
        """The text without its allowed words."""
        text = self.judged.text
        offsets = self.judged.tokens.original_offsets(text)
        pieces, at = [], 0
        for start, end in self.allowed:
            pieces.append(text[at : offsets[start]])
            at = offsets[end]
        return " ".join([*pieces, text[at:]])

    def ruling(self) -> Ruling:
        judged = self.judged
        decision = min(judged.decision, self.rescored or judged.decision, key=STRICTNESS.index)
        gentler = decision != judged.decision
        if self.blocking:
            decision = Decision.BLOCK
        elif self.flagging:
            decision = max(decision, Decision.REVIEW, key=STRICTNESS.index)
        counted = [*self.blocking, *self.flagging]
        named = [hit.entry.category for hit in counted if hit.entry.category]
        if not self.blocking and (gentler or self._freed):
            counted += self._allowing
        return Ruling(
            decision=str(decision),
            labels=tuple(dict.fromkeys([*judged.labels, *named])),
            category=named[0] if named else judged.category,
            rules=_rules(counted),
        )


def _score_again(cases: Sequence[_Case]) -> None:
    rests = [case.rest() for case in cases]
    asked = [number for number, rest in enumerate(rests) if rest.strip()]
    verdicts = {}
    if asked:
        answers = serving.analyze(
            [rests[number] for number in asked],
            languages=[_declared(cases[number].judged) for number in asked],
            thresholds=[cases[number].judged.thresholds for number in asked],
            counted=False,
        )
        verdicts = dict(zip(asked, answers, strict=True))
    for number, case in enumerate(cases):
        verdict = verdicts.get(number)
        decision = verdict.decision if verdict else Decision.ALLOW
        case.rescored = _at_least_of(decision, case.judged.language)


def language_of(judged: Judged) -> str:
    """The language whose terms count, "" for those of every language."""
    return judged.language if judged.language_certain else ""


def _declared(judged: Judged) -> str | None:
    language = language_of(judged)
    return language if language in serving.LANGUAGES else None


def _at_least_of(decision: str, language: str) -> str:
    """At least what the site wants for texts that are confidently in another language."""
    if language in serving.LANGUAGES:
        return decision
    return max(decision, settings.UNKNOWN_LANGUAGE_DECISION, key=STRICTNESS.index)


def _merged(places: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same places in order, those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(places):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _within(hit: Hit, places: Sequence[tuple[int, int]]) -> bool:
    number = bisect_right(places, hit.start, key=lambda place: place[0]) - 1
    return number >= 0 and hit.end <= places[number][1]


def _rules(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    entries = list(dict.fromkeys(hit.entry for hit in hits))[:MAX_RULES]
    return [
        {
            "term": entry.term,
            "pattern": entry.pattern,
            "action": entry.action,
            "category": entry.category or None,
        }
        for entry in entries
    ]
