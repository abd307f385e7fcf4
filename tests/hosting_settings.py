"""The host's settings for tests that run in this process: SQLite in memory.

Each test has its own folder (see tests/unit/hosting/conftest.py); the one named here is never created.
"""

from __future__ import annotations

import os

os.environ |= {
    "COPYTRACE_HOST_DATA": "/no/such/folder",
    "COPYTRACE_HOST_SECRET_KEY": "only-for-tests-0123456789-abcdefghijkl",
    "COPYTRACE_HOST_NAMES": "testserver,127.0.0.1",
    "COPYTRACE_HOST_TLS": "no",
    "COPYTRACE_HOST_BOOTSTRAP": "0",
    "COPYTRACE_HOST_DISK_RESERVE_MB": "0",
    "COPYTRACE_HOST_REQUESTS_PER_MINUTE": "100000",
    "COPYTRACE_HOST_LOGINS_PER_MINUTE": "100000",
}

from copytrace.hosting.settings import *  # noqa: F403 - Django reads all names of this module

# Tests configure the processes they start.
for _name in [name for name in os.environ if name.startswith("COPYTRACE_HOST_")]:
    del os.environ[_name]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {  # Otherwise every test would have to create a table for failed logins.
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "throttle")
}
# Tests write rows without the services, and must see them immediately.
CACHES["public"] = {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}
# Each client of a test would list all static files again when it starts.
WHITENOISE_AUTOREFRESH = True
