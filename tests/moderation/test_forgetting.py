"""Erasing an analysis takes its text out of what the model learns from, wherever it is."""

from __future__ import annotations

import hashlib

import pytest
from django.contrib.auth.models import User

from modelops.models import ErasedText
from moderation.models import Analysis
from moderation.services.erase import erase_analysis

pytestmark = pytest.mark.django_db


def test_erasing_tells_the_models_side() -> None:
    text = "eres un idiota"
    digest = hashlib.sha256(text.encode()).hexdigest()
    analysis = Analysis.objects.create(
        text=text, text_digest=digest, normalized_digest=digest, search_text=text, score=0.9,
        decision="review", toxic=True, language="es", language_certain=True, threshold_review=0.5,
        threshold_block=0.9, categories={}, labels=[], spans=[], text_length=len(text),
        keywords_found=0, response_time_ms=1.0, model_used="LogisticRegression",
        model_version="1.0.0",
    )  # fmt: skip
    by = User.objects.create_user("eraser")
    assert erase_analysis(analysis=analysis, by=by) == 1
    assert ErasedText.objects.get().text_digest == digest
    assert erase_analysis(analysis=analysis, by=by) == 0
    assert ErasedText.objects.count() == 1
