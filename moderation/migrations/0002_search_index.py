from __future__ import annotations

from django.db import migrations

from moderation import search


def create_index(apps, schema_editor):
    search.create_index(schema_editor.connection)


def drop_index(apps, schema_editor):
    search.drop_index(schema_editor.connection)


class Migration(migrations.Migration):
    """Trigrams of the texts: pg_trgm on PostgreSQL, FTS5 on SQLite (moderation/search.py)."""

    dependencies = [("moderation", "0001_initial")]

    operations = [migrations.RunPython(create_index, drop_index)]
