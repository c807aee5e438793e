"""How long texts stay, erasing an author, and the export of what people did."""

from __future__ import annotations

import csv
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from modelops.models import ErasedText
from moderation.export_tables import NAMES, table_response
from moderation.models import Analysis, CommunityReport, QueueItem, UnscoredText
from moderation.services import retain
from moderation.services.add_term import add_term
from moderation.services.another_look import add_note, appeal_analysis, report_analysis
from moderation.services.decide_item import decide_item
from moderation.services.erase_author import erase_author
from moderation.services.retain import erase_expired
from tests.moderation.items import stored, waiting


def age(analysis: Analysis, days: float) -> None:
    Analysis.objects.filter(pk=analysis.pk).update(created_at=timezone.now() - timedelta(days=days))


def test_without_the_setting_everything_stays(db) -> None:
    age(stored(), 5000)
    assert erase_expired() == 0
    assert Analysis.objects.get().text


def test_expired_texts_go_and_figures_stay(settings, moderator, monkeypatch) -> None:
    settings.RETENTION_DAYS = 30
    monkeypatch.setattr(retain, "CHUNK", 2)
    old = [stored(f"Texto viejo {n}", author="ana") for n in range(5)]
    young = stored("Texto nuevo")
    decide_item(item=old[0].rounds.get(), action="reject", category="insult", by=moderator)
    for analysis in old:
        age(analysis, 31)
    age(young, 29)
    UnscoredText.objects.create(
        text="Roto", problem="x", created_at=timezone.now() - timedelta(days=31)
    )
    assert erase_expired() == 5
    assert not Analysis.objects.exclude(pk=young.pk).exclude(text="", author="").exists()
    assert Analysis.objects.get(pk=young.pk).text == "Texto nuevo"
    assert Analysis.objects.get(pk=old[0].pk).score == 0.7
    assert old[0].decisions.get().category == "insult"
    header, *figures = b"".join(table_response("figures")).decode().splitlines()
    assert len(figures) == 6
    assert "text" not in header.split(",")
    assert QueueItem.objects.filter(state="open").count() == 1  # nobody looks for what is gone
    assert UnscoredText.objects.get().text == ""
    # time being up is no wish to be forgotten: what a dataset holds came by another way
    assert not ErasedText.objects.exists()
    assert erase_expired() == 0


def test_an_author_is_erased_everywhere(lead, integration) -> None:
    mine = [stored(f"Texto de ana {n}", author="ana", source="foro") for n in range(3)]
    other = stored("Texto de Ana", author="Ana")
    report_analysis(analysis=other, reporter="ana", category="insult", reason="", by=integration)
    UnscoredText.objects.create(text="Roto", problem="x", author="ana")
    assert erase_author(author="ana", by=lead, reason="Solicitud 12", up_to=mine[1].pk) == 2
    assert erase_author(author="ana", by=lead, reason="Solicitud 12") == 1
    left = Analysis.objects.exclude(text="")
    assert [analysis.author for analysis in left] == ["Ana"]
    assert UnscoredText.objects.get().text == ""
    assert CommunityReport.objects.get().reporter == ""
    assert ErasedText.objects.count() == 3
    entry = LogEntry.objects.order_by("pk").first()
    assert (entry.user, entry.change_message) == (lead, "Solicitud 12")
    assert "ana" not in entry.object_repr


def test_an_author_of_one_source(lead) -> None:
    stored("Texto uno", author="ana", source="foro")
    stored("Texto dos", author="ana", source="noticias")
    assert erase_author(author="ana", source="foro", by=lead, reason="x") == 1
    assert Analysis.objects.exclude(text="").get().source == "noticias"


@pytest.fixture
def everything(lead, moderator, integration) -> Analysis:
    """One row of each kind, with a formula wherever people type something."""
    formula = "=HYPERLINK(0)"
    item = waiting("+1 Eres un idiota", owner=integration, author="@ana", external_id="-7")
    analysis = item.analysis
    report_analysis(
        analysis=analysis, reporter="=ana", category="insult", reason=formula, by=integration
    )
    add_note(analysis=analysis, text=formula, by=moderator)
    item.refresh_from_db()
    decide_item(item=item, action="reject", category="insult", reason=formula, by=moderator)
    appeal_analysis(analysis=analysis, text=formula, by=integration, by_author=True)
    add_term(pattern="zopenco", language="es", action="flag", category="insult", match="word",
             expires_at=None, reason=formula, by=lead)  # fmt: skip
    return analysis


@pytest.mark.parametrize("name", NAMES)
def test_every_table_is_exported_safe_for_a_spreadsheet(name, everything) -> None:
    response = table_response(name)
    assert response.streaming
    assert f'filename="{name}_' in response["Content-Disposition"]
    header, *rows = csv.reader(b"".join(response).decode().splitlines())
    assert header[0] == "id"
    assert rows
    for row in rows:
        assert len(row) == len(header)
        assert not [cell for cell in row if cell.startswith(("=", "+", "@"))]
    if name not in ("figures", "labels"):
        assert any(cell.startswith("'") for row in rows for cell in row)


def test_the_export_of_decisions_says_what_became_of_them(everything, lead) -> None:
    response = table_response("decisions")
    [row] = csv.DictReader(b"".join(response).decode().splitlines())
    assert (row["action"], row["category"], row["by"]) == ("reject", "insult", "moderator")
    assert (row["undone"], row["model_toxic"], row["external_id"]) == ("0", "1", "'-7")
