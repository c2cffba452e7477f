from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('chat', '0006_readers_and_overlays'),
    ]

    operations = [
        migrations.AddField(
            model_name='room',
            name='place',
            field=models.CharField(blank=True, db_default='', default='', editable=False, help_text='Whose chat it is.', max_length=64, verbose_name='place'),
        ),
        migrations.RemoveConstraint(
            model_name='room',
            name='room_names_differ',
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(condition=models.Q(('place', '')), fields=('channel', 'name'), name='room_names_differ', violation_error_message='There is a room of this name already.'),
        ),
        migrations.AddConstraint(
            model_name='room',
            constraint=models.UniqueConstraint(condition=models.Q(('place', ''), _negated=True), fields=('place',), name='one_room_a_place'),
        ),
    ]
