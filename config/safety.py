"""What no house may open its doors with: debugging, and secrets that others know."""

from config.env import Env

# Stand-ins of examples, of the image's build and of Django's own templates.
STAND_INS = ("django-insecure-", "for-the-build", "changeme", "change-me", "change_me", "example", "insecure")
SECRETS = ("secret_key", "stream_key_secrets", "playback_secrets", "hook_secrets", "totp_secrets")
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


def is_guessable(secret: str) -> bool:
    """Whether somebody could know or find it."""
    plain = secret.lower()
    too_simple = len(secret) < SHORTEST or len(set(secret)) < FEWEST_DIFFERENT
    return too_simple or any(stand_in in plain for stand_in in STAND_INS)


def refuse_unsafe(env: Env) -> None:
    """Exit, naming each setting, unless there are no objections."""
    found = objections(env)
    if found:
        lines = [f"estrade: setting {objection}" for objection in found]
        lines.append("estrade: others can reach this instance, so it doesn't start like this.")
        raise SystemExit("\n".join(lines))
