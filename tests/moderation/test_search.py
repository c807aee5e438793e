"""Search for parts of texts, on the database that DATABASE_URL names."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import sqlite_version_info

import pytest
from django.db import connection

from modelops.services.maintain_site import maintain_site
from moderation.models import Analysis
from moderation.search import FREQUENT, create_index, drop_index, fold, repair_index, search
from moderation.services import AnalysisInput, erase_analyses, erase_analysis

TEXTS = {
    "niño": "El NIÑO comió ÑOQUIS",
    "percent": "al 100% de acuerdo",
    "score": "nombre_de_usuario",
    "quote": 'dijo "basta" y se fue; it\'s over',
    "operators": "uno AND dos OR (tres NEAR cuatro) -cinco a*b c:d ^e",
    "lines": "primera\n\n  línea",
    "emoji": "vaya 😀😀😀 día",
    "sharp": "Straße ﬁn İstanbul",
    "slash": r"C:\temp\new",
    "html": "<script>alert(1)</script>",
}


@pytest.fixture
def texts(analyses):
    records = analyses(*(AnalysisInput(text=text) for text in TEXTS.values()))
    return {record.pk: name for record, name in zip(records, TEXTS, strict=True)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("nino", {"niño"}),
        ("NIÑO", {"niño"}),
        ("ñoq", {"niño"}),
        ("comio", {"niño"}),
        ("iño c", {"niño"}),
        ("100%", {"percent"}),
        ("0% d", {"percent"}),
        ("%%%", set()),
        ("e_d", {"score"}),
        ("e_u", {"score"}),
        ("___", set()),
        ('"basta"', {"quote"}),
        ("it's", {"quote"}),
        ("'; DROP TABLE", set()),
        ("AND dos", {"operators"}),
        ("uno NEAR", set()),
        ("(tres", {"operators"}),
        ("-cinco", {"operators"}),
        ("a*b", {"operators"}),
        ("c:d ^e", {"operators"}),
        ("uno OR", set()),
        ("primera línea", {"lines"}),
        ("😀😀😀", {"emoji"}),
        ("strasse", {"sharp"}),
        ("fin istan", {"sharp"}),
        ("\\temp\\", {"slash"}),
        ("<script>", {"html"}),
        ("nada de esto", set()),
    ],
)
def test_search(texts, query, names, monkeypatch):
    for frequent in (FREQUENT, 0):  # what very many texts hold is found another way
        monkeypatch.setattr("moderation.search.FREQUENT", frequent)
        found = search(Analysis.objects.all(), query)
        assert {texts[analysis.pk] for analysis in found} == names


def test_the_index_follows_the_rows(analyses):
    (analysis,) = analyses("palabra antigua")
    Analysis.objects.filter(pk=analysis.pk).update(search_text=fold("palabra nueva"))
    assert search(Analysis.objects.all(), "nueva").get() == analysis
    assert not search(Analysis.objects.all(), "antigua")
    analysis.delete()
    assert not search(Analysis.objects.all(), "palabra")


def test_the_index_is_used(analyses):
    analyses(*(f"texto número {n}" for n in range(20)))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # the table is small
    plan = search(Analysis.objects.order_by(), "número 7").explain()
    assert "analysis_search" in plan or "VIRTUAL TABLE" in plan


def test_the_index_can_be_taken_away_and_made_again(analyses):
    analyses("antes del índice")
    connection.check_constraints()  # PostgreSQL has to do so before it can change the table
    drop_index(connection)
    create_index(connection)
    assert search(Analysis.objects.all(), "indice").count() == 1


def test_lost_triggers_come_back(analyses):
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("DROP TRIGGER moderation_analysis_search_insert")
    analyses("mientras tanto")
    repair_index(connection)
    assert search(Analysis.objects.all(), "mientras").count() == 1
    analyses("y después")
    assert search(Analysis.objects.all(), "despues").count() == 1


# --- what SQLite's index keeps of erased texts ---------------------------------------------------

WORD = "ψξφωθλ"
sqlite_only = pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's index only")


def shadow_tables() -> bytes:
    """All that the index has on disk, but for the file's free space."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT block FROM moderation_analysis_search_data")
        blocks = [row[0] for row in cursor.fetchall()]
        cursor.execute("SELECT term FROM moderation_analysis_search_idx")
        return b"|".join([*blocks, *(bytes(row[0]) for row in cursor.fetchall())])


def traces(word: str) -> list[str]:
    """Pairs of letters of `word` in the index, which packs only what neighbours begin with."""
    pairs = [word[i : i + 2] for i in range(1, len(word) - 1)]
    return [pair for pair in pairs if pair.encode() in shadow_tables()]


@pytest.fixture
def unmerged(transactional_db):
    """An index in one part, that does not merge its parts by itself, which it may at any time."""
    option = "INSERT INTO moderation_analysis_search(moderation_analysis_search, rank) VALUES "
    with connection.cursor() as cursor:
        cursor.execute(f"{option} ('automerge', 0)")
        cursor.execute(
            "INSERT INTO moderation_analysis_search(moderation_analysis_search) VALUES ('optimize')"
        )
        yield
        cursor.execute(f"{option} ('automerge', 4)")


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_maintenance_forgets_what_was_erased(analyses, lead, monkeypatch, unmerged):
    maintain_site()  # rows of earlier tests left traces of their own
    monkeypatch.setattr("moderation.search.MERGED_AT_ONCE", 1)  # as in a large index
    others = [analyses(f"texto que se queda, número {n}")[0] for n in range(5)]
    secret, other = analyses(f"{WORD} es un secreto", "y otro")
    erase_analyses(analyses=Analysis.objects.filter(pk__in=[secret.pk, other.pk]), by=lead)
    others += analyses("llega después")
    if sqlite_version_info < (3, 42):
        assert traces(WORD)
    else:
        assert not traces(WORD)  # secure-delete left nothing to do
    assert maintain_site()["jobs"]["search_traces"] == 2
    assert not traces(WORD)
    assert maintain_site()["jobs"]["search_traces"] == 0
    assert search(Analysis.objects.all(), "que se queda").count() == 5
    assert search(Analysis.objects.all(), "despues").get() == others[-1]
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO moderation_analysis_search(moderation_analysis_search, rank)"
            " VALUES ('integrity-check', 1)"
        )


@sqlite_only
@pytest.mark.django_db(transaction=True)
def test_the_file_and_its_log_forget_too(analyses, lead):
    name = connection.settings_dict["NAME"]
    (secret,) = analyses(f"{WORD} es un secreto")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert WORD.encode() in Path(name).read_bytes()
    erase_analysis(analysis=secret, by=lead)
    maintain_site()
    assert WORD.encode() not in Path(name).read_bytes()
    assert WORD.encode() not in Path(f"{name}-wal").read_bytes()
