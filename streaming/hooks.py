"""The hooks of ingest. Only ingest's own relay may call them: it adds the shared secret, its node and its boot.

nginx-rtmp sends form fields: call, app, name, addr, clientid, tcurl, flashver. A 2xx lets go on, a 302 to a bare
name renames the stream, anything else refuses or drops.
"""

import hmac
import logging
from collections.abc import Callable
from functools import wraps

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from redis import RedisError

from streaming import actions, live_store
from streaming.errors import Refused, TooManyAttempts
from streaming.liveness import count_readers, wait_for_readers
from streaming.models import Broadcast, IngestSession

log = logging.getLogger(__name__)

READERS_WAIT_S = 2.5
ATTEMPTS_A_MINUTE = 30
Hook = Callable[[HttpRequest], HttpResponse]


def from_relay(view: Hook) -> Hook:
    """Answer 403 to whoever doesn't know a hook secret."""

    @csrf_exempt
    @require_POST
    @wraps(view)
    def checked(request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Estrade-Hook-Secret", "").encode()
        good = [hmac.compare_digest(given, secret.encode()) for secret in settings.ENV.hook_secrets]
        return view(request) if any(good) else HttpResponseForbidden()

    return checked


@from_relay
def publish(request: HttpRequest) -> HttpResponse:
    """An encoder wants in. It is answered once the packager's readers are there, so that no frame is missed."""
    address = _address(request)
    encoder = actions.Encoder(
        address=address,
        node=_node(request),
        boot=_boot(request),
        client_id=request.POST.get("clientid", "")[:20],
        name=actions.BROWSER if request.POST.get("browser") == "1" else request.POST.get("flashver", ""),
        is_standby=request.POST.get("standby") == "1",
    )
    try:
        _limit_attempts(address)
        session = actions.admit_encoder(key=request.POST.get("name", ""), encoder=encoder, now=timezone.now())
    except Refused as refusal:
        log.info("encoder from %s refused: %s", address, refusal.code)
        return HttpResponseForbidden()
    try:
        if not wait_for_readers(session.name, READERS_WAIT_S):
            log.warning("encoder of %s let in before all of its readers", session.broadcast)
            if not count_readers(session.name):
                # Whoever reads from now on joins in mid-stream, and has to know.
                live_store.note_late_readers(session.name)
                live_store.ask_to_stop(session.name)
    except RedisError as error:
        log.warning("encoder of %s let in without waiting for its packager: %s", session.broadcast, error)
    return HttpResponse(status=302, headers={"Location": session.name})


def _limit_attempts(address: str) -> None:
    """Raises TooManyAttempts past the limit; with Redis away nobody is kept out."""
    key = f"publish-attempts:{address}"
    try:
        cache.add(key, 0, 60)
        if cache.incr(key) > ATTEMPTS_A_MINUTE:
            raise TooManyAttempts
    except (RedisError, ValueError):
        pass


@from_relay
def play(request: HttpRequest) -> HttpResponse:
    """A reader connects. Sessions' names are secret, so who names an open one is a packager."""
    name = request.POST.get("name", "")
    if not IngestSession.objects.filter(name=name, ended_at__isnull=True).exists():
        return HttpResponseForbidden()
    return HttpResponse()


@from_relay
def update(request: HttpRequest) -> HttpResponse:
    """A sign of life of whoever publishes or plays; 403 drops a session that is closed."""
    if request.POST.get("call") != "update_publish":
        return HttpResponse()
    session = _session_of(request)
    if session is None:
        return HttpResponse()
    allowed = session.ended_at is None and session.broadcast.state != Broadcast.State.ENDED
    return HttpResponse() if allowed else HttpResponseForbidden()


@from_relay
def publish_done(request: HttpRequest) -> HttpResponse:
    """An encoder is gone. A refused duplicate says so too; its client number belongs to no session."""
    session = _session_of(request)
    if session is not None:
        actions.close_session(session=session, now=timezone.now())
    return HttpResponse()


def _session_of(request: HttpRequest) -> IngestSession | None:
    """The session of a client number, which counts from 1 again at each start of ingest."""
    sessions = IngestSession.objects.select_related("broadcast__channel")
    client_id = request.POST.get("clientid", "")[:20]
    return sessions.filter(node=_node(request), boot=_boot(request), client_id=client_id).first()


def _node(request: HttpRequest) -> str:
    return request.headers.get("X-Estrade-Node", "")[:32]


def _boot(request: HttpRequest) -> str:
    return request.headers.get("X-Estrade-Boot", "")[:32]


def _address(request: HttpRequest) -> str:
    address = request.POST.get("addr", "")
    try:
        validate_ipv46_address(address)
    except ValidationError:
        return "0.0.0.0"  # noqa: S104 an encoder behind a unix socket has no address
    return address
