from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hosting', '0004_past_member'),
    ]

    operations = [
        migrations.AddField(
            model_name='scoringrun',
            name='public_replicates',
            field=models.BinaryField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='scoringrun',
            name='private_replicates',
            field=models.BinaryField(blank=True, null=True),
        ),
    ]
