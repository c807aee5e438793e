"""Settings of the site, driven by the environment and by `.env` beside manage.py.

What the environment says wins over `.env`; TOXIGUARD_ENV_FILE names another file than that one.

docs/install.md lists every variable with its default.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.core.management.utils import get_random_secret_key
from django.utils.translation import gettext_lazy as _

from toxiguard_site.logs import add_request_id, format_exception

BASE_DIR = Path(__file__).resolve().parent.parent
_PERIODS = {"s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60}
_PERIODS |= {"h": 3600, "hour": 3600, "d": 86400, "day": 86400}


class _Env(environ.Env):
    """An environment whose errors name the variable, and what it may be."""

    def get_value(self, var: str, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().get_value(var, *args, **kwargs)
        except ValueError as error:
            raise ImproperlyConfigured(f"{var} is not right: {error}.") from error

    def share(self, var: str, *, default: float) -> float:
        value = self.float(var, default=default)
        if not 0 <= value <= 1:
            raise ImproperlyConfigured(f"{var} is {value}; it may be from 0 to 1.")
        return value

    def choice(self, var: str, *, default: str, allowed: tuple[str, ...]) -> str:
        value = self.str(var, default="") or default
        if value not in allowed:
            raise ImproperlyConfigured(f"{var} is {value!r}; it may be: {', '.join(allowed)}.")
        return value

    def rate(self, var: str) -> tuple[int, int] | None:
        """`600/min` as how many in how many seconds; None where nothing is said."""
        value = self.str(var, default="").replace(" ", "")
        if not value:
            return None
        count, _slash, period = value.partition("/")
        if not re.fullmatch("[1-9][0-9]{0,8}", count) or period not in _PERIODS:
            raise ImproperlyConfigured(
                f"{var} is {value!r}; it is a number and a period (s, min, hour, day), "
                "like 600/min."
            )
        return int(count), _PERIODS[period]


env = _Env()
environ.Env.read_env(os.environ.get("TOXIGUARD_ENV_FILE") or BASE_DIR / ".env")

# Everything that the site writes (database, model files, keys, logs) lives under one folder.
DATA_DIR = Path(env.str("TOXIGUARD_DATA_DIR", default=str(BASE_DIR))).expanduser().resolve()
MODELS_STORE_DIR = DATA_DIR / "models_store"
STARTER_DIR = BASE_DIR / "models_store" / "starter"


def _secret_key() -> str:
    """The key from the environment, else one made at the first start and kept beside the data."""
    if key := env.str("TOXIGUARD_SECRET_KEY", default=""):
        return key
    path = DATA_DIR / "secret_key"
    DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x") as handle:
            path.chmod(0o600)
            handle.write(get_random_secret_key())
    except FileExistsError:
        pass
    return path.read_text()


SECRET_KEY = _secret_key()
DEBUG = env.bool("TOXIGUARD_DEBUG", default=False)
ALLOWED_HOSTS = env.list("TOXIGUARD_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("TOXIGUARD_TRUSTED_ORIGINS", default=[])
PUBLIC_URL = env.str("TOXIGUARD_PUBLIC_URL", default="")
# Pages of these origins may call the Perspective paths from the browser.
CORS_ORIGINS = [origin.rstrip("/") for origin in env.list("TOXIGUARD_CORS_ORIGINS", default=[])]
for _origin in CORS_ORIGINS:
    if not re.fullmatch(r"https?://[^/\s*?#@]+", _origin):
        raise ImproperlyConfigured(
            f"TOXIGUARD_CORS_ORIGINS has {_origin!r}; origins are like https://example.org."
        )

# The first ToxiGuard's `POST /analyze` answers without a token, as it did there.
OPEN_V1 = env.bool("TOXIGUARD_OPEN_V1", default=False)
# How many requests a token may make to the API, and in how many seconds; None: any number.
RATE_LIMIT = env.rate("TOXIGUARD_RATE_LIMIT")
RATE_LIMIT_DIR = DATA_DIR / "limits"

# Behind a proxy that ends HTTPS (docs/install.md): secure cookies, HSTS, and trust in its header.
HTTPS = env.bool("TOXIGUARD_HTTPS", default=False)
if HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = env.bool("TOXIGUARD_SSL_REDIRECT", default=True)
    # load balancers ask without HTTPS
    SECURE_REDIRECT_EXEMPT = ["^(health|healthz|readyz|api/health)$"]
    SECURE_HSTS_SECONDS = env.int("TOXIGUARD_HSTS_SECONDS", default=60 * 60 * 24 * 30)
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    # else all callers share the proxy's address, and one could lock out all others
    AXES_IPWARE_META_PRECEDENCE_ORDER = ["HTTP_X_REAL_IP", "REMOTE_ADDR"]

INSTALLED_APPS = [
    "toxiguard_site",
    "moderation",
    "modelops",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "toxiguard_site.packages.Tokens",
    "toxiguard_site.packages.Logins",
    "csp",
    "django_filters",
    "django_htmx",
    "django_structlog",
    "django_tasks",
    "django_tasks_db",
]

MIDDLEWARE = [
    "toxiguard_site.logs.name_requests",
    "django.middleware.security.SecurityMiddleware",
    "moderation.api.compat.cors.allow_origins",
    "csp.middleware.CSPMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "toxiguard_site.logs.RequestMiddleware",
    "axes.middleware.AxesMiddleware",
    "toxiguard_site.problems.require_length",
    "toxiguard_site.throttling.tell_limits",
]

ROOT_URLCONF = "toxiguard_site.urls"
WSGI_APPLICATION = "toxiguard_site.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "toxiguard_site.context_processors.frame",
            ],
        },
    },
]


def _for_this_user_only(database: str) -> None:
    """Make the file of a new SQLite database, which will hold texts, unreadable for others.

    SQLite gives its log and its index of the log the permissions of the file. What exists keeps
    its own: somebody may have given a group access on purpose.
    """
    with suppress(OSError):  # it is there, or SQLite will say what is wrong
        DATA_DIR.mkdir(parents=True, exist_ok=True)
        os.close(os.open(database, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


DATABASES = {"default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'db.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # WAL lets readers go on while one writes; IMMEDIATE takes the write lock at the start of a
    # transaction, so that the busy timeout applies instead of an error half-way through it.
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # secure_delete: what is deleted is overwritten, whatever SQLite was compiled with
        "init_command": (
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA secure_delete=ON;"
        ),
    }
    if (_database := DATABASES["default"]["NAME"]) != ":memory:":
        _for_this_user_only(_database)
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("TOXIGUARD_DB_CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
AXES_FAILURE_LIMIT = env.int("TOXIGUARD_LOGIN_FAILURE_LIMIT", default=10)
AXES_VERBOSE = False
AXES_COOLOFF_TIME = 1  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False  # toxiguard_site/admin.py shows it in the site's language
AXES_LOCKOUT_TEMPLATE = "registration/lockout.html"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "start"
LOGOUT_REDIRECT_URL = "login"

EMAIL_TIMEOUT = 20  # seconds; a mail server that hangs must not hold up what waits for it
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("TOXIGUARD_FROM_EMAIL", default="toxiguard@localhost")
# Who gets alerts about the model; empty: operators who have an address.
ALERT_EMAILS = env.list("TOXIGUARD_ALERT_EMAILS", default=[])

LANGUAGE_CODE = env.choice("TOXIGUARD_LANGUAGE", default="es", allowed=("es", "en"))
LANGUAGES = [("es", _("Spanish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "toxiguard_site" / "locale"]
FORMAT_MODULE_PATH = ["toxiguard_site.formats"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.str("TOXIGUARD_TIME_ZONE", default="UTC")

STATIC_URL = "static/"
# Static files are served from the apps' own folders, so that nothing has to be collected first.
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "toxiguard_site.api.TokenAuthentication",
        "toxiguard_site.api.BearerAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_THROTTLE_CLASSES": ["toxiguard_site.throttling.RateThrottle"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["toxiguard_site.api.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "toxiguard_site.api.Negotiation",
    "DEFAULT_METADATA_CLASS": "toxiguard_site.api.Methods",
    "URL_FORMAT_OVERRIDE": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "toxiguard_site.api.exception_handler",
}
REST_KNOX = {"TOKEN_TTL": None, "AUTH_HEADER_PREFIX": "Token", "AUTO_REFRESH": False}
SPECTACULAR_SETTINGS = {
    "TITLE": "ToxiGuard",
    "DESCRIPTION": "Toxicity scores for Spanish and English, with history and model operations.",
    "VERSION": "1.0.0",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    # (links of their own would stand within the buttons that open them)
    "SWAGGER_UI_SETTINGS": {"deepLinking": False},
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "ENUM_NAME_OVERRIDES": {
        "CategoryEnum": "moderation.models.Category",
        "LanguageEnum": "moderation.models.Language",
        "RequestedLanguageEnum": "modelops.serving.LANGUAGES",
        "VersionStateEnum": "modelops.models.ModelVersion.State",
        "HealthStatusEnum": "modelops.api.operations.OK",
        "RunStateEnum": "modelops.models.TrainingRun.State",
        "RunKindEnum": "modelops.models.TrainingRun.Kind",
        "QueueKindEnum": "moderation.models.QueueItem.Kind",
        "DecisionActionEnum": "moderation.models.ReviewDecision.Action",
        "DecisionModeEnum": "moderation.models.ReviewDecision.Mode",
        "DecideActionEnum": "moderation.api.queue_serializers.ACTIONS",
        "BatchActionEnum": "moderation.api.queue_serializers.BATCH_ACTIONS",
        "TermActionEnum": "moderation.models.Term.Action",
        "PolicyLabelEnum": "moderation.policy.LABELS",
        "TextTypeEnum": "moderation.api.compat.perspective_serializers.TEXT_TYPES",
        "ScoreTypeEnum": "moderation.api.compat.perspective_serializers.SCORE_TYPES",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "toxiguard_site.api.describe_problems",
    ],
}
CSRF_FAILURE_VIEW = "toxiguard_site.problems.csrf_failure"

TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}

DATA_UPLOAD_MAX_MEMORY_SIZE = 64 * 1024 * 1024  # 1,000 texts of 10,000 characters fit

# Opens /metrics to a collector that has no user; empty: only operators read it.
METRICS_TOKEN = env.str("TOXIGUARD_METRICS_TOKEN", default="")

MODEL_MAX_AGE_DAYS = env.int("TOXIGUARD_MODEL_MAX_AGE_DAYS", default=30)
# Labelled files from which the starter model is rebuilt; no running site needs them.
TRAINING_DATA_DIR = Path(
    env.str("TOXIGUARD_TRAINING_DATA", default=str(BASE_DIR.parent / "shared" / "data"))
)
BACKUPS_KEEP = env.int("TOXIGUARD_BACKUPS_KEEP", default=5)
# The newest so many labels are learned, which bounds a training's memory (10 to 30 KB a label).
MAX_TRAINING_LABELS = env.int("TOXIGUARD_MAX_TRAINING_LABELS", default=100_000)
DEFAULT_TEXT_LANGUAGE = env.choice(
    "TOXIGUARD_DEFAULT_TEXT_LANGUAGE", default="es", allowed=("es", "en")
)
# What happens to a text that is confidently in a language the model does not have.
UNKNOWN_LANGUAGE_DECISION = env.choice(
    "TOXIGUARD_UNKNOWN_LANGUAGE_DECISION", default="review", allowed=("allow", "review", "block")
)

# Texts are erased so many days after their analysis; 0: they stay.
RETENTION_DAYS = env.int("TOXIGUARD_RETENTION_DAYS", default=0)
if RETENTION_DAYS < 0:
    raise ImproperlyConfigured("TOXIGUARD_RETENTION_DAYS is a number of days, or 0 for never.")
# Webhooks inside one's own network, and by http: for a receiver that is not on the internet.
WEBHOOK_ALLOW_PRIVATE = env.bool("TOXIGUARD_WEBHOOK_ALLOW_PRIVATE", default=False)
# So many of the allowed texts are looked at by people all the same, unseen which they are: only
# so does a site learn what the model misses.
AUDIT_SHARE = env.share("TOXIGUARD_AUDIT_SHARE", default=0.01)
# So many of the other items are decided without a sight of the score, as audits are.
BLIND_SHARE = env.share("TOXIGUARD_BLIND_SHARE", default=0.15)

# (name_requests lets only safe ones through)
DJANGO_STRUCTLOG_TRUST_UPSTREAM_REQUEST_ID = True
structlog.configure(
    processors=[
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.filter_by_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        # The usual tracebacks print values, and with them texts and secrets.
        "console": {
            "()": structlog.stdlib.ProcessorFormatter,
            "processors": [
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(format_exception),
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            "foreign_pre_chain": [
                structlog.contextvars.merge_contextvars,
                add_request_id,
                structlog.processors.TimeStamper(fmt="iso", utc=True),
                structlog.stdlib.add_logger_name,
                structlog.stdlib.add_log_level,
            ],
        },
    },
    "filters": {"no_query": {"()": "toxiguard_site.logs.WithoutQueryString"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "console"}},
    "root": {"handlers": ["console"], "level": env.str("TOXIGUARD_LOG_LEVEL", default="INFO")},
    "loggers": {
        "django": {"handlers": ["console"], "level": "INFO", "propagate": False},
        "django.server": {
            "handlers": ["console"],
            "filters": ["no_query"],
            "level": "INFO",
            "propagate": False,
        },
    },
}
