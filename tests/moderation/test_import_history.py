"""`import_history`: the first ToxiGuard's SQLite file becomes analyses, once and no labels."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import UTC, datetime
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from modelops.exclusive import FileLock
from moderation.models import Analysis, AnalysisLabel, QueueItem
from moderation.selectors import visible_analyses
from moderation.services import erase_analyses
from moderation.services import import_history as module
from moderation.services.import_history import HistoryRefused, import_history

CREATE = """CREATE TABLE analysis_history (
    id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT, toxic BOOLEAN, score REAL,
    toxicity_percentage REAL, category TEXT, labels TEXT, text_length INTEGER,
    keywords_found INTEGER, response_time_ms REAL, model_used TEXT, timestamp DATETIME,
    created_at DATETIME DEFAULT CURRENT_TIMESTAMP)"""
ROW = {
    "text": "Eres un payaso",
    "toxic": 1,
    "score": 0.913,
    "toxicity_percentage": 91.3,
    "category": "insulto",
    "labels": '["toxic", "ml_detected"]',
    "text_length": 14,
    "keywords_found": 2,
    "response_time_ms": 512.25,
    "model_used": "ML Model",
    "timestamp": "2025-08-14T21:35:18.123456",
    "created_at": "2025-08-14 19:35:18",
}


@pytest.fixture
def history(tmp_path):
    """A file with rows that differ from ROW in what is said; gives its path."""

    def make(*rows, create=CREATE, name="history.db"):
        path = tmp_path / name
        connection = sqlite3.connect(path)
        connection.execute(create)
        for row in rows:
            values = ROW | row
            names = ", ".join(values)
            connection.execute(
                f"INSERT INTO analysis_history ({names}) VALUES ({', '.join('?' * len(values))})",
                list(values.values()),
            )
        connection.commit()
        connection.close()
        return path

    return make


def command(path, *options):
    out = StringIO()
    call_command("import_history", str(path), *options, stdout=out)
    return out.getvalue()


def test_a_row_becomes_an_analysis(db, history):
    report = import_history(path=history({}))
    assert (report.read, report.imported, report.present, report.rejected) == (1, 1, 0, [])
    analysis = Analysis.objects.get()
    assert (analysis.text, analysis.text_length) == ("Eres un payaso", 14)
    assert (analysis.toxic, analysis.score, analysis.decision) == (True, 0.913, "review")
    assert (analysis.category, analysis.labels) == ("insult", ["toxic"])
    assert analysis.created_at == datetime(2025, 8, 14, 19, 35, 18, tzinfo=UTC)
    assert (analysis.model_used, analysis.model_version) == ("ML Model", "ML Model")
    assert (analysis.source, analysis.external_id, analysis.owner) == ("toxiguard1", "1", None)
    assert (analysis.language, analysis.thresholds) == ("es", {"review": 0.5, "block": 1.0})
    assert (analysis.keywords_found, analysis.response_time_ms) == (2, 512.25)


def test_nothing_of_it_waits_or_teaches(db, history, settings):
    settings.AUDIT_SHARE = 1.0
    import_history(path=history({}, {"text": "Hola", "toxic": 0}))
    assert not QueueItem.objects.exists()
    assert not AnalysisLabel.objects.exists()


@pytest.mark.parametrize(
    ("toxic", "score", "toxicity"),
    [
        (1, 0.9, 0.9),
        (0, 0.9, 0.1),  # the probability of the class that was predicted
        (0, 0.5, 0.5),
        (0, 0.0, 0.0),  # its keywords said how toxic
        (1, 0.4, 0.4),
    ],
)
def test_a_score_says_how_toxic(db, history, toxic, score, toxicity):
    import_history(path=history({"toxic": toxic, "score": score}))
    analysis = Analysis.objects.get()
    assert analysis.score == pytest.approx(toxicity)
    assert analysis.toxic is bool(toxic)
    assert analysis.categories == {"toxic": analysis.score}


def test_categories_and_moments(db, history):
    import_history(
        path=history(
            {"category": None, "labels": None, "toxic": 0},
            {"category": "acoso", "labels": '["acoso", "detected"]'},
            {"category": "otra", "created_at": None},
        )
    )
    first, second, third = Analysis.objects.order_by("pk")
    assert (first.category, first.labels) == ("", [])
    assert (second.category, second.labels) == ("threat", ["toxic", "threat"])
    assert third.category == "other"
    # (without a time zone: UTC)
    assert third.created_at == datetime(2025, 8, 14, 21, 35, 18, 123456, tzinfo=UTC)


def test_twice_is_once_and_what_was_erased_stays_so(db, history, lead):
    path = history({}, {"text": "Hola a todos"}, {})
    assert import_history(path=path).imported == 3  # the same text was analysed twice
    report = import_history(path=path)
    assert (report.imported, report.present) == (0, 3)
    erase_analyses(analyses=visible_analyses(lead).filter(text="Hola a todos"), by=lead)
    report = import_history(path=path)
    assert (report.imported, report.present, report.erased) == (0, 2, 1)
    assert Analysis.objects.exclude(text="").count() == 2


def test_what_the_site_keeps_no_longer_is_left_out(db, history, settings):
    settings.RETENTION_DAYS = 30
    now = datetime.now(UTC).isoformat()
    report = import_history(path=history({}, {"text": "Hola", "created_at": now}))
    assert (report.imported, report.expired) == (1, 1)
    assert Analysis.objects.get().text == "Hola"


def test_an_import_that_was_cut_off_goes_on(db, history, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 2)
    path = history(*({"text": f"Texto número {n}"} for n in range(5)))

    class Killed(BaseException):
        pass

    def die(done, total):
        assert total == 5
        if done == 4:
            raise Killed

    with pytest.raises(Killed):
        import_history(path=path, progress=die)
    assert Analysis.objects.count() == 4
    report = import_history(path=path)
    assert (report.read, report.imported, report.present) == (5, 1, 4)
    assert Analysis.objects.count() == 5


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ({"text": None}, "text"),
        ({"text": "  "}, "vacío"),
        ({"text": "x" * 10_001}, "10001"),
        ({"text": "a\0b"}, "NUL"),
        ({"text": b"caf\xe9"}, "text"),
        ({"toxic": 2}, "toxic"),
        ({"score": 1.5}, "score"),
        ({"score": "much"}, "score"),
        ({"score": None}, "score"),
        ({"labels": "[toxic"}, "labels"),
        ({"labels": '{"a": 1}'}, "labels"),
        ({"labels": "[1]"}, "labels"),
        ({"created_at": "yesterday", "timestamp": None}, "created_at"),
        ({"created_at": "9999-01-01", "timestamp": "0001-01-01"}, "created_at"),
    ],
)
def test_bad_rows_are_left_out_with_their_numbers(db, history, row, told):
    report = import_history(path=history({}, row, {"text": "Hola"}))
    assert (report.read, report.imported) == (3, 2)
    ((number, reason),) = report.rejected
    assert number == "2"
    assert told in reason


def test_text_that_is_not_utf8_is_left_out(db, history):
    path = history({})
    connection = sqlite3.connect(path)
    connection.execute("UPDATE analysis_history SET text = CAST(x'636166e9' AS TEXT)")
    connection.commit()
    connection.close()
    assert [number for number, _reason in import_history(path=path).rejected] == ["1"]


def test_the_file_is_only_read(db, history):
    path = history({}, {"text": None})
    before = hashlib.sha256(path.read_bytes()).digest()
    path.chmod(0o400)
    import_history(path=path)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [file.name for file in path.parent.iterdir()] == ["history.db"]


def test_what_is_no_history_is_refused(db, history, tmp_path):
    text = tmp_path / "notes.db"
    text.write_text("no database, but long enough to look like something" * 50)
    other = history(create="CREATE TABLE other (id INTEGER)", name="other.db")
    lacking = CREATE.replace("toxic BOOLEAN, score REAL,", "")
    for path, told in (
        (tmp_path / "nothing.db", "nothing.db"),
        (tmp_path, str(tmp_path)),
        (text, "SQLite"),
        (other, "analysis_history"),
        (history(create=lacking, name="lacking.db"), "toxic, score"),
    ):
        with pytest.raises(HistoryRefused, match=told):
            import_history(path=path)
    assert not (tmp_path / "nothing.db").exists()
    assert not Analysis.objects.exists()


def test_a_file_that_breaks_off_keeps_what_was_taken_over(db, history, monkeypatch):
    monkeypatch.setattr(module, "AT_ONCE", 1)
    path = history(*({"text": f"Texto número {n} {'largo ' * 200}"} for n in range(20)))
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size // 2))
    with pytest.raises(HistoryRefused):
        import_history(path=path)
    assert not Analysis.objects.exclude(source="toxiguard1").exists()


def test_one_import_at_a_time(db, history, settings):
    other = FileLock(patience=0.0)
    with other.held(settings.DATA_DIR / module.LOCK), pytest.raises(HistoryRefused):
        import_history(path=history({}))
    assert import_history(path=history(name="other.db", create=CREATE)).read == 0


# --- the command ------------------------------------------------------------------------------


def test_the_command_tells_what_it_did(db, history):
    path = history({}, {"labels": "x"}, {"text": "Hola"})
    dry = command(path, "--dry-run")
    assert not Analysis.objects.exists()
    assert "id 2" in dry
    assert "2" in dry.splitlines()[-1]
    assert command(path).splitlines()[-1].startswith("2 ")
    answer = json.loads(command(path, "--json"))
    (error,) = answer.pop("errors")
    assert error["id"] == "2"
    assert answer == {
        "rows_read": 3,
        "imported": 0,
        "present": 2,
        "erased": 0,
        "expired": 0,
        "rejected": 1,
        "dry_run": False,
    }


def test_the_command_fails_with_the_reason(db, tmp_path):
    with pytest.raises(CommandError, match=r"nothing\.db"):
        command(tmp_path / "nothing.db")


def test_pages_and_api_show_what_was_imported(db, history, moderator, api_as):
    import_history(path=history({}))
    pk = Analysis.objects.get().pk
    browser = Client()
    browser.force_login(moderator)
    for path in (f"/history/{pk}/", "/history/"):
        assert "Eres un payaso" in browser.get(path).content.decode()
    client = api_as(moderator)
    assert client.get(f"/api/analyses/{pk}").json()["explanation"] is None
    (row,) = client.get("/history").json()["history"]
    assert (row["text"], row["category"], row["score"]) == ("Eres un payaso", "insulto", 0.913)
    assert row["created_at"] == "2025-08-14T19:35:18Z"
