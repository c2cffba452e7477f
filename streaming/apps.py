from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StreamingConfig(AppConfig):
    name = "streaming"
    verbose_name = _("Streaming")

    def ready(self) -> None:
        from accounts import deletion, suspension
        from streaming import devices, reporting, visibilities
        from streaming.actions import end_broadcasts_of, suspend_channels_of
        from streaming.exporting import broadcasts_of
        from streaming.live_events import register_topics

        register_topics()
        devices.register()
        reporting.register_kinds()
        visibilities.register_all()
        suspension.register("streaming", suspend_channels_of)
        says = _("Your broadcasts end, and your channels leave the air for good. Their names are free again.")
        deletion.register("broadcasts", end_broadcasts_of, says=says, export=broadcasts_of)
