"""Substring search in the texts of analyses, folded for case and accents.

Both databases keep an index over trigrams, so that a search of three and more characters does not
read the table: pg_trgm on PostgreSQL, an FTS5 table with the trigram tokenizer on SQLite.
"""

from __future__ import annotations

import re
import unicodedata
from sqlite3 import sqlite_version_info

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.utils import CursorWrapper
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

MIN_LENGTH = 3
FREQUENT = 50_000  # texts on SQLite, from which on a search goes another way
MERGED_AT_ONCE = 1000  # pages of the SQLite index, about 4 MB: others write between two steps

_POSTGRESQL = (
    "CREATE EXTENSION IF NOT EXISTS pg_trgm",
    "CREATE INDEX IF NOT EXISTS analysis_search ON moderation_analysis"
    " USING gin (search_text gin_trgm_ops)",
)
_FORGET = (
    "INSERT INTO moderation_analysis_search(moderation_analysis_search, rowid, search_text)"
    " VALUES ('delete', old.id, old.search_text);"
    # FTS5 notes the deletion and keeps the trigrams until it merges that part of the index
    " UPDATE moderation_analysis_search_traces SET count = count + 1;"
)
_REMEMBER = (
    "INSERT INTO moderation_analysis_search(rowid, search_text) VALUES (new.id, new.search_text);"
)
_SQLITE = (
    # The content stays in moderation_analysis; the triggers keep the index in step with it.
    "CREATE VIRTUAL TABLE IF NOT EXISTS moderation_analysis_search USING fts5(search_text,"
    " content='moderation_analysis', content_rowid='id', tokenize='trigram case_sensitive 1')",
    # one row: how many deletions the index may still hold traces of, see forget_traces
    "CREATE TABLE IF NOT EXISTS moderation_analysis_search_traces"
    " (id INTEGER PRIMARY KEY CHECK (id = 1), count INTEGER NOT NULL)",
    "INSERT OR IGNORE INTO moderation_analysis_search_traces VALUES (1, 0)",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_insert AFTER INSERT ON"
    f" moderation_analysis BEGIN {_REMEMBER} END",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_update AFTER UPDATE OF search_text ON"
    f" moderation_analysis BEGIN {_FORGET} {_REMEMBER} END",
    "CREATE TRIGGER IF NOT EXISTS moderation_analysis_search_delete AFTER DELETE ON"
    f" moderation_analysis BEGIN {_FORGET} END",
)
_OPTION = "INSERT INTO moderation_analysis_search(moderation_analysis_search, rank)"
_SQLITE_DROP = (
    *(
        f"DROP TRIGGER IF EXISTS moderation_analysis_search_{event}"
        for event in ("insert", "update", "delete")
    ),
    "DROP TABLE IF EXISTS moderation_analysis_search",
    "DROP TABLE IF EXISTS moderation_analysis_search_traces",
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
    if _is_frequent(connections[queryset.db], phrase):
        return queryset.filter(search_text__contains=needle)
    return queryset.filter(
        pk__in=RawSQL(
            "SELECT rowid FROM moderation_analysis_search"
            " WHERE moderation_analysis_search MATCH %s",
            [phrase],
        )
    )


def _is_frequent(connection: BaseDatabaseWrapper, phrase: str) -> bool:
    """Whether so many texts hold it that reading the newest ones finds a page of them sooner.

    SQLite collects all rows that the index finds before it sorts; it keeps no figures by which it
    could choose another way itself, as PostgreSQL does.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM moderation_analysis_search"
            " WHERE moderation_analysis_search MATCH %s LIMIT 1 OFFSET %s",
            [phrase, FREQUENT],
        )
        return cursor.fetchone() is not None


def create_index(connection: BaseDatabaseWrapper) -> None:
    """Make the index and fill it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            for statement in _POSTGRESQL:
                cursor.execute(statement)
            return
        for statement in _SQLITE:
            cursor.execute(statement)
        if sqlite_version_info >= (3, 42):
            cursor.execute(f"{_OPTION} VALUES ('secure-delete', 1)")
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
            "SELECT name FROM sqlite_master WHERE name IN"
            " ('moderation_analysis_search', 'moderation_analysis_search_traces')"
            " OR type = 'trigger' AND name LIKE 'moderation_analysis_search_%'"
        )
        found = [row[0] for row in cursor.fetchall()]
    if "moderation_analysis_search" in found and len(found) < len(_SQLITE_DROP):
        create_index(connection)


def forget_traces(connection: BaseDatabaseWrapper) -> int:
    """Take out of the SQLite index what is left in it of texts that were changed or erased.

    Returns how many changes it dealt with. FTS5 drops what was deleted when it merges its parts,
    which by itself it does some time or never; here all are merged, step by step.
    """
    if connection.vendor != "sqlite":
        return 0  # VACUUM does it, and autovacuum calls that
    with connection.cursor() as cursor:
        cursor.execute("SELECT count FROM moderation_analysis_search_traces")
        (count,) = cursor.fetchone() or (0,)
        if not count:
            return 0
        pages, done = -MERGED_AT_ONCE, False  # negative: begin with all parts there are now
        while not done:
            with transaction.atomic(using=connection.alias):
                before = _changes(cursor)
                cursor.execute(f"{_OPTION} VALUES ('merge', %s)", [pages])
                done = _changes(cursor) - before < 2  # FTS5's sign that nothing was left to do
            pages = MERGED_AT_ONCE
        # what was erased meanwhile may be in newer parts: then the count differs, and it stays
        cursor.execute(
            "UPDATE moderation_analysis_search_traces SET count = 0 WHERE count = %s", [count]
        )
        if not connection.in_atomic_block:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # old pages are in the log as well
    return count


def _changes(cursor: CursorWrapper) -> int:
    cursor.execute("SELECT total_changes()")
    return cursor.fetchone()[0]


def drop_index(connection: BaseDatabaseWrapper) -> None:
    """Remove the index; the extension stays, others may use it."""
    statements = _SQLITE_DROP
    if connection.vendor == "postgresql":
        statements = ("DROP INDEX IF EXISTS analysis_search",)
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
