# The figures of the history come from one index, without the rows and their texts.
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0005_retention"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                fields=["category", "toxic", "score", "created_at"],
                condition=models.Q(erased_at__isnull=True),
                name="analysis_figures",
            ),
        ),
    ]
