from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0004_queue_scored_by"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                fields=["created_at"],
                condition=models.Q(erased_at__isnull=True),
                name="analysis_kept",
            ),
        ),
    ]
