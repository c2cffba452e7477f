from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('spaces', '0003_recorded'),
    ]

    operations = [
        migrations.AddField(
            model_name='part',
            name='dropped_as',
            field=models.CharField(blank=True, db_default='', default='', choices=[('host', 'host'), ('cohost', 'co-host'), ('speaker', 'speaker'), ('listener', 'listener')], editable=False, max_length=12, verbose_name='fell silent as'),
        ),
        migrations.AddField(
            model_name='part',
            name='dropped_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='fell silent'),
        ),
    ]
