"""Settings, all from the environment; `.env.example` names every variable with its meaning.

With nothing configured this is the demonstration: embedded servers under `VAR_DIR` and secrets
made on the first start. As soon as DATABASE_URL is set, nothing secret has a default.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from embedded.secrets import demo_secret
from embedded.state import read_state

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").is_file():
    env.read_env(str(BASE_DIR / ".env"))

VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
DEMO: bool = env.bool("DEMO", default=not env.str("DATABASE_URL", default=""))
_embedded = read_state(VAR_DIR) if DEMO else {}


def _secret(name: str, how: str) -> str:
    value: str = env.str(name, default="")
    if value:
        return value
    if DEMO:
        return demo_secret(name, VAR_DIR)
    raise ImproperlyConfigured(f"{name} is not set. Make one with: {how}")


def _address(name: str, *, demo: str) -> str:
    value: str = env.str(name, default="")
    if value:
        return value
    if DEMO:
        return _embedded.get(name, demo)
    raise ImproperlyConfigured(f"{name} is not set. .env.example shows its form.")


# --- secrets ---------------------------------------------------------------------------------
_RANDOM = 'python3 -c "import secrets; print(secrets.token_urlsafe(48))"'
SECRET_KEY = _secret("SECRET_KEY", _RANDOM)
LOOKUP_HASH_KEY = _secret("LOOKUP_HASH_KEY", _RANDOM)
# Comma-separated, the first encrypts, all decrypt: put a new one in front to rotate.
FIELD_ENCRYPTION_KEYS = [
    key.strip() for key in _secret("FIELD_ENCRYPTION_KEYS", _RANDOM).split(",") if key.strip()
]

# Signs the certificates of purges. The public keys of keys before it, comma-separated in Base64,
# are named so that older certificates can still be checked.
CERTIFICATE_KEY: str = env.str("CERTIFICATE_KEY", default="") or SECRET_KEY
CERTIFICATE_PUBLIC_KEYS: list[str] = env.list("CERTIFICATE_PUBLIC_KEYS", default=[])

# --- addresses -------------------------------------------------------------------------------
PORT: int = env.int("PORT", default=8000)
PUBLIC_URL: str = _address("PUBLIC_URL", demo=f"http://127.0.0.1:{PORT}").rstrip("/")
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEMO else []
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
TRUSTED_PROXIES: int = env.int("TRUSTED_PROXIES", default=0)

DEBUG: bool = env.bool("DEBUG", default=False)

INSTALLED_APPS = [
    "lib",
    "audit",
    "outbox",
    "ledger",
    "accounts",
    "datamap",
    "retention",
    "erasure",
    "requests_portal",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.humanize",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
if DEMO:
    INSTALLED_APPS.insert(0, "demo")

#: The largest request the portal and the desk take; what is larger is refused unread.
UPLOAD_MOST_MEGABYTES = 60
UPLOAD_MOST_MEGABYTES_STAFF = 512
# One scan or proof stays in memory until it is sealed: on disk it would lie open for a while.
FILE_UPLOAD_MAX_MEMORY_SIZE = 22 * 1024 * 1024

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "requests_portal.middleware.upload_limit",
    "ledger.middleware.closed_until_replayed",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.StaffLanguageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.SecondFactorMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]

ROOT_URLCONF = "apifonica_privacy.urls"
WSGI_APPLICATION = "apifonica_privacy.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.product",
            ],
        },
    },
]

# --- our own store ---------------------------------------------------------------------------
_NOT_STARTED = "postgres://privacy@127.0.0.1:9/privacy"  # a port nobody listens on
DATABASES = {
    "default": env.db_url_config(_address("DATABASE_URL", demo=_NOT_STARTED))
    | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True},
}
REDIS_URL = _address("REDIS_URL", demo="redis://127.0.0.1:9/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- the erasure ledger and backups ------------------------------------------------------------
# What is erased is noted in this file, outside the database, and done again after a restore.
ERASURE_LEDGER: str = env.str("ERASURE_LEDGER", default=str(VAR_DIR / "ledger" / "erasures.jsonl"))
BACKUP_DIR: str = env.str("BACKUP_DIR", default=str(VAR_DIR / "backups"))
#: The local time (TIME_ZONE) at which a backup is made every day; empty: none by itself.
BACKUP_AT: str = env.str("BACKUP_AT", default="")
BACKUPS_KEPT: int = env.int("BACKUPS_KEPT", default=14)
# The folder with pg_dump and pg_restore; empty: those of the embedded server, or on the PATH.
PG_PROGRAMS: str = env.str("PG_PROGRAMS", default="")

# --- background work -------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE_FILENAME = str(VAR_DIR / "celerybeat-schedule")
# The database is the queue: these sweeps find what no wake-up announced.
CELERY_BEAT_SCHEDULE = {
    "deliver-mail": {"task": "outbox.tasks.deliver_due", "schedule": timedelta(seconds=15)},
    "collect": {
        "task": "requests_portal.tasks.collect",
        "schedule": timedelta(seconds=15),
    },
    "send-codes": {
        "task": "requests_portal.tasks.send_codes",
        "schedule": timedelta(seconds=15),
    },
    "settle-sent": {
        "task": "requests_portal.tasks.settle_sent",
        "schedule": timedelta(minutes=1),
    },
    "print-letters": {
        "task": "requests_portal.tasks.print_letters",
        "schedule": timedelta(minutes=1),
    },
    "build-packages": {
        "task": "requests_portal.tasks.build_packages",
        "schedule": timedelta(seconds=15),
    },
    "push-transfers": {
        "task": "requests_portal.tasks.push_transfers",
        "schedule": timedelta(seconds=30),
    },
    "build-handover-files": {
        "task": "requests_portal.tasks.build_handover_files",
        "schedule": timedelta(seconds=15),
    },
    "apply-corrections": {
        "task": "requests_portal.tasks.apply_corrections",
        "schedule": timedelta(seconds=15),
    },
    "back-up": {"task": "ledger.tasks.back_up", "schedule": timedelta(minutes=5)},
    "widen-holds": {"task": "retention.tasks.widen_legal_holds", "schedule": timedelta(hours=1)},
    "remind-of-hold-reviews": {
        "task": "retention.tasks.remind_of_hold_reviews",
        "schedule": timedelta(hours=1),
    },
    "begin-purge": {"task": "retention.tasks.begin_purge", "schedule": timedelta(minutes=5)},
    "sample-overdue": {
        "task": "retention.tasks.sample_overdue",
        "schedule": timedelta(minutes=5),
    },
    "purge": {"task": "retention.tasks.purge", "schedule": timedelta(seconds=30)},
    "mark-sources": {
        "task": "retention.tasks.mark_sources",
        "schedule": timedelta(seconds=15),
    },
    "renew-source-marks": {
        "task": "retention.tasks.renew_source_marks",
        "schedule": timedelta(hours=1),
    },
    "erase": {"task": "erasure.tasks.work", "schedule": timedelta(seconds=15)},
    "erase-scheduled": {
        "task": "erasure.tasks.erase_scheduled",
        "schedule": timedelta(minutes=5),
    },
    "remind-owners": {"task": "datamap.tasks.remind_owners", "schedule": timedelta(hours=1)},
    "remind-staff": {
        "task": "requests_portal.tasks.remind_staff",
        "schedule": timedelta(minutes=15),
    },
    "count-calendars": {
        "task": "requests_portal.tasks.count_calendars",
        "schedule": timedelta(minutes=5),
    },
    "tidy-portal": {"task": "requests_portal.tasks.tidy", "schedule": timedelta(hours=1)},
    "tidy-sign-ins": {
        "task": "accounts.tasks.purge_sign_in_attempts",
        "schedule": timedelta(hours=6),
    },
}

# --- mail ------------------------------------------------------------------------------------
_mail = env.email_url_config(_address("EMAIL_URL", demo="smtp://127.0.0.1:9"))
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail["EMAIL_HOST"]
EMAIL_PORT = _mail["EMAIL_PORT"]
EMAIL_HOST_USER = _mail["EMAIL_HOST_USER"]
EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_TIMEOUT = 20
DEFAULT_FROM_EMAIL: str = env.str(
    "DEFAULT_FROM_EMAIL", default="Apifonica Privacy <dpo@apifonica.com>"
)
SECURITY_EMAIL: str = env.str("SECURITY_EMAIL", default="security@apifonica.com")
DPO_EMAIL: str = env.str("DPO_EMAIL", default="dpo@apifonica.com")

# --- codes to phones -------------------------------------------------------------------------
IDENTITY_CODE_URL: str = env.str("IDENTITY_CODE_URL", default="")
IDENTITY_CODE_TOKEN: str = env.str("IDENTITY_CODE_TOKEN", default="")
if IDENTITY_CODE_URL and not IDENTITY_CODE_TOKEN:
    raise ImproperlyConfigured("IDENTITY_CODE_TOKEN is not set; it signs what the gateway is sent.")
if IDENTITY_CODE_URL and not DEMO and not IDENTITY_CODE_URL.startswith("https://"):
    raise ImproperlyConfigured("IDENTITY_CODE_URL must begin with https://: it is sent codes.")

# --- the data map ----------------------------------------------------------------------------
DATAMAP_DIR = Path(env.str("DATAMAP_DIR", default=str(BASE_DIR / "demo" / "datamap")))
# Source addresses are named by the map (`url_env: SOURCE_PLATFORM_URL`) and looked up here.
SOURCE_URLS: dict[str, str] = {
    name: value for name, value in env.ENVIRON.items() if name.startswith("SOURCE_")
}
for _name, _value in _embedded.items():
    if _name.startswith("SOURCE_"):
        SOURCE_URLS.setdefault(_name, _value)
# Seconds that one statement on a source may take (for a streamed one: each batch of rows).
SOURCE_STATEMENT_TIMEOUT: int = env.int("SOURCE_STATEMENT_TIMEOUT", default=300)
# Rows that an erasure removes in one transaction of a source; more go in steps.
ERASURE_TRANSACTION_ROWS: int = env.int("ERASURE_TRANSACTION_ROWS", default=250_000)
#: The local time at which a run that erases what is due begins by itself; empty: none does.
PURGE_AT: str = env.str("PURGE_AT", default="")
PURGE_TIME_ZONE: str = env.str("PURGE_TIME_ZONE", default="Europe/Tallinn")
#: More than that in one table, and a person is asked first: a share of its rows, and a number.
PURGE_MOST_SHARE: float = env.float("PURGE_MOST_SHARE", default=0.5)
PURGE_MOST_ROWS: int = env.int("PURGE_MOST_ROWS", default=5_000_000)
PURGE_STEP_ROWS: int = env.int("PURGE_STEP_ROWS", default=100_000)
# How long a stretch should take, in seconds: their size adapts itself to it.
PURGE_STEP_SECONDS: float = env.float("PURGE_STEP_SECONDS", default=1.0)
# Into how many parts a large table is divided at most, for as many workers.
PURGE_PARTS: int = env.int("PURGE_PARTS", default=8)
# How often each table is looked at for records past their date, in minutes.
OVERDUE_EVERY: int = env.int("OVERDUE_EVERY", default=60)
# Who may read /metrics: the bearer of this; empty: nobody.
METRICS_TOKEN: str = env.str("METRICS_TOKEN", default="")
ERASURE_STEP_ROWS: int = env.int("ERASURE_STEP_ROWS", default=50_000)
# Packages are sent to addresses that people name: on the open internet, or on a host named here.
TRANSFER_PRIVATE_HOSTS: list[str] = env.list("TRANSFER_PRIVATE_HOSTS", default=[])
TRANSFER_CA_FILE: str = env.str("TRANSFER_CA_FILE", default="")

# --- the demonstration company -----------------------------------------------------------------
DEMO_CUSTOMERS: int = env.int("DEMO_CUSTOMERS", default=2_000)
DEMO_CALLS: int = env.int("DEMO_CALLS", default=60_000)

# --- people and sign-in ----------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
# Addresses are unique by a constraint on Lower("email"); the check knows only plain ones.
SILENCED_SYSTEM_CHECKS = ["auth.W004"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "name")},
    },
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "desk:case-list"
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapters.StaffAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR = (  # allauth's also reads a list of addresses of its own
    "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105
)
# "login" is off: it answers before an attempt is looked at and would leave no trace in the log.
ACCOUNT_RATE_LIMITS = {"login": "", "login_failed": "20/m/ip,5/5m/key"}
ACCOUNT_FORMS = {
    "login": "accounts.forms.SignInForm",
    "reset_password": "accounts.forms.ForgottenPasswordForm",
    "reset_password_from_key": "accounts.forms.NewPasswordForm",
    "change_password": "accounts.forms.PasswordChangeForm",
    "reauthenticate": "accounts.forms.ConfirmPasswordForm",
}
MFA_ADAPTER = "accounts.adapters.SecondFactorAdapter"
MFA_FORMS = {
    "authenticate": "accounts.forms.SecondFactorForm",
    "reauthenticate": "accounts.forms.ConfirmCodeForm",
    "activate_totp": "accounts.forms.SetUpAppForm",
}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Apifonica Privacy"
MFA_TOTP_TOLERANCE = 1  # one step of 30 seconds early or late
MFA_ALLOW_UNVERIFIED_EMAIL = True  # addresses are given by security officers, not claimed
REQUIRE_SECOND_FACTOR: bool = env.bool("REQUIRE_SECOND_FACTOR", default=not DEMO)

# --- languages and time ----------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("pl", _("Polish")), ("et", _("Estonian")), ("lv", _("Latvian"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_TZ = True
TIME_ZONE = "Europe/Tallinn"
FORMAT_MODULE_PATH = ["apifonica_privacy.formats"]

# --- static files ----------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", ("fonts", VAR_DIR / "fonts")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

# --- security --------------------------------------------------------------------------------
SESSION_COOKIE_AGE = 8 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
CSRF_COOKIE_HTTPONLY = True
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
if not DEMO:
    SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
    SECURE_REDIRECT_EXEMPT = [r"^health/$"]
    SECURE_HSTS_SECONDS = 31_536_000
    SECURE_HSTS_INCLUDE_SUBDOMAINS = True
    SECURE_HSTS_PRELOAD = True
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    if TRUSTED_PROXIES:
        SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "object-src": [NONE],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "form-action": [SELF],
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"mask_links": {"()": "lib.log_masking.MaskLinks"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["mask_links"],
        },
    },
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    # a dozen lines of progress for each letter
    "loggers": {"weasyprint": {"level": "WARNING"}, "fontTools": {"level": "WARNING"}},
}
