"""What must leave no trace leaves none: not in the database, not in the logs."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
from django.db import DataError, connection
from django.test import Client

from modelops import serving
from moderation.models import Analysis
from tests.moderation.conftest import TOXIC

SECRET = "xyzzyplugh"


def database_dump() -> str:
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [repr(row) for row in cursor.fetchall()]
    return "\n".join(rows)


@pytest.fixture
def console() -> Iterator[io.StringIO]:
    """What the site writes to its log."""
    handler = next(h for h in logging.getLogger().handlers if type(h) is logging.StreamHandler)
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.fixture
def client(api_as, integration, live_model):
    return api_as(integration)


def test_not_stored_leaves_no_trace(client, console):
    before = database_dump()
    item = {
        "text": f"{SECRET} {TOXIC}",
        "author": SECRET,
        "context": SECRET,
        "external_id": SECRET,
        "source": SECRET,
        "url": f"https://{SECRET}.example/",
        "store": False,
    }
    answer = client.post("/api/analyze", item)
    assert answer.status_code == 200
    assert answer.json()["id"] is None
    assert answer.json()["toxic"] is True
    options = {"items": [item], "store": False}
    assert client.post("/api/analyze/batch", options).json()["results"][0]["id"] is None
    assert client.post("/api/analyze", item | {"language": "fr"}).status_code == 400
    assert client.post("/api/analyze", item | {"text": SECRET * 2000}).status_code == 400
    broken = json.dumps(item)[:-2]
    assert client.generic("POST", "/api/analyze", broken, "application/json").status_code == 400
    assert Analysis.objects.count() == 0
    assert database_dump() == before
    logged = console.getvalue()
    assert "request_finished" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("error", [ValueError, KeyError, TypeError, DataError, UnicodeError])
def test_an_unexpected_error_tells_where_but_not_what(client, console, monkeypatch, error):
    def fail(texts, **kwargs):
        raise error(texts[0])

    monkeypatch.setattr(serving, "analyze", fail)
    response = client.post("/api/analyze", {"text": SECRET, "store": False})
    assert response.status_code == 500
    assert response["Content-Type"] == "application/problem+json"
    assert SECRET not in response.content.decode()
    logged = console.getvalue()
    assert error.__name__ in logged
    assert "analyze_texts" in logged  # the frames are there
    assert SECRET not in logged


def test_an_error_of_the_database_does_not_quote_the_row(client, console):
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE moderation_analysis ADD CHECK (length(text) < 5)")
        else:
            cursor.execute(
                "CREATE TRIGGER refuse BEFORE INSERT ON moderation_analysis"
                " BEGIN SELECT RAISE(ABORT, 'refused'); END"
            )
    response = client.post("/api/analyze", {"text": SECRET})
    assert response.status_code == 500
    logged = console.getvalue()
    assert "IntegrityError" in logged
    assert SECRET not in logged


@pytest.mark.parametrize("path", ["/", "/api/analyses", "/api/nothing", "/nothing", "/health"])
def test_query_strings_are_not_logged(db, console, path):
    Client(raise_request_exception=False).get(path, {"key": SECRET, "search": SECRET})
    logged = console.getvalue()
    assert f"GET {path}" in logged
    assert SECRET not in logged


def test_the_development_server_logs_no_query_string(console):
    logger = logging.getLogger("django.server")
    logger.info('"%s" %s %s', f"GET /api/analyses?key={SECRET} HTTP/1.1", "200", "12")
    logged = console.getvalue()
    assert "GET /api/analyses" in logged
    assert SECRET not in logged
