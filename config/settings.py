"""Django's settings. What differs from machine to machine comes through config/env.py."""

from urllib.parse import urlsplit

from csp.constants import NONCE, NONE, SELF

from config.env import BASE_DIR, LOOPBACK, VAR_DIR, read_env
from config.safety import refuse_unsafe
from config.storage import recordings_storage

ENV = read_env()
refuse_unsafe(ENV)
DEBUG = ENV.debug_on

SECRET_KEY = ENV.secret_key
PUBLIC_URL = ENV.base_url
PUBLIC_HOST = urlsplit(PUBLIC_URL).hostname or "localhost"
ALLOWED_HOSTS = sorted({PUBLIC_HOST, "localhost", "127.0.0.1", "[::1]"})
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "realtime",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "accounts",
    "streaming",
    "monetization",
    "chat",
    "ads",
    "spaces",
    "pages",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.HouseRules",
]
ROOT_URLCONF = "config.urls"
ASGI_APPLICATION = "config.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "pages.context.house",
            ],
        },
    },
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": ENV.db_host,
        "PORT": ENV.db_port,
        "NAME": ENV.db_name,
        "USER": ENV.db_user,
        "PASSWORD": ENV.db_password,
        # PgBouncer pools by transaction: nothing may live longer than one.
        "CONN_MAX_AGE": 0,
        "DISABLE_SERVER_SIDE_CURSORS": True,
        "OPTIONS": {"connect_timeout": 5},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": ENV.redis_url}}

AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = [
    f"django.contrib.auth.hashers.{name}"
    for name in ("Argon2PasswordHasher", "PBKDF2PasswordHasher", "PBKDF2SHA1PasswordHasher", "ScryptPasswordHasher")
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "home"
# Whoever runs the house beyond this machine proves it twice.
STAFF_NEEDS_TOTP = not DEBUG or PUBLIC_URL.startswith("https:")
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_FORMS = {"login": "accounts.forms.LoginForm", "signup": "accounts.forms.SignupForm"}
ACCOUNT_LOGIN_METHODS = {"email", "username"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*"]
ACCOUNT_SIGNUP_FORM_HONEYPOT_FIELD = "website"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_LOGIN_ON_EMAIL_CONFIRMATION = True
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_USERNAME_MIN_LENGTH = 2
ACCOUNT_USERNAME_VALIDATORS = "accounts.models.users.USERNAME_VALIDATORS"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Estrade"
MFA_ADAPTER = "accounts.adapter.MfaAdapter"

globals().update(ENV.mail)
DEFAULT_FROM_EMAIL = SERVER_EMAIL = ENV.email_from or f"Estrade <no-reply@{PUBLIC_HOST}>"

LANGUAGE_CODE = "en"
# A new one needs locale/<code>/ as well: docs/translating.md.
LANGUAGES = [("en", "English"), ("fr", "Français")]
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGE_COOKIE_AGE = 365 * 86400
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = ENV.static_root
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.finders.LibraryFinder",
]
LIBRARY_FILES = {
    "vendor/turbo/turbo.js": "@hotwired/turbo/dist/turbo.es2017-esm.js",
    "vendor/emoji/en.json": "emoji-picker-element-data/en/emojibase/data.json",
    "vendor/emoji/fr.json": "emoji-picker-element-data/fr/emojibase/data.json",
    "vendor/hls.js/hls.light.min.mjs": "hls.js/dist/hls.light.min.mjs",
    "vendor/media-chrome/index.js": "media-chrome/dist/iife/index.js",
    "vendor/media-chrome/index.js.map": "media-chrome/dist/iife/index.js.map",
    "vendor/uplot/uplot.js": "uplot/dist/uPlot.esm.js",
    "vendor/uplot/uplot.css": "uplot/dist/uPlot.min.css",
}
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "config.storage.HashedStaticFiles"},
    "recordings": recordings_storage(ENV),
}
MEDIA_ROOT = VAR_DIR / "uploads"
MEDIA_URL = "/uploads/"

SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
IS_HTTPS = PUBLIC_URL.startswith("https:")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
# Browsers would ask every program on this machine for HTTPS.
SECURE_HSTS_SECONDS = ENV.hsts_s if IS_HTTPS and PUBLIC_HOST not in LOOPBACK else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
PAYMENTS = ENV.payments
# The sandbox's script takes the address of its calls from its own.
STRIPE_JS_URL = {
    "off": "",
    "sandbox": "/payments-sandbox/js.stripe.com/v3/",
    "stripe": "https://js.stripe.com/v3/",
}[PAYMENTS]
STRIPE_ORIGINS = ["https://js.stripe.com", "https://*.js.stripe.com"] if PAYMENTS == "stripe" else []
# Recordings in a bucket are played and shown from there.
RECORDING_ORIGINS = [ENV.s3_origin] if ENV.s3_origin else []
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE, *STRIPE_ORIGINS],
        "style-src": [SELF, NONCE],
        # media-chrome styles its shadow roots with <style> elements it makes itself.
        "style-src-elem": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:", *RECORDING_ORIGINS],
        "media-src": [SELF, "blob:", *RECORDING_ORIGINS],
        # Not every browser counts a socket of the same origin as one's self.
        "connect-src": [
            SELF,
            f"ws{PUBLIC_URL.removeprefix('http')}",
            *RECORDING_ORIGINS,
            *(["https://api.stripe.com"] if STRIPE_ORIGINS else []),
        ],
        "frame-src": [*STRIPE_ORIGINS, "https://hooks.stripe.com"] if STRIPE_ORIGINS else [SELF],
        "worker-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    "loggers": {
        "httpx": {"level": "WARNING"},
        "django.request": {"level": "ERROR"},
        # Two lines a second for sweeps that found nothing hide the rest.
        "celery.app.trace": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
    },
}
