from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_emotes")]

    operations = [migrations.RenameField("room", "last_shown_at", "delayed_until")]
