"""Sums by day and by broadcast, filled from what was counted and charged before."""

from datetime import UTC
import django.contrib.postgres.fields
import django.db.models.deletion
import monetization.countries
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce, TruncDate

COUNTS = (
    "impressions",
    "viewable",
    "first_quartile",
    "midpoint",
    "third_quartile",
    "views",
    "completions",
    "skips",
    "clicks",
)


def sum_up(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
    """What was counted and charged before there were sums."""
    day, hour = apps.get_model("ads", "AdDay"), apps.get_model("ads", "AdHour")
    sums = {name: Sum(name) for name in (*COUNTS, "gross_micros", "streamer_micros")}
    hours = hour.objects.order_by().annotate(day=TruncDate("hour", tzinfo=UTC)).values("line_id", "day")
    day.objects.bulk_create([day(**row) for row in hours.annotate(**sums)], batch_size=1000)
    earning, charge = apps.get_model("ads", "AdEarning"), apps.get_model("ads", "AdCharge")
    kept = charge.objects.exclude(state="reversed").order_by()
    places = kept.values("channel_id", "broadcast_id", "format", "currency")
    paid = Coalesce(Sum("streamer_micros", filter=Q(state="paid")), 0, output_field=models.BigIntegerField())
    rows = places.annotate(paid_micros=paid, all=Sum("streamer_micros"), gross=Sum("gross_micros"))
    made = [earning(streamer_micros=row.pop("all"), gross_micros=row.pop("gross"), **row) for row in rows]
    earning.objects.bulk_create(made, batch_size=1000)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_words'),
        ('ads', '0001_initial'),
        ('streaming', '0006_scheduled_visibility'),
    ]

    operations = [
        migrations.AlterField(
            model_name='lineitem',
            name='countries',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=2, validators=[monetization.countries.validate_country]), blank=True, default=list, help_text='Where the viewer is. None: everywhere.', size=None, verbose_name='countries'),
        ),
        migrations.CreateModel(
            name='AdDay',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('impressions', models.PositiveIntegerField(default=0, verbose_name='impressions')),
                ('viewable', models.PositiveIntegerField(default=0, verbose_name='viewable')),
                ('first_quartile', models.PositiveIntegerField(default=0, verbose_name='first quartile')),
                ('midpoint', models.PositiveIntegerField(default=0, verbose_name='midpoint')),
                ('third_quartile', models.PositiveIntegerField(default=0, verbose_name='third quartile')),
                ('views', models.PositiveIntegerField(default=0, verbose_name='views')),
                ('completions', models.PositiveIntegerField(default=0, verbose_name='completions')),
                ('skips', models.PositiveIntegerField(default=0, verbose_name='skips')),
                ('clicks', models.PositiveIntegerField(default=0, verbose_name='clicks')),
                ('gross_micros', models.BigIntegerField(default=0, verbose_name='gross in micro-units')),
                ('streamer_micros', models.BigIntegerField(default=0, verbose_name="streamer's in micro-units")),
                ('day', models.DateField(verbose_name='day')),
                ('line', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='days', to='ads.lineitem', verbose_name='line item')),
            ],
            options={
                'verbose_name': 'day of an ad',
                'verbose_name_plural': 'days of ads',
                'ordering': ['-day', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('line', 'day'), name='one_ad_day_each')],
            },
        ),
        migrations.CreateModel(
            name='AdEarning',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('format', models.CharField(choices=[('pre', 'before a stream'), ('mid', 'in a break'), ('chat', 'in the chat')], max_length=4, verbose_name='format')),
                ('currency', models.CharField(max_length=3, verbose_name='currency')),
                ('gross_micros', models.BigIntegerField(default=0, verbose_name='gross in micro-units')),
                ('streamer_micros', models.BigIntegerField(default=0, verbose_name="streamer's in micro-units")),
                ('paid_micros', models.BigIntegerField(default=0, verbose_name='paid in micro-units')),
                ('broadcast', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='ad_earnings', to='streaming.broadcast', verbose_name='broadcast')),
                ('channel', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ad_earnings', to='accounts.channel', verbose_name='channel')),
            ],
            options={
                'verbose_name': 'earning of ads',
                'verbose_name_plural': 'earnings of ads',
                'ordering': ['channel', 'pk'],
                'constraints': [models.UniqueConstraint(fields=('channel', 'broadcast', 'format', 'currency'), name='one_ad_earning_each')],
            },
        ),
        migrations.RunPython(sum_up, migrations.RunPython.noop, elidable=True),
    ]
