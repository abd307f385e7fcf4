# ruff: noqa: RUF001 - letters that look alike are the subject of this file
from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.hosting.services import participation
from copytrace.hosting.services.problems import Problem, Unusable
from copytrace.hosting.services.team_names import look_of


@pytest.mark.parametrize(
    "name",
    [
        "ALPHA 1",
        "Ａlpha 1",
        "аlpha 1",
        "alphа l",
        "álpha I",
        "al\u0335pha 1",
        "ΑLΡΗΑ 1",
        "alpha\u3164 1",
        "𝐚𝐥𝐩𝐡𝐚 １",
    ],
)
def test_a_name_that_looks_like_another_teams_is_refused(name, challenge, make_account):
    for number in (1, 2):
        account = make_account(f"p{number}")
        participation.join(challenge, account, country="DE", of_age=True, rules_version="1")
    first, second = type(account).objects.order_by("username")
    participation.found_team(challenge, first, "alpha 1")
    with pytest.raises(Problem, match="looks like the existing team 'alpha 1'"):
        participation.found_team(challenge, second, name)
    assert participation.found_team(challenge, second, "beta 1").name == "beta 1"


@pytest.mark.parametrize("name", ["\u3164", "\u2800\u3164", "a\u200bb", "", " "])
def test_a_name_can_be_seen(name, challenge, make_account):
    account = make_account("p")
    participation.join(challenge, account, country="DE", of_age=True, rules_version="1")
    with pytest.raises(Unusable, match="printable characters"):
        participation.found_team(challenge, account, name)


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cs",)), max_size=20))
def test_capitals_and_forms_of_letters_do_not_change_the_look(name):
    import unicodedata

    assert look_of(unicodedata.normalize("NFKC", name)) == look_of(name)
    assert look_of(look_of(name)) == look_of(name)
