from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('hosting', '0005_replicates'),
    ]

    operations = [
        migrations.AlterField(
            model_name='challenge',
            name='attestations',
            field=models.JSONField(blank=True, default=dict, help_text='name -> statement'),
        ),
        migrations.AlterField(
            model_name='challenge',
            name='rules_version',
            field=models.CharField(help_text='a new version must be accepted again', max_length=50),
        ),
        migrations.AlterField(
            model_name='challenge',
            name='territory',
            field=models.TextField(blank=True, help_text='where participants may reside, as text'),
        ),
        migrations.AlterField(
            model_name='mirror',
            name='url',
            field=models.CharField(blank=True, help_text='s3://... or https://...; shown only to participants', max_length=500),
        ),
        migrations.AlterField(
            model_name='participant',
            name='of_age',
            field=models.BooleanField(help_text='declared: old enough and of the age of majority where they live'),
        ),
        migrations.AlterField(
            model_name='submission',
            name='disqualified_at',
            field=models.DateTimeField(blank=True, help_text="not ranked; the team's next best one is", null=True),
        ),
        migrations.AlterField(
            model_name='submission',
            name='disqualified_for',
            field=models.CharField(blank=True, help_text='the reason, sent to the team', max_length=500),
        ),
        migrations.AlterField(
            model_name='submission',
            name='reason',
            field=models.CharField(blank=True, help_text='reason for another entry in a phase with nominations', max_length=500),
        ),
        migrations.AlterField(
            model_name='team',
            name='disqualified_at',
            field=models.DateTimeField(blank=True, help_text='not ranked and wins no prizes; its submissions stay on record', null=True),
        ),
        migrations.AlterField(
            model_name='team',
            name='disqualified_for',
            field=models.CharField(blank=True, help_text='the reason, sent to the team', max_length=500),
        ),
        migrations.AlterField(
            model_name='token',
            name='name',
            field=models.CharField(help_text='name given by its owner', max_length=100),
        ),
    ]
