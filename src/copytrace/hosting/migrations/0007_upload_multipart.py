from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hosting', '0006_help_texts'),
    ]

    operations = [
        migrations.AddField(
            model_name='upload',
            name='multipart',
            field=models.TextField(blank=True, default="", help_text="the bucket's ID of an upload that the client sends there"),
            preserve_default=False,
        ),
    ]
