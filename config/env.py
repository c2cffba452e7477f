"""Every setting that comes from the environment, typed, read in this one place.

`make run` writes the settings of its stack to `var/env`, so `./manage.py` finds them from any shell; real
environment variables win over that file. What is missing or malformed is named at start.
"""

import os
import re
import sys
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = Path(os.environ.get("ESTRADE_VAR", BASE_DIR / "var"))
LOOPBACK = ("127.0.0.1", "localhost", "::1")

Secrets = Annotated[list[str], NoDecode, Field(min_length=1)]
PLAIN_URL = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?/?")


def networks(text: str) -> list[str]:
    """Addresses and networks, comma-separated, as nginx wants them; ValueError when one is neither."""
    return [str(ip_network(part.strip())) for part in text.split(",") if part.strip()]


def is_private(url: str) -> bool:
    """Whether an address is of this machine or a network at home: no name that the world knows."""
    host = urlsplit(url).hostname or ""
    try:
        return host in LOOPBACK or ip_address(host).is_private
    except ValueError:
        return False


class Env(BaseSettings):
    """The environment. Lists are comma-separated; of several secrets the first signs and all are accepted."""

    model_config = SettingsConfigDict(env_file=VAR_DIR / "env", extra="ignore")

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65535)
    rtmp_port: int = Field(1935, ge=1, le=65535)
    public_url: str = ""
    debug: bool | None = None
    tls_cert: str = ""
    tls_key: str = ""
    rtmps_port: int = Field(1936, ge=1, le=65535)
    http_redirect_port: int = Field(0, ge=0, le=65535)
    acme_dir: Path = VAR_DIR / "acme"
    trusted_proxies: Annotated[list[str], NoDecode] = []
    hsts_s: int = Field(31_536_000, ge=0)
    demo: bool = True
    node: str = Field("local", pattern=r"^[a-z0-9-]{1,32}$")

    db_host: str = str(VAR_DIR / "run")
    db_port: int = 6432
    db_name: str = "estrade"
    db_user: str = "estrade"
    db_password: str = ""
    db_direct_host: str = ""
    db_direct_port: int = 5432
    redis_url: str = f"unix://{VAR_DIR / 'run' / 'redis.sock'}?db=0"

    secret_key: str = Field(min_length=32)
    stream_key_secrets: Secrets
    playback_secrets: Secrets
    hook_secrets: Secrets
    totp_secrets: Secrets
    bank_secrets: Secrets

    ingest_rtmp_url: str = "rtmp://127.0.0.1:1935/live"
    ingest_control: str = f"unix:{VAR_DIR / 'run' / 'ingest.sock'}"
    media_dir: Path = VAR_DIR / "media"
    static_root: Path = VAR_DIR / "static"

    ladder: str = "480p"
    audio_rendition: bool = True
    transcode_slots: int = Field(default_factory=lambda: 2 * (os.cpu_count() or 1), ge=0)
    max_broadcasts: int = Field(32, ge=1)
    max_placed: int = Field(16, ge=0)
    max_width: int = 1920
    max_height: int = 1080
    max_frame_rate: float = 60.0
    max_bitrate_bps: int = 12_000_000
    min_free_disk_mb: int = 512
    live_window_s: int = Field(36, ge=24)
    hold_back_s: float = Field(1.2, ge=0.7)
    broker_visibility_s: int = 3600
    sockets_per_account: int = Field(32, ge=1)
    sockets_per_address: int = Field(256, ge=1)

    janus_url: str = ""
    janus_secret: str = ""
    rtc_ports: str = Field("20000-20999", pattern=r"^\d{4,5}-\d{4,5}$")
    rtc_address: str = ""
    rtc_public_address: str = ""
    turn_url: str = ""
    turn_secret: str = ""
    space_seats: int = Field(300, ge=2)

    email_url: str = ""
    email_from: str = ""

    geo_country_header: str = Field("", pattern=r"^[A-Za-z0-9-]*$")
    geo_database: str = ""

    record_max_h: float = Field(12, ge=0)
    record_min_free_mb: int = 2048
    s3_bucket: str = ""
    s3_endpoint_url: str = ""
    s3_public_endpoint_url: str = ""
    s3_region: str = ""
    s3_access_key_id: str = ""
    s3_secret_access_key: str = ""
    s3_addressing_style: Literal["auto", "path", "virtual"] = "auto"

    payments: Literal["off", "sandbox", "stripe"] = "off"
    stripe_api_base: str = ""
    stripe_secret_key: str = ""
    stripe_publishable_key: str = ""
    stripe_webhook_secrets: Annotated[list[str], NoDecode] = []
    ticket_hold_days: int = Field(7, ge=0)
    gifts_at_once: int = Field(100, ge=1, le=100)

    @field_validator(
        "stream_key_secrets",
        "playback_secrets",
        "hook_secrets",
        "totp_secrets",
        "bank_secrets",
        "stripe_webhook_secrets",
        mode="before",
    )
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value

    @field_validator("public_url")
    @classmethod
    def _check_public_url(cls, value: str) -> str:
        if value and not PLAIN_URL.fullmatch(value):
            raise ValueError("must look like https://stream.example.org or http://stream.example.org:8080")
        return value

    @field_validator("trusted_proxies", mode="before")
    @classmethod
    def _check_proxies(cls, value: object) -> object:
        return networks(value) if isinstance(value, str) else value

    @field_validator("email_url")
    @classmethod
    def _check_email_url(cls, value: str) -> str:
        _mail_settings(value)
        return value

    @property
    def debug_on(self) -> bool:
        return not self.is_public if self.debug is None else self.debug

    @property
    def base_url(self) -> str:
        scheme = "https" if self.tls_cert else "http"
        return (self.public_url or f"{scheme}://localhost:{self.port}").rstrip("/")

    @property
    def is_public(self) -> bool:
        """Whether others than this machine's own users may come: over the network, or through a proxy beside us."""
        return self.host not in LOOPBACK or urlsplit(self.base_url).hostname not in LOOPBACK

    @property
    def public_ingest_url(self) -> str:
        """Where encoders are told to send to: over TLS as soon as there is a certificate."""
        host = re.sub(r":\d+$", "", urlsplit(self.base_url).netloc)
        return f"rtmps://{host}:{self.rtmps_port}/live" if self.tls_cert else f"rtmp://{host}:{self.rtmp_port}/live"

    @property
    def s3_origin(self) -> str:
        """Where browsers get recordings from; "" while they are kept here."""
        if not self.s3_bucket:
            return ""
        endpoint = self.s3_public_endpoint_url or self.s3_endpoint_url
        parts = urlsplit(endpoint or f"https://s3.{self.s3_region or 'us-east-1'}.amazonaws.com")
        is_path = self.s3_addressing_style == "path" or (self.s3_addressing_style == "auto" and bool(endpoint))
        return f"{parts.scheme}://{parts.netloc}" if is_path else f"{parts.scheme}://{self.s3_bucket}.{parts.netloc}"

    @property
    def direct_host(self) -> str:
        return self.db_direct_host or self.db_host

    @property
    def mail(self) -> dict[str, Any]:
        """Django's EMAIL_ settings."""
        return _mail_settings(self.email_url)


def _mail_settings(url: str) -> dict[str, Any]:
    """Files in var/mail without a URL; `smtp://user:password@host:587` (STARTTLS unless `?tls=off`), `smtps://`."""
    backend = "django.core.mail.backends"
    if not url:
        return {"EMAIL_BACKEND": f"{backend}.filebased.EmailBackend", "EMAIL_FILE_PATH": str(VAR_DIR / "mail")}
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ValueError("must look like smtp://user:password@host:587 or smtps://user:password@host:465")
    is_implicit = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": f"{backend}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if is_implicit else 587),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": is_implicit,
        "EMAIL_USE_TLS": not is_implicit and parse_qs(parts.query).get("tls") != ["off"],
        "EMAIL_TIMEOUT": 10,
    }


def read_env() -> Env:
    """Read the environment or exit naming each setting that is wrong."""
    try:
        return Env()  # type: ignore[call-arg]
    except ValidationError as error:
        for problem in error.errors():
            name = str(problem["loc"][0]).upper()
            print(f"estrade: setting {name}: {problem['msg']}", file=sys.stderr)
        print("estrade: `make run` writes these to var/env; otherwise set them in the environment.", file=sys.stderr)
        raise SystemExit(2) from None
