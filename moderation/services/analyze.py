"""Score texts and keep the analyses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from time import perf_counter

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from modelops import serving
from moderation import termlists
from moderation.models import Analysis
from moderation.ruling import Judged, Ruling, rule
from moderation.same_text import same_text_digest
from moderation.search import fold
from moderation.services.open_rounds import open_rounds

_ROUND = 6  # digits of a contribution that are kept


@dataclass(frozen=True, slots=True)
class AnalysisInput:
    """What a caller says about one text; `store=False` leaves no trace of it."""

    text: str  # 1 to 10,000 code points, no NUL, no lone surrogates: the doors see to that
    language: str | None = None  # "es", "en", or None for detection
    external_id: str = ""
    author: str = ""
    context: str = ""
    source: str = ""
    url: str = ""
    store: bool = True
    thresholds: serving.Limits | None = None  # of this text alone; None: those in force


@dataclass(frozen=True, slots=True)
class AnalysisOutcome:
    """One input's result, in the order of the inputs.

    `record` holds what is answered: a stored analysis, or one that exists only in memory.
    `verdict` is the model's alone, `record` has what the term lists make of it.
    `created` is false when the same text with the same id had been analysed before; `record` is
    then that first analysis and `verdict` what the live model says now.
    """

    verdict: serving.Verdict
    record: Analysis
    created: bool

    @property
    def analysis(self) -> Analysis | None:
        """The stored analysis, None when the text was not stored."""
        return self.record if self.record.pk else None

    @property
    def text(self) -> str:
        return self.record.text

    @property
    def response_time_ms(self) -> float:
        return self.record.response_time_ms

    @property
    def timestamp(self) -> datetime:
        return self.record.created_at


def analyze_texts(
    *, items: Sequence[AnalysisInput], by: User | None, store: bool = True
) -> list[AnalysisOutcome]:
    """Score all `items` with one version of the model and store them, all or none.

    The term lists have the last word on decision, labels and category. An item with an external
    id and a text that `by` sent before gives the analysis of then. The same id with another text
    gives a new analysis, a revision of the newest one of that id. Raises
    serving.ModelUnavailable and serving.UnknownLanguage, before anything is stored.
    """
    started = perf_counter()
    texts = [item.text for item in items]
    thresholds = [item.thresholds for item in items]
    verdicts = serving.analyze(
        texts, languages=[item.language for item in items], thresholds=thresholds
    )
    judged = [Judged.by(*one) for one in zip(verdicts, texts, thresholds, strict=True)]
    rulings = rule(judged, termlists.current())
    milliseconds = (perf_counter() - started) * 1000 / max(len(items), 1)
    now = timezone.now()
    drafts = [
        _draft(
            item=item,
            verdict=verdict,
            ruling=ruling,
            by=by,
            at=now,
            milliseconds=milliseconds,
        )
        for item, verdict, ruling in zip(items, verdicts, rulings, strict=True)
    ]
    kept = [draft for draft, item in zip(drafts, items, strict=True) if store and item.store]
    stored = _store(kept, by=by) if kept else {}
    records = [stored.get(id(draft), draft) for draft in drafts]
    return [
        AnalysisOutcome(verdict=verdict, record=record, created=record is draft and bool(draft.pk))
        for verdict, record, draft in zip(verdicts, records, drafts, strict=True)
    ]


def _draft(
    *,
    item: AnalysisInput,
    verdict: serving.Verdict,
    ruling: Ruling,
    by: User | None,
    at: datetime,
    milliseconds: float,
) -> Analysis:
    spans = [[s.start, s.end, round(s.contribution, _ROUND)] for s in verdict.spans]
    named = sum(contribution for _start, _end, contribution in spans)
    explanation = verdict.explanation
    return Analysis(
        text=item.text,
        text_digest=_digest(item.text),
        normalized_digest=same_text_digest(item.text, verdict.tokens.words),
        search_text=fold(item.text),
        owner=by,
        external_id=item.external_id,
        author=item.author,
        context=item.context,
        source=item.source,
        url=item.url,
        created_at=at,
        score=verdict.score,
        decision=ruling.decision,
        toxic=verdict.toxic,
        language=verdict.language,
        language_certain=verdict.language_certain,
        threshold_review=verdict.thresholds["review"],
        threshold_block=verdict.thresholds["block"],
        categories=verdict.categories,
        labels=list(ruling.labels),
        category=ruling.category,
        spans=spans,
        # what rounding took from the spans or gave them
        explanation=explanation | {"rest": explanation["logit"] - explanation["intercept"] - named},
        folded=[[f.original, f.folded] for f in verdict.folded],
        rules=ruling.rules,
        text_length=len(item.text),
        keywords_found=verdict.keywords_found,
        response_time_ms=round(milliseconds, 3),
        model_used=verdict.model_used,
        model_version=verdict.model_version,
    )


@transaction.atomic
def _store(drafts: Sequence[Analysis], *, by: User | None) -> dict[int, Analysis]:
    """Insert what is new; map each draft's id() to the analysis that now stands for it."""
    named = [draft for draft in drafts if draft.external_id]
    first: dict[tuple[str, str], Analysis] = {}  # by external id and digest of the text
    newest: dict[str, Analysis] = {}
    if named and by:
        # Two requests with the same ids take turns here, so that each sees the other's rows. The
        # database's constraint stands behind it.
        User.objects.select_for_update(no_key=True).get(pk=by.pk)
        earlier = Analysis.objects.filter(
            owner=by,
            external_id__in={draft.external_id for draft in named},
            erased_at__isnull=True,
        )
        for analysis in earlier.order_by("id"):
            first[analysis.external_id, analysis.text_digest] = analysis
            newest[analysis.external_id] = analysis
    result: dict[int, Analysis] = {}
    pending: list[Analysis] = []
    for draft in drafts:
        key = (draft.external_id, draft.text_digest)
        if not draft.external_id:
            pending.append(draft)
        elif key not in first:
            draft.revision_of = newest.get(draft.external_id)
            if draft.revision_of and not draft.revision_of.pk:
                _insert(pending)  # the revision needs the number of one in this same call
                pending = []
            first[key] = newest[draft.external_id] = draft
            pending.append(draft)
        result[id(draft)] = first.get(key, draft) if draft.external_id else draft
    _insert(pending)
    # of each external id, the text that came last is the one that people see
    seen = {draft.external_id: result[id(draft)] for draft in named}
    open_rounds(
        analyses=[draft for draft in drafts if draft.pk],
        again=[analysis for analysis in seen.values() if id(analysis) not in result],
        replaced={a.pk for (name, _digest), a in first.items() if a.pk != seen[name].pk},
    )
    return result


def _insert(drafts: Sequence[Analysis]) -> None:
    Analysis.objects.bulk_create(drafts, batch_size=500)


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()
