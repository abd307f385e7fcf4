"""The site's checks of its own configuration."""

from __future__ import annotations

import shutil
from datetime import timedelta

import pytest

from copytrace.errors import InputError
from copytrace.hosting import environment
from copytrace.hosting.services import checks, file_modes


@pytest.fixture
def site(db, settings, monkeypatch, challenge):
    """A site that passes all checks."""
    settings.DATA.mkdir(exist_ok=True)
    file_modes.tighten(settings.DATA)
    settings.SITE_URL = "https://challenge.example.org"
    settings.ALLOWED_HOSTS = ["challenge.example.org"]
    settings.BEHIND_TLS = True
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    settings.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.smtp.EmailBackend", "host": "127.0.0.1"}
    settings.DEFAULT_FROM_EMAIL = "Challenge <noreply@example.org>"
    settings.DISK_RESERVE = 0
    monkeypatch.setattr(checks, "MOST_SECONDS_APART", float("inf"))
    return settings


def _faults() -> list[tuple[str, str]]:
    return [(finding.check, finding.level) for finding in checks.faults()]


def test_a_sound_site_has_no_faults(site):
    assert _faults() == []


@pytest.mark.parametrize(
    ("setting", "value", "faults"),
    [
        ("ALLOWED_HOSTS", ["*"], [("settings", "error")]),
        ("ALLOWED_HOSTS", ["other.example.org"], [("settings", "error")]),
        ("ALLOWED_HOSTS", [".example.org"], []),
        ("BEHIND_TLS", False, [("TLS", "warning")]),
        ("SITE_URL", "http://challenge.example.org", [("TLS", "error")]),
        ("ALLAUTH_TRUSTED_PROXY_COUNT", 0, [("proxies", "warning")]),
        ("OUTGOING_EMAIL", {"backend": "console"}, [("e-mail", "warning")]),
        ("DEFAULT_FROM_EMAIL", "copytrace <noreply@localhost>", [("e-mail", "warning")]),
        ("DISK_RESERVE", 10**18, [("disk", "error")]),
    ],
)
def test_each_setting_that_is_wrong_is_found(setting, value, faults, site):
    setattr(site, setting, value)
    assert _faults() == faults


def test_a_disk_that_fills_up_and_a_clock_that_is_off_are_found(site, monkeypatch, time):
    site.DISK_RESERVE = int(shutil.disk_usage(site.DATA).free * 0.75)
    monkeypatch.setattr(checks, "MOST_SECONDS_APART", 5)
    time.time += timedelta(days=9)
    assert _faults() == [("disk", "warning"), ("clock", "warning")]


def test_tables_that_are_not_up_to_date_are_found(site, monkeypatch):
    monkeypatch.setattr(checks.MigrationExecutor, "migration_plan", lambda *_: [1, 2])
    assert _faults() == [("database", "error")]


def test_a_folder_that_others_can_open_is_found_and_tightened(site):
    site.DATA.chmod(0o755)
    inside = site.DATA / "file"
    inside.write_bytes(b"")
    inside.chmod(0o644)
    (site.DATA / "link").symlink_to("/etc/passwd")
    assert _faults() == [("files", "error")]
    assert set(file_modes.open_to_others(site.DATA)) == {site.DATA, inside}
    assert file_modes.tighten(site.DATA) == 2
    assert _faults() == []


def test_a_file_that_is_deleted_meanwhile_stops_nothing(site, monkeypatch):
    gone, inside = site.DATA / "gone", site.DATA / "file"
    inside.write_bytes(b"")
    inside.chmod(0o644)
    monkeypatch.setattr(file_modes, "open_to_others", lambda _: iter([gone, inside]))
    file_modes.tighten(site.DATA)
    assert inside.stat().st_mode & 0o777 == 0o600


def test_what_is_another_users_is_refused(site, monkeypatch):
    def refuse(*_: object) -> None:
        raise PermissionError

    site.DATA.chmod(0o755)
    monkeypatch.setattr("pathlib.Path.chmod", refuse)
    with pytest.raises(InputError, match="belongs to another user"):
        file_modes.tighten(site.DATA)


def test_a_thorough_check_asks_the_mail_server(site):
    site.OUTGOING_EMAIL |= {"port": 9, "timeout": 1}
    found = {finding.check: finding for finding in checks.run(thorough=True)}
    assert found["mail server"].level == "error"
    assert found["file modes"].level == "ok"


def test_printed_e_mails_need_no_mail_server(site):
    site.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.console.EmailBackend"}
    found = {finding.check: finding for finding in checks.run(thorough=True)}
    assert found["e-mail"].text == "E-mails are printed, not sent. Set COPYTRACE_HOST_EMAIL."
    assert "mail server" not in found


@pytest.mark.parametrize("key", ["short", "a" * 50])
def test_a_secret_key_that_can_be_guessed_is_refused(key, monkeypatch):
    monkeypatch.setenv("COPYTRACE_HOST_SECRET_KEY", key)
    with pytest.raises(InputError, match="is too weak"):
        environment.secret_key()
