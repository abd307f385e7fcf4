"""Django's settings, all of which come from the environment: see `environment.SETTINGS`."""

from __future__ import annotations

from pathlib import Path

from copytrace.hosting import environment

DATA = Path(environment.text("DATA")).absolute()
SECRET_KEY = environment.secret_key()
ALLOWED_HOSTS = [name.strip() for name in environment.text("NAMES").split(",")]
SITE_URL = environment.text("URL").rstrip("/")
BEHIND_TLS = environment.switch("TLS")
DEBUG = False

INSTALLED_APPS = [
    # Before allauth, since this site overrides its templates.
    "copytrace.hosting.apps.HostingConfig",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "django_htmx",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "copytrace.hosting.web.security_headers.SecurityHeaders",
    "copytrace.hosting.web.outage_answers.OutageAnswers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "copytrace.hosting.web.bodies.Bodies",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "copytrace.hosting.web.pages.problems.ProblemPages",
]
ROOT_URLCONF = "copytrace.hosting.web.urls"
WSGI_APPLICATION = "copytrace.hosting.web.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
            "builtins": ["django.templatetags.static", "copytrace.hosting.web.pages.tags"],
        },
    }
]

DATABASES = {"default": environment.database(DATA)}
CACHES = {
    # Failed logins are counted across all web processes; API requests by each process separately, which is fast.
    "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "hosting_cache"},
    "throttle": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "throttle"},
    # Current public pages; outdated after a minute.
    "public": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "public",
        "TIMEOUT": 120,
        "OPTIONS": {"MAX_ENTRIES": 300},
    },
}
# Uploads and challenge files have their own storage: see `copytrace.hosting.storage`.
STORE = environment.text("STORE")
STORAGES = {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = None
# The stylesheets of plots, shared with reports.
STATICFILES_DIRS = [Path(__file__).parents[1] / "reports" / "static"]
# Static files are served from the packages themselves, so no collectstatic is needed before the first start.
WHITENOISE_USE_FINDERS = True

AUTH_USER_MODEL = "hosting.Account"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "username*", "password1*", "password2*"]
ACCOUNT_FORMS = {
    "login": "copytrace.hosting.web.account_forms.SignIn",
    "signup": "copytrace.hosting.web.account_forms.SignUp",
    "reset_password": "copytrace.hosting.web.account_forms.ForgottenPassword",
    "reset_password_from_key": "copytrace.hosting.web.account_forms.NewPassword",
    "change_password": "copytrace.hosting.web.account_forms.ChangedPassword",
    "add_email": "copytrace.hosting.web.account_forms.AnotherAddress",
    "reauthenticate": "copytrace.hosting.web.account_forms.PasswordAgain",
}
ACCOUNT_ADAPTER = "copytrace.hosting.web.account_adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "optional"
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if BEHIND_TLS else "http"
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
CSRF_FAILURE_VIEW = "copytrace.hosting.web.pages.problems.session_expired"

EMAIL_BACKEND = "copytrace.hosting.services.outbox.OutboxBackend"
OUTGOING_EMAIL = environment.email()
DEFAULT_FROM_EMAIL = environment.text("EMAIL_FROM")

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = BEHIND_TLS
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = BEHIND_TLS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
X_FRAME_OPTIONS = "DENY"
# API requests are small; files come in chunks through uploads, which are never held in memory.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# On the disk whose free space is checked before a form's file is read.
FILE_UPLOAD_TEMP_DIR = DATA / "incoming"
SILENCED_SYSTEM_CHECKS = ["files.E001"]  # That folder is created when the site starts.

# Pages of a list are small, and their offset is a number that the database supports.
NINJA_PAGINATION_MAX_LIMIT = 100
NINJA_PAGINATION_MAX_OFFSET = 1_000_000
NINJA_NUM_PROXIES = ALLAUTH_TRUSTED_PROXY_COUNT = environment.whole("PROXIES")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "copytrace.hosting.log_lines.OneLine",
            "fmt": "%(asctime)s %(levelname)s %(name)s: %(message)s",
        }
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"copytrace.hosting": {"level": "INFO"}},
}

LEASE_SECONDS = environment.number("LEASE_SECONDS")
HEARTBEAT_SECONDS = environment.number("HEARTBEAT_SECONDS")
POLL_SECONDS = environment.number("POLL_SECONDS")
ATTEMPTS = environment.whole("ATTEMPTS")
CHILD_MEMORY = environment.whole("CHILD_MEMORY_MB") * 2**20
CHILD_SECONDS = environment.number("CHILD_SECONDS")
CHILD_FILES = environment.whole("CHILD_FILES")
SCORE_THREADS = environment.whole("THREADS") if environment.text("THREADS") else None
BOOTSTRAP = environment.whole("BOOTSTRAP")
UPLOAD_QUOTA = environment.whole("UPLOAD_QUOTA_MB") * 2**20
UPLOAD_HOURS = environment.number("UPLOAD_HOURS")
DISK_RESERVE = environment.whole("DISK_RESERVE_MB") * 2**20
REFUSALS_PER_HOUR = environment.whole("REFUSALS_PER_HOUR")
REQUESTS_PER_MINUTE = environment.whole("REQUESTS_PER_MINUTE")
LOGINS_PER_MINUTE = environment.whole("LOGINS_PER_MINUTE")
WEB_THREADS = environment.whole("WEB_THREADS")
UPLOADS_AT_ONCE = environment.whole("UPLOADS_AT_ONCE")
UPLOADS_PER_MINUTE = environment.whole("UPLOADS_PER_MINUTE")
