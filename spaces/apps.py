from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SpacesConfig(AppConfig):
    name = "spaces"
    verbose_name = _("Spaces")

    def ready(self) -> None:
        from accounts import deletion, suspension
        from spaces import (
            chatting,
            commands,
            composing,
            forgetting,
            hearing,
            media_commands,
            reminding,
            reporting,
            solo_commands,
            topics,
        )

        topics.register()
        composing.register()
        chatting.register()
        commands.register()
        media_commands.register()
        solo_commands.register()
        reminding.register()
        hearing.register()
        reporting.register()
        suspension.register("spaces", forgetting.end_spaces_of_suspended)
        deletion.register(
            "spaces",
            forgetting.forget_spaces_of,
            says=_("Your Spaces end, and your places in others' are free."),
            export=forgetting.spaces_of,
        )
