"""The API against its own OpenAPI document, with generated input: no response is a server error."""

from __future__ import annotations

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error

from copytrace.hosting.services import tokens
from copytrace.hosting.web.api import api
from copytrace.hosting.web.wsgi import application


def _with_address(environ, start_response):
    """The application as a server calls it: with the client's address."""
    return application(environ | {"REMOTE_ADDR": "127.0.0.1"}, start_response)


schema = schemathesis.openapi.from_dict(dict(api.get_openapi_schema()))


@pytest.fixture
def token(ann, make_scored):
    ann.is_staff = True
    ann.save()
    make_scored(ann.participations.get().team, 0.5)
    return tokens.issue(ann, name="t", scopes=["read", "submit", "organise"], days=1)[1]


@schema.parametrize()
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
    ],
)
def test_no_request_makes_the_host_fail(case, token):
    case.headers["Authorization"] = f"Bearer {token}"
    answer = case.call(app=_with_address, base_url="http://testserver")
    case.validate_response(answer, checks=[not_a_server_error])
