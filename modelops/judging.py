"""The gate with what this site has: its holdouts, sentences, recent texts and thresholds."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from modelops import sources
from modelops.labels import collect_holdout
from modelops.ml.artifacts import NUMERIC_FILES, NumericModel
from modelops.ml.bootstrap import Ranked
from modelops.ml.gate import Contender, MustPass, judge, scores_and_flags
from modelops.ml.labels import SiteLabels
from modelops.ml.must_pass import project_sentences
from modelops.ml.scorer import Scorer
from modelops.ml.thresholds import SiteThresholds
from modelops.models import MustPassSentence
from modelops.selectors_thresholds import site_thresholds
from modelops.text_languages import LANGUAGES

RECENT = 1000  # texts


@dataclass(frozen=True, slots=True)
class Scored:
    """A model with what scores with it, and the folder that holds its numeric form."""

    model: NumericModel
    scorer: Scorer
    folder: Path

    @classmethod
    def of(cls, model: NumericModel, folder: Path) -> Scored:
        return cls(model, Scorer.from_numeric(model), folder)


def judge_challenger(
    *,
    champion: Scored,
    challenger: Scored,
    seed: int,
    quick: bool,
) -> dict[str, Any]:
    """Compare two models; return the gate's report as plain values (`GateReport.to_json`)."""
    site = site_thresholds()
    recent = [
        (row.text, row.language if row.language_certain and row.language in LANGUAGES else None)
        for row in sources.recent_texts(limit=RECENT)
    ]
    report = judge(
        champion=_contender(champion, site),
        challenger=_contender(challenger, site),
        must_pass=must_pass_sentences(),
        holdout=collect_holdout().labels,
        recent=recent,
        seed=seed,
        clock=time.process_time,
        default_language=settings.DEFAULT_TEXT_LANGUAGE,
        quick=quick,
    )
    return report.to_json()


def measured(one: Scored, test: SiteLabels) -> dict[str, Any]:
    """AUC, precision and recall of a model, by its own thresholds; None where a class is missing.

    In shares of 1, by the score and the flags that would serve.
    """
    scores, flags, _limits = scores_and_flags(
        Contender(one.scorer, SiteThresholds().of(one.model.details), 0),
        test.texts,
        [str(language) for language in test.languages],
        settings.DEFAULT_TEXT_LANGUAGE,
    )
    toxic = test.labels[:, 0] == 1
    hits = int((flags & toxic).sum())
    pairs = int(toxic.sum()) * int((~toxic).sum())
    ranked = Ranked.of(toxic, scores)
    wins = float((ranked.below + ranked.up_to).sum()) / 2.0
    return {
        "auc": round(wins / pairs, 4) if pairs else None,
        "precision": round(hits / int(flags.sum()), 4) if flags.any() else None,
        "recall": round(hits / int(toxic.sum()), 4) if toxic.any() else None,
    }


def must_pass_sentences() -> list[MustPass]:
    """The project's own sentences and those that the site added."""
    own = {(sentence.text, sentence.language): sentence for sentence in project_sentences()}
    for row in MustPassSentence.objects.filter(active=True).order_by("pk"):
        own[row.text, row.language] = MustPass(row.text, row.language, row.toxic)
    return list(own.values())


def _contender(one: Scored, site: SiteThresholds) -> Contender:
    return Contender(
        scorer=one.scorer,
        thresholds=site.of(one.model.details),
        size=sum((one.folder / name).stat().st_size for name in NUMERIC_FILES),
    )
