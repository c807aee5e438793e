import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0006_figures"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SuggestedScore",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("text", models.TextField(verbose_name="text")),
                ("text_digest", models.CharField(editable=False, max_length=64)),
                ("scores", models.JSONField(verbose_name="suggested scores")),
                (
                    "language",
                    models.CharField(
                        blank=True,
                        choices=[("es", "Spanish"), ("en", "English"), ("und", "Another language")],
                        max_length=3,
                        verbose_name="language",
                    ),
                ),
                (
                    "community",
                    models.CharField(blank=True, max_length=100, verbose_name="community"),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now, verbose_name="suggested at"
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("accepted", "Accepted"),
                            ("rejected", "Rejected"),
                        ],
                        default="waiting",
                        max_length=8,
                        verbose_name="state",
                    ),
                ),
                (
                    "settled_at",
                    models.DateTimeField(blank=True, null=True, verbose_name="settled at"),
                ),
                (
                    "settled_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="settled_suggestions",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="settled by",
                    ),
                ),
                (
                    "suggested_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="suggested_scores",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="suggested by",
                    ),
                ),
            ],
            options={
                "verbose_name": "suggested score",
                "verbose_name_plural": "suggested scores",
                "ordering": ["-created_at", "-id"],
                "default_permissions": ("view",),
                "indexes": [
                    models.Index(fields=["state", "created_at", "id"], name="suggestion_state"),
                    models.Index(fields=["created_at", "id"], name="suggestion_created"),
                    models.Index(fields=["text_digest"], name="suggestion_text"),
                ],
            },
        ),
    ]
