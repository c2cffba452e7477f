"""The one websocket, what is sent over it to whom, and the outbox. Ground floor: it knows no app.

Apps fill `topics`, `commands` and `outbox` in their `AppConfig.ready`.
"""

from realtime.publishing import close_sockets_of, publish, publish_on_commit, recheck_on_commit

__all__ = ["close_sockets_of", "publish", "publish_on_commit", "recheck_on_commit"]
