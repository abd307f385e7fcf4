"""An interrupted upload resumes in the browser."""

from __future__ import annotations

import re

import pytest

from copytrace.client import Host
from hosting_browser import Person, register
from hosting_site import PASSWORD

pytestmark = pytest.mark.needs("browser")

SIZE = 12 << 20
"""Bytes: two pieces of the page's script."""


@pytest.fixture
def ann(make_site, browser) -> Person:
    site = make_site()
    site.web()
    register(site, "ann")
    token = Host(site.address).post("tokens", body={"username": "ann", "password": PASSWORD})["token"]
    host = Host(site.address, token)
    declared = {"country": "DE", "of_age": True, "rules_version": "1"}
    host.post("challenges", "small", "participation", body=declared)
    host.post("challenges", "small", "team", body={"name": "Ann"})
    person = Person(browser, site.address)
    person.site = site
    person.sign_in("ann")
    return person


def test_the_upload_of_the_same_file_resumes(ann, tmp_path):
    path = tmp_path / "large.h5"
    path.write_bytes(bytes(SIZE))
    offsets = []

    def cut(route):
        offsets.append(route.request.headers["upload-offset"])
        if len(offsets) == 2:
            route.abort("connectionreset")
        else:
            route.continue_()

    def is_piece(route):
        (cut if route.request.method == "PATCH" else type(route).continue_)(route)

    ann.page.route("**/api/v1/uploads/*", is_piece)
    address = "/challenges/small/submit/descriptor/one/"
    _choose_and_send(ann, address, path)
    ann.sees("Connection lost")
    ann.photograph("error-1600-upload-broken")
    # The page is closed during the upload, and opened again.
    _choose_and_send(ann, address, path)
    ann.page.wait_for_url(re.compile(r"/submissions/\d+/"))

    assert offsets[0] == "0"
    assert offsets[-1] == str(8 << 20)
    assert offsets.count("0") == 1
    assert ann.site.rows('SELECT "offset", size FROM hosting_upload') == [(SIZE, SIZE)]
    assert ann.site.states() == {"received": 1}


def test_a_person_signed_out_midway_signs_in_and_continues(ann, tmp_path):
    path = tmp_path / "large.h5"
    path.write_bytes(bytes(SIZE))
    offsets = []

    def sign_out_after_one(route):
        if route.request.method == "PATCH":
            offsets.append(route.request.headers["upload-offset"])
            if len(offsets) == 1:
                ann.page.context.clear_cookies(name="sessionid")
        route.continue_()

    ann.page.route("**/api/v1/uploads/*", sign_out_after_one)
    address = "/challenges/small/submit/descriptor/one/"
    _choose_and_send(ann, address, path)
    ann.sees("Sign in again and choose the same file; the upload will resume")
    ann.photograph("error-1600-signed-out")
    assert ann.faults() == []
    ann.sign_in("ann")
    _choose_and_send(ann, address, path)
    ann.page.wait_for_url(re.compile(r"/submissions/\d+/"))
    assert ann.site.rows('SELECT "offset", size FROM hosting_upload') == [(SIZE, SIZE)]


def _choose_and_send(person, address, path):
    person.visit(address)
    person.page.locator("input[type=file]").set_input_files(path)
    person.page.locator("main form button[type=submit]").first.click()
