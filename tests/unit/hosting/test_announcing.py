from __future__ import annotations

import pytest

from copytrace.hosting.models import AuditEntry, Mail
from copytrace.hosting.services import announcing
from copytrace.hosting.services.problems import NotFound, Problem, Unusable


def test_an_announcement_is_shown_and_written_to_all_participants(challenge, make_team, make_account):
    for name in ("ann", "bob"):
        make_team(name)
    make_account("stranger")
    boss = make_account("boss", is_staff=True)

    row = announcing.announce(challenge, " Truth  fixed ", "Two pairs were wrong.", boss)

    assert list(announcing.shown(challenge)) == [row]
    assert sorted(Mail.objects.values_list("to", "subject")) == [
        ("ann@example.org", "Small challenge: Truth fixed"),
        ("bob@example.org", "Small challenge: Truth fixed"),
    ]
    entry = AuditEntry.objects.last()
    assert (entry.act, entry.subject, entry.actor, entry.details["mailed"]) == (
        "announced",
        "Truth fixed",
        boss,
        2,
    )


def test_an_announcement_can_be_made_without_an_e_mail(challenge, ann):
    announcing.announce(challenge, "a", "b", mail=False)
    assert not Mail.objects.exists()


@pytest.mark.parametrize(("title", "text"), [("", "b"), ("a", " "), ("a" * 151, "b"), ("a", "b" * 10_001)])
def test_an_announcement_without_words_or_with_too_many_is_refused(challenge, title, text):
    with pytest.raises(Unusable, match="characters"):
        announcing.announce(challenge, title, text)


def test_a_withdrawn_announcement_is_hidden_but_stays_on_record(challenge):
    row = announcing.announce(challenge, "a", "b")
    announcing.withdraw(row, "a mistake")
    assert not announcing.shown(challenge).exists()
    assert announcing.find(row.pk) == row
    assert AuditEntry.objects.last().details == {"number": row.pk, "reason": "a mistake"}
    with pytest.raises(Problem, match="already been withdrawn"):
        announcing.withdraw(row, "again")


def test_an_unknown_announcement_is_reported(db):
    with pytest.raises(NotFound):
        announcing.find(7)
