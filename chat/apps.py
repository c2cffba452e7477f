from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import deletion
        from chat import (
            commands,
            forgetting,
            hearing,
            perks,
            raid_lines,
            reporting,
            slash_commands,
            slash_events,
            topics,
        )

        topics.register()
        commands.register()
        hearing.register()
        raid_lines.register()
        perks.register()
        slash_commands.register_all()
        slash_events.register_all()
        reporting.register()
        deletion.register(
            "chat",
            forgetting.forget_messages_of,
            says=_("What you wrote in chats is removed."),
            export=forgetting.messages_of,
        )
