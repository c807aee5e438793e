"""Remember what was analysed before there was a queue, and index what history and figures ask."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import migrations, models


def remember(apps: Any, schema_editor: Any) -> None:
    """Everything older than the first analysis that got a round when it was stored."""
    analyses = apps.get_model("moderation", "Analysis").objects
    items = apps.get_model("moderation", "QueueItem").objects
    first = items.filter(kind__in=["review", "blocked", "audit"]).aggregate(
        first=models.Min("analysis")
    )["first"]
    newest = analyses.aggregate(newest=models.Max("pk"))["newest"] or 0
    up_to = newest if first is None else first - 1
    apps.get_model("moderation", "EarlierAnalyses").objects.create(pk=1, up_to=up_to)


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0007_suggested_scores"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EarlierAnalyses",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("up_to", models.PositiveBigIntegerField(default=0)),
            ],
            options={
                "verbose_name": "state of the earlier analyses",
                "verbose_name_plural": "state of the earlier analyses",
                "default_permissions": (),
            },
        ),
        migrations.RemoveIndex(model_name="analysis", name="analysis_figures"),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                condition=models.Q(("erased_at__isnull", True)),
                fields=["category", "toxic", "score", "created_at", "owner", "id"],
                name="analysis_figures",
            ),
        ),
        migrations.AddIndex(
            model_name="queueitem",
            index=models.Index(
                condition=models.Q(("blind", True), ("state", "open")),
                fields=["analysis"],
                name="queue_blind",
            ),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
