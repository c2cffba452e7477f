"""Numbers of bank accounts are sealed, and their last four stand beside."""

from django.db import migrations, models

from monetization.sealing import seal


def seal_numbers(apps, schema_editor):
    for name in ('BankAccount', 'Payout'):
        rows = apps.get_model('monetization', name).objects
        for row in rows.exclude(number='').iterator():
            row.sealed_number, row.ends_in = seal(row.number), row.number[-4:]
            row.save(update_fields=['sealed_number', 'ends_in'])


class Migration(migrations.Migration):

    dependencies = [
        ('monetization', '0009_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='bankaccount',
            name='ends_in',
            field=models.CharField(default='', editable=False, max_length=4, verbose_name='its last four'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='bankaccount',
            name='sealed_number',
            field=models.TextField(default='', editable=False, verbose_name='IBAN or account number, sealed'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='payout',
            name='ends_in',
            field=models.CharField(blank=True, default='', editable=False, max_length=4, verbose_name='its last four'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='payout',
            name='sealed_number',
            field=models.TextField(blank=True, default='', editable=False, verbose_name='IBAN or account number, sealed'),
            preserve_default=False,
        ),
        migrations.RunPython(seal_numbers),
        migrations.RemoveField(model_name='bankaccount', name='number'),
        migrations.RemoveField(model_name='payout', name='number'),
    ]
