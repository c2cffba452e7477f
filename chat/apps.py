from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from accounts import deletion
        from chat import commands, forgetting, hearing, perks, reporting, slash_commands, topics

        topics.register()
        commands.register()
        hearing.register()
        perks.register()
        slash_commands.register_all()
        reporting.register()
        deletion.register(
            "chat",
            forgetting.forget_messages_of,
            says=_("What you wrote in chats is removed."),
            export=forgetting.messages_of,
        )
