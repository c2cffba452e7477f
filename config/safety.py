"""What no house may open its doors with: debugging, secrets that others know, and money that goes astray."""

from urllib.parse import urlsplit

from config.env import Env, is_private

# Stand-ins of examples, of the image's build and of Django's own templates.
STAND_INS = ("django-insecure-", "for-the-build", "changeme", "change-me", "change_me", "example", "insecure")
SECRETS = ("secret_key", "stream_key_secrets", "playback_secrets", "hook_secrets", "totp_secrets", "bank_secrets")
SHORTEST = 32
FEWEST_DIFFERENT = 8


def objections(env: Env) -> list[str]:
    """Why these settings may not be used where strangers come; none on a machine that only serves itself."""
    if not env.is_public:
        return []
    found = []
    if env.debug_on:
        found.append("DEBUG: shows settings to strangers, as HOST or PUBLIC_URL lets them in. Unset it.")
    held: dict[str, str] = {}
    for name in SECRETS:
        value = getattr(env, name)
        for secret in [value] if isinstance(value, str) else value:
            if is_guessable(secret):
                found.append(f"{name.upper()}: is a stand-in or too simple. Make one: openssl rand -hex 32")
            elif held.setdefault(secret, name) != name:
                found.append(f"{name.upper()}: is the same as {held[secret].upper()}. Each needs one of its own.")
    if env.tls_cert and not env.base_url.startswith("https:"):
        found.append("PUBLIC_URL: must begin with https:// as TLS_CERT is set.")
    return found


def money_objections(env: Env) -> list[str]:
    """Why money can't go where these settings send it; nobody's card may meet the wrong gateway."""
    if env.payments == "off":
        return []
    found = []
    if not (env.stripe_secret_key and env.stripe_publishable_key):
        found.append("STRIPE_SECRET_KEY and STRIPE_PUBLISHABLE_KEY: PAYMENTS needs both.")
    if not all(env.stripe_webhook_secrets) or not env.stripe_webhook_secrets:
        found.append("STRIPE_WEBHOOK_SECRETS: is empty. Anybody could forge an event.")
    is_live = "_live_" in env.stripe_secret_key or "_live_" in env.stripe_publishable_key
    if env.payments == "sandbox":
        if is_live:
            found.append("STRIPE_SECRET_KEY: is a live key, which isn't for the sandbox.")
        if not env.stripe_api_base:
            found.append("STRIPE_API_BASE: must be the sandbox's address.")
        if not is_private(env.base_url):
            found.append("PAYMENTS: the sandbox takes no money, and PUBLIC_URL is for the world. Choose off or stripe.")
    elif env.stripe_api_base and not _is_stripes(env.stripe_api_base):
        found.append("STRIPE_API_BASE: isn't Stripe's. Leave it empty.")
    return found


def _is_stripes(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "https" and (parts.hostname or "").endswith(".stripe.com")


def is_guessable(secret: str) -> bool:
    """Whether somebody could know or find it."""
    plain = secret.lower()
    too_simple = len(secret) < SHORTEST or len(set(secret)) < FEWEST_DIFFERENT
    return too_simple or any(stand_in in plain for stand_in in STAND_INS)


def refuse_unsafe(env: Env) -> None:
    """Exit, naming each setting, unless there are no objections."""
    found, about_money = objections(env), money_objections(env)
    lines = [f"estrade: setting {objection}" for objection in [*found, *about_money]]
    if found:
        lines.append("estrade: others can reach this instance, so it doesn't start like this.")
    if lines:
        raise SystemExit("\n".join(lines))
