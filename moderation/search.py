"""Substring search in the texts of analyses, folded for case and accents.

Both databases keep an index over trigrams, so that a search of three and more characters does not
read the table: pg_trgm on PostgreSQL, an FTS5 table with the trigram tokenizer on SQLite.
"""

from __future__ import annotations

import re
import unicodedata

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

MIN_LENGTH = 3

_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS analysis_search ON moderation_analysis"
    " USING gin (search_text gin_trgm_ops)",
)
_FORGET = (
    "INSERT INTO moderation_analysis_search(moderation_analysis_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text);"
)
_REMEMBER = (
    "INSERT INTO moderation_analysis_search(rowid, search_text) VALUES (new.id, new.search_text);"
)
_SQLITE = (
    # The content stays in moderation_analysis; the triggers keep the index in step with it.
    "CREATE VIRTUAL TABLE IF NOT EXISTS moderation_analysis_search USING fts5(search_text,"
    " content='moderation_analysis', content_rowid='id', tokenize='trigram case_sensitive 1')",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_insert AFTER INSERT ON"
    f" moderation_analysis BEGIN {_REMEMBER} END",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_update AFTER UPDATE OF search_text ON"
    f" moderation_analysis BEGIN {_FORGET} {_REMEMBER} END",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_delete AFTER DELETE ON"
    f" moderation_analysis BEGIN {_FORGET} END",
)
_SQLITE_DROP = (
    *(
        f"DROP TRIGGER IF EXISTS moderation_analysis_search_{event}"
        for event in ("insert", "update", "delete")
    ),
    "DROP TABLE IF EXISTS moderation_analysis_search",
)


def fold(text: str) -> str:
    """Lower case, no accents (ñ becomes n as well), runs of white space as one space."""
    lower = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in unicodedata.normalize("NFKD", lower) if not unicodedata.combining(c))
    return re.sub(r"\s+", " ", bare).strip()


def search(queryset: QuerySet, text: str) -> QuerySet:
    """The analyses whose text contains `text`, which must have MIN_LENGTH characters folded."""
    needle = fold(text)
    if connections[queryset.db].vendor == "postgresql":
        return queryset.filter(search_text__contains=needle)
    phrase = '"' + needle.replace('"', '""') + '"'  # quoted, FTS5 knows no operators in it
    return queryset.filter(
        pk__in=RawSQL(
            "SELECT rowid FROM moderation_analysis_search"
            " WHERE moderation_analysis_search MATCH %s",
            [phrase],
        )
    )


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Make the index and fill it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
            return
        for statement in _SQLITE:
            cursor.execute(statement)
        cursor.execute(
            "INSERT INTO moderation_analysis_search(moderation_analysis_search) VALUES ('rebuild')"
        )


def repair_index(connection: BaseDatabaseWrapper) -> None:
    """Put back the triggers, and fill the index again, where the index lost them.

    Django alters a SQLite table by copying it into a new one; triggers go with the old one.
    """
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT type FROM sqlite_master WHERE name = 'moderation_analysis_search'"
            " OR type = 'trigger' AND name LIKE 'moderation_analysis_search_%'"
        )
        found = [row[0] for row in cursor.fetchall()]
    if "table" in found and len(found) < len(_SQLITE):
        create_index(connection)


def drop_index(connection: BaseDatabaseWrapper) -> None:
    """Remove the index; the extension stays, others may use it."""
    statements = _SQLITE_DROP
    if connection.vendor == "postgresql":
        statements = ("DROP INDEX IF EXISTS analysis_search",)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
