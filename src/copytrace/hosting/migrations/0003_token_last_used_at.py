from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("hosting", "0002_single_disqualified")]

    operations = [
        migrations.AddField(
            model_name="token",
            name="last_used_at",
            field=models.DateTimeField(blank=True, help_text="to the hour", null=True),
        ),
    ]
