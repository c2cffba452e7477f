"""How a browser behind a strict network reaches Janus: by a TURN server (coturn, `use-auth-secret`)."""

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

_VALID_S = 12 * 3600


def ice_servers(name: str, now: datetime) -> list[dict[str, Any]]:
    """What RTCPeerConnection is told; none where no TURN server is set.

    The credentials are those of coturn's REST interface: they run out by themselves.
    """
    env = settings.ENV
    if not env.turn_url or not env.turn_secret:
        return []
    username = f"{int(now.timestamp()) + _VALID_S}:{name}"
    digest = hmac.new(env.turn_secret.encode(), username.encode(), hashlib.sha1).digest()
    return [{"urls": env.turn_url, "username": username, "credential": base64.b64encode(digest).decode()}]
