"""Every setting, from the environment. The README's table says what each one means.

A setting that cannot work stops the start with `ImproperlyConfigured` and a sentence.
"""

import logging
from datetime import timedelta

import environ
from django.core.exceptions import ImproperlyConfigured

from accounts import keys
from config.document import COMPONENTS
from config.environment import (
    DATA_DIR,
    budget,
    env,
    http_address,
    one_of,
    origins,
    positive,
    postgres,
    prices,
    required,
    secret_key,
    signing_key,
    word,
)
from config.problem import PROBLEM_SCHEMA
from config.version import VERSION

# --- Secrets -----------------------------------------------------------------------------------
SECRET_KEY = secret_key()
JWT_ALGORITHM = env.str("JWT_ALGORITHM", default="") or "HS256"
if JWT_ALGORITHM not in keys.ALGORITHMS:
    raise ImproperlyConfigured(f"JWT_ALGORITHM must be one of {', '.join(keys.ALGORITHMS)}.")
JWT_SIGNING_KEY = signing_key(JWT_ALGORITHM, SECRET_KEY)

# --- Application -------------------------------------------------------------------------------
DEBUG = False
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"
APPEND_SLASH = False  # every path answers with and without the slash, never by a redirect

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "config.apps.OperatorsAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "corsheaders",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "tenancy",
    "accounts",
    "assets",
    "discovery",
]

MIDDLEWARE = [
    "config.request_id.RequestIdMiddleware",
    # Outside of all that may answer or fail, so that no answer goes without its headers.
    "config.headers.HeadersMiddleware",
    "config.headers.ContentSecurityPolicy",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.rate_limits.RateLimitMiddleware",
    "config.length.LengthRequiredMiddleware",
    "config.conditional.ConditionalMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "tenancy.middleware.ScopeMiddleware",
    "config.transactions.TransactionMiddleware",  # the last one: it runs the view
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]


# --- Data --------------------------------------------------------------------------------------
DATABASES = {
    # One transaction a request: the tenant that row-level security goes by is told in it.
    "default": postgres("DATABASE_URL", "tenancy.postgresql")
    | {"ATOMIC_REQUESTS": True, "CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}
}
if env.str("OWNER_DATABASE_URL", default=""):  # for migrations alone
    DATABASES["owner"] = postgres("OWNER_DATABASE_URL", "django.db.backends.postgresql")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = required("REDIS_URL")
if not REDIS_URL.startswith(("redis://", "rediss://")):
    raise ImproperlyConfigured("REDIS_URL must begin with redis:// or rediss://.")
MEDIA_ROOT = DATA_DIR / "uploads"
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- Limits ------------------------------------------------------------------------------------
RATE_LIMIT_ANON = positive("RATE_LIMIT_ANON", 300)  # requests a minute, per address
RATE_LIMIT_USER = positive("RATE_LIMIT_USER", 3000)  # requests a minute, per user
RATE_LIMIT_ACCOUNT = positive("RATE_LIMIT_ACCOUNT", 12000)  # requests a minute, per tenant
PROXIES = positive("PROXIES", 0, least=0)  # in front of this process, each adds a forwarded-for
MAX_UPLOAD_MB = positive("MAX_UPLOAD_MB", 512)
MAX_JSON_MB = positive("MAX_JSON_MB", 64)  # of rows for an import
MAX_BODY_MB = positive("MAX_BODY_MB", 4)  # of any other JSON body
MAX_JSON_DEPTH = positive("MAX_JSON_DEPTH", 64)
MAX_IMPORT_ROWS = positive("MAX_IMPORT_ROWS", 2_000_000)
MAX_IMPORT_COLUMNS = positive("MAX_IMPORT_COLUMNS", 2_000)
MAX_IMPORT_CELLS = positive("MAX_IMPORT_CELLS", 100_000_000)  # rows times columns of a table
MAX_IMPORT_TABLES = positive("MAX_IMPORT_TABLES", 500)
MAX_CELL_CHARS = positive("MAX_CELL_CHARS", 100_000)
MAX_LINE_MB = positive("MAX_LINE_MB", 16)
MAX_ARCHIVE_MB = positive("MAX_ARCHIVE_MB", 2048)  # what an XLSX may unpack to
MAX_ARCHIVE_RATIO = positive("MAX_ARCHIVE_RATIO", 200)  # that, as a multiple of its own size
MAX_ARCHIVE_FILES = positive("MAX_ARCHIVE_FILES", 10_000)
MAX_WORKBOOK_MB = positive("MAX_WORKBOOK_MB", 2048)  # memory of the program that reads one
MAX_ATTRIBUTES_KB = positive("MAX_ATTRIBUTES_KB", 1024)
MAX_LIST_ITEMS = positive("MAX_LIST_ITEMS", 1000)
MAX_QUERY_CHARS = positive("MAX_QUERY_CHARS", 1000)  # of one query parameter
MAX_PAGE_SIZE = positive("MAX_PAGE_SIZE", 1000)
# A sheet has 1,048,576 rows, the header among them.
MAX_EXPORT_ROWS = positive("MAX_EXPORT_ROWS", 200_000, most=1_048_575)
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_JSON_MB * 2**20
FILE_UPLOAD_MAX_MEMORY_SIZE = 2**20

# --- People ------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

AUTHENTICATION_BACKENDS = ["accounts.backends.LimitedBackend"]
PASSWORD_HASHERS = [
    "accounts.hashers.ModestArgon2Hasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",  # becomes the first at the next login
]
LOGIN_ATTEMPTS_ACCOUNT = positive("LOGIN_ATTEMPTS_ACCOUNT", 10)  # failures in 5 minutes
LOGIN_ATTEMPTS_ADDRESS = positive("LOGIN_ATTEMPTS_ADDRESS", 100)  # failures in 5 minutes
ACCESS_TOKEN_LIFETIME = timedelta(minutes=positive("ACCESS_TOKEN_MINUTES", 15))
REFRESH_TOKEN_LIFETIME = timedelta(days=positive("REFRESH_TOKEN_DAYS", 7))
SIMPLE_JWT = {
    "ACCESS_TOKEN_LIFETIME": ACCESS_TOKEN_LIFETIME,
    "REFRESH_TOKEN_LIFETIME": REFRESH_TOKEN_LIFETIME,
    "SIGNING_KEY": JWT_SIGNING_KEY,
    "ALGORITHM": JWT_ALGORITHM,
    "TOKEN_TYPE_CLAIM": "type",
}

# --- Mail --------------------------------------------------------------------------------------
try:
    _mail = env.email_url_config(env.str("EMAIL_URL", default="") or "consolemail://")
except (ValueError, environ.ImproperlyConfigured) as error:
    raise ImproperlyConfigured(f"EMAIL_URL cannot be read: {error}") from error
EMAIL_BACKEND = _mail["EMAIL_BACKEND"]
EMAIL_HOST, EMAIL_PORT = _mail["EMAIL_HOST"], _mail["EMAIL_PORT"]
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _mail["EMAIL_HOST_USER"], _mail["EMAIL_HOST_PASSWORD"]
EMAIL_USE_TLS = _mail.get("EMAIL_USE_TLS", False)
EMAIL_USE_SSL = _mail.get("EMAIL_USE_SSL", False)
EMAIL_FILE_PATH = _mail["EMAIL_FILE_PATH"] or None
EMAIL_TIMEOUT = 10  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="") or "inventory@localhost"
PASSWORD_RESET_URL = env.str("PASSWORD_RESET_URL", default="")

# --- HTTP --------------------------------------------------------------------------------------
BEHIND_TLS = env.bool("BEHIND_TLS", default=False)
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = BEHIND_TLS
SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_REDIRECT_EXEMPT = [r"^api/v1/health/?$"]  # the container asks itself without TLS
if BEHIND_TLS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# To have a domain preloaded into browsers is its owner's decision and not an application's.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# Only operators have sessions; a browser takes a cookie named __Host- from this host alone.
_COOKIES_OF = "__Host-" if BEHIND_TLS else ""
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
SESSION_COOKIE_NAME = f"{_COOKIES_OF}session"
CSRF_COOKIE_NAME = f"{_COOKIES_OF}csrf"
SESSION_COOKIE_AGE = 8 * 3600  # seconds: a working day
SESSION_COOKIE_SAMESITE = "Lax"  # a link in a mail may lead into the admin
CSRF_COOKIE_SAMESITE = "Strict"

CORS_ALLOWED_ORIGINS = origins("CORS_ALLOWED_ORIGINS")
CORS_URLS_REGEX = r"^/api/"
CORS_ALLOW_HEADERS = [
    *("accept", "authorization", "content-type"),
    *("x-client-account-id", "x-engagement-id", "x-user-id", "x-request-id"),
    *("if-match", "if-none-match", "idempotency-key"),
]
CORS_EXPOSE_HEADERS = [
    *("Content-Disposition", "ETag", "Location", "X-Request-ID", "Idempotency-Replayed"),
    *("RateLimit", "RateLimit-Policy", "Retry-After"),
]
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True  # no collectstatic step: the wheels' files are served as they are
USE_TZ = True
TIME_ZONE = "UTC"

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.BearerAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.permissions.RolePermission"],
    "DEFAULT_THROTTLE_CLASSES": ["config.throttling.RateLimits"],
    "DEFAULT_RENDERER_CLASSES": ["config.media.JSONRenderer"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "config.media.Negotiation",
    "DEFAULT_PARSER_CLASSES": ["config.media.JSONParser"],
    "DEFAULT_PAGINATION_CLASS": "config.pagination.Pages",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "config.schema.Schema",
    "EXCEPTION_HANDLER": "config.errors.handle",
    "COERCE_DECIMAL_TO_STRING": False,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

SPECTACULAR_SETTINGS = {
    "TITLE": "Cloud inventory",
    "DESCRIPTION": (
        "Turns the inventories of companies moving to the cloud into one trusted, tenant-isolated "
        "asset inventory with its dependency graph: upload, map the columns, reconcile into "
        "assets, find the dependencies."
    ),
    "VERSION": VERSION,
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "SERVE_AUTHENTICATION": [],
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "config.document.without_docstrings",
        "config.document.without_the_absent",
    ],
    "APPEND_COMPONENTS": COMPONENTS | {"schemas": {"Problem": PROBLEM_SCHEMA}},
    "ENUM_NAME_OVERRIDES": {
        "FlowStatus": "discovery.models.flow.Flow.Status",
        "FlowPhase": "discovery.phases.order.CURRENT_PHASES",
        "PhaseStatus": "discovery.models.flow.PhaseRun.Status",
        "ImportStatus": "discovery.models.imports.DataImport.Status",
        "ServerState": "config.health.SERVER_STATES",
        "SixRStrategy": "discovery.serializers.flows.WAYS_TO_MIGRATE",
        "AgentShares": "discovery.models.agents.AgentPolicy.Shares",
        "AgentsState": "discovery.consultation.ledger.State",
        "CallOutcome": "discovery.models.agents.OUTCOMES",
        "MappingStatus": "discovery.models.mapping.FieldMapping.Status",
    },
}

UNFOLD = {
    "SITE_TITLE": "Cloud inventory",
    "SITE_HEADER": "Cloud inventory",
    "LOGIN": {"form": "accounts.forms.LoginForm"},
}

# --- Workers -----------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_TIME_LIMIT = positive("PHASE_TIME_LIMIT", 3600)  # seconds
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# A process that has grown beyond it is replaced after its task. Celery counts in KiB.
CELERY_WORKER_MAX_MEMORY_PER_CHILD = positive("WORKER_MAX_MEMORY_MB", 1024) * 1024
# A phase that lost the broker goes on: its lease, not its message, says who works on it.
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The message is only a nudge, so a publish must not keep a request waiting for a dead broker.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than any phase, or Redis would hand a running phase's message out a second time.
    "visibility_timeout": CELERY_TASK_TIME_LIMIT + 600,
    "socket_connect_timeout": 2,
    "socket_timeout": 3,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1}
LEASE_SECONDS = positive("LEASE_SECONDS", 8)
SWEEP_SECONDS = positive("SWEEP_SECONDS", 3)
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "discovery.tasks.sweep",
        "schedule": SWEEP_SECONDS,
        "options": {"expires": SWEEP_SECONDS},
    }
}

# --- Agents ------------------------------------------------------------------------------------
# Any OpenAI-compatible address; without a key no agent takes part.
LLM_BASE_URL = http_address("LLM_BASE_URL", "https://api.deepinfra.com/v1/openai")
LLM_API_KEY = word("LLM_API_KEY")
LLM_MODEL = word("LLM_MODEL") or "meta-llama/Llama-3.3-70B-Instruct-Turbo"
LLM_TIMEOUT = positive("LLM_TIMEOUT", 60)  # seconds that a call may take in all
LLM_ANSWER_TOKENS = positive("LLM_ANSWER_TOKENS", 8000)  # of one answer
LLM_PRICES = prices("LLM_PRICES")
AGENT_SHARES = one_of("AGENT_SHARES", ("names_and_samples", "names", "nothing"))
# Prompts and answers, which are the cache too.
AGENT_KEEP_DAYS = positive("AGENT_KEEP_DAYS", 30, least=0, most=36_500)
# What one run of a flow may take, and a client account in 24 hours.
AGENT_BUDGET_FLOW = budget("AGENT_FLOW", requests=60, tokens=400_000, seconds=600)
AGENT_BUDGET_ACCOUNT = budget("AGENT_ACCOUNT", requests=2_000, tokens=10_000_000, seconds=20_000)
for _name, _budget in (("FLOW", AGENT_BUDGET_FLOW), ("ACCOUNT", AGENT_BUDGET_ACCOUNT)):
    if LLM_API_KEY and _budget.cost is not None and LLM_MODEL not in LLM_PRICES:
        raise ImproperlyConfigured(
            f"AGENT_{_name}_COST needs the price of {LLM_MODEL}: "
            f"LLM_PRICES={LLM_MODEL}=0.10/0.30 (a million tokens in and out)."
        )

LOG_LEVEL = env.str("LOG_LEVEL", default="WARNING").upper()
if LOG_LEVEL not in logging.getLevelNamesMapping():
    raise ImproperlyConfigured("LOG_LEVEL must be DEBUG, INFO, WARNING, ERROR or CRITICAL.")

# --- Log ---------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "request_id": {"()": "config.request_id.RequestIdFilter"},
        # What crewai says of a failed call is in the ledger, in better words and without its noise.
        "no_crewai": {
            "()": "django.utils.log.CallbackFilter",
            "callback": lambda record: "/crewai/" not in record.pathname,
        },
    },
    "formatters": {
        "line": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"}
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_crewai", "request_id"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {"django.request": {"level": "ERROR"}},
}
