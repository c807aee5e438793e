from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("moderation", "0003_workbench")]

    operations = [
        migrations.AddField(
            model_name="queueitem",
            name="model_version",
            field=models.CharField(default="", max_length=20, verbose_name="model version"),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="queueitem",
            name="model_toxic",
            field=models.BooleanField(default=True, verbose_name="toxic for the model"),
            preserve_default=False,
        ),
    ]
