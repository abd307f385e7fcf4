"""The host's settings for tests that run in this process: SQLite in memory, and files in a folder that goes away."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile

_DATA = tempfile.mkdtemp(prefix="copytrace-host-")
atexit.register(shutil.rmtree, _DATA, ignore_errors=True)
os.environ |= {
    "COPYTRACE_HOST_DATA": _DATA,
    "COPYTRACE_HOST_SECRET_KEY": "only-for-tests",
    "COPYTRACE_HOST_NAMES": "testserver,127.0.0.1",
    "COPYTRACE_HOST_TLS": "no",
    "COPYTRACE_HOST_BOOTSTRAP": "0",
    "COPYTRACE_HOST_DISK_RESERVE_MB": "0",
    "COPYTRACE_HOST_REQUESTS_PER_MINUTE": "100000",
    "COPYTRACE_HOST_LOGINS_PER_MINUTE": "100000",
}

from copytrace.hosting.settings import *  # noqa: E402, F403 - Django reads all names of this module

# What a process that a test starts is told, the test tells it.
for _name in [name for name in os.environ if name.startswith("COPYTRACE_HOST_")]:
    del os.environ[_name]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
CACHES = {  # A table for failed logins would have to be made for every test.
    name: {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": name}
    for name in ("default", "throttle")
}
