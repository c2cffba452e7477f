from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('streaming', '0005_say_names'),
    ]

    operations = [
        migrations.AddField(
            model_name='scheduledbroadcast',
            name='visibility',
            field=models.CharField(blank=True, help_text="Empty: as the channel's broadcasts begin.", max_length=24, verbose_name='visibility'),
        ),
    ]
