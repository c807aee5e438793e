"""Two at once: requests with the same id, and people who erase the same analysis."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection, connections

from moderation.models import Analysis
from moderation.services import AnalysisInput, analyze_texts, erase_analysis

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Run the calls in threads that start together, each with a connection of its own."""
    barrier = Barrier(len(calls))

    def run(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def test_same_id_and_text_at_once_is_one_analysis(live_model, integration):
    item = AnalysisInput(text="a la vez", external_id="c-1")
    for round_number in range(5):
        texts = [item, AnalysisInput(text=f"ronda {round_number}", external_id="c-1")]
        outcomes = at_once(*[lambda: analyze_texts(items=texts, by=integration)] * 4)  # noqa: B023
        assert len({outcome[0].record.pk for outcome in outcomes}) == 1
        assert len({outcome[1].record.pk for outcome in outcomes}) == 1
        assert sum(outcome[1].created for outcome in outcomes) == 1
    assert Analysis.objects.count() == 6


def test_revisions_at_once_make_one_chain(live_model, integration):
    def send(number: int) -> Callable[[], Any]:
        item = AnalysisInput(text=f"texto {number}", external_id="c-1")
        return lambda: analyze_texts(items=[item], by=integration)

    at_once(*[send(number) for number in range(6)])
    chain = list(Analysis.objects.order_by("id").values_list("pk", "revision_of"))
    assert chain == [
        (pk, earlier)
        for (pk, _), earlier in zip(chain, [None, *[pk for pk, _ in chain]], strict=False)
    ]


def test_batches_with_the_ids_in_another_order(live_model, integration):
    items = [AnalysisInput(text=f"texto {n}", external_id=f"c-{n}") for n in range(50)]
    at_once(
        lambda: analyze_texts(items=items, by=integration),
        lambda: analyze_texts(items=items[::-1], by=integration),
    )
    assert Analysis.objects.count() == 50


def test_erased_at_once_is_erased_by_one(live_model, integration):
    (outcome,) = analyze_texts(items=[AnalysisInput(text="hola")], by=integration)
    counts = at_once(*[lambda: erase_analysis(analysis=outcome.record, by=integration)] * 3)
    assert sorted(counts) == [0, 0, 1]


def test_the_database_refuses_what_the_service_would_not_do(live_model, integration):
    from django.db import IntegrityError

    (outcome,) = analyze_texts(
        items=[AnalysisInput(text="hola", external_id="c-1")], by=integration
    )
    twin = Analysis.objects.get(pk=outcome.record.pk)
    twin.pk = None
    with pytest.raises(IntegrityError):
        twin.save(force_insert=True)
    assert connection.is_usable()
    assert User.objects.filter(pk=integration.pk).exists()
