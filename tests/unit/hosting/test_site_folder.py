from __future__ import annotations

import os

from copytrace.cli.host import site


def test_other_commands_know_the_address_that_serve_used(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "umask", lambda _: 0)
    monkeypatch.setattr(os, "environ", {})
    site.make_site(tmp_path / "site", "http://10.1.2.3:8080", "10.1.2.3")
    monkeypatch.setattr(os, "environ", {})
    site._set_defaults(tmp_path / "site")
    assert os.environ["COPYTRACE_HOST_URL"] == "http://10.1.2.3:8080"
    assert os.environ["COPYTRACE_HOST_NAMES"] == "10.1.2.3,127.0.0.1,localhost"
