from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPServerDisconnected

import pytest
from django.core.mail.backends.locmem import EmailBackend

from copytrace.errors import InputError
from copytrace.hosting import environment
from copytrace.hosting.models import Mail
from copytrace.hosting.services import outbox, participation, tokens
from copytrace.hosting.services.problems import NotAllowed, NotFound, Problem, TooMany, Unusable


def _join(challenge, account, **changes):
    return participation.join(
        challenge, account, **({"country": "de", "of_age": True, "rules_version": "1"} | changes)
    )


@pytest.mark.parametrize(
    ("changes", "kind", "complaint"),
    [
        ({"country": "CU"}, NotAllowed, "Residents of CU cannot take part: Anywhere but Cuba."),
        ({"country": "Germany"}, Unusable, "expected two letters"),
        ({"of_age": False}, NotAllowed, "at least 18 years old"),
        ({"rules_version": "0"}, Unusable, "the current version is '1'"),
    ],
)
def test_ineligible_people_cannot_join(changes, kind, complaint, challenge, make_account):
    with pytest.raises(kind, match=complaint):
        _join(challenge, make_account("bea"), **changes)


def test_the_accepted_rules_and_their_date_are_kept(challenge, make_account, time):
    row = _join(challenge, make_account("bea"))
    assert (row.country, row.rules_version, row.accepted_at) == ("DE", "1", time.time)


def test_an_invited_account_becomes_a_member_and_can_leave(challenge, ann, make_account):
    bea = make_account("bea")
    _join(challenge, bea)
    team = participation.team_of(challenge, ann)
    with pytest.raises(NotFound, match="no invitation"):
        participation.accept(challenge, bea, team.name)
    participation.invite(team, ann, "bea")
    assert Mail.objects.get().to == "bea@example.org"
    assert participation.accept(challenge, bea, team.name) == team
    with pytest.raises(NotAllowed, match="Only the leader"):
        participation.invite(team, bea, "ann")
    with pytest.raises(Problem, match="the only leader"):
        participation.leave(team, ann, "ann")
    participation.leave(team, ann, "bea")
    with pytest.raises(NotAllowed, match="no team yet"):
        participation.team_of(challenge, bea)


def test_a_second_invitation_to_the_same_team_sends_no_e_mail(challenge, ann, make_account):
    _join(challenge, make_account("bea"))
    team = participation.team_of(challenge, ann)
    for _ in range(2):
        participation.invite(team, ann, "bea")
    assert Mail.objects.count() == 1


def test_many_teams_cannot_flood_one_account_with_invitations(
    challenge, make_team, make_account, monkeypatch
):
    monkeypatch.setattr(participation, "MOST_INVITATIONS", 1)
    _join(challenge, make_account("bea"))
    first, second = make_team("cid"), make_team("dan")
    participation.invite(first, first.members.get().account, "bea")
    with pytest.raises(TooMany, match="has already been invited 1 times today"):
        participation.invite(second, second.members.get().account, "bea")
    assert Mail.objects.count() == 1


def test_an_account_has_one_team(challenge, ann):
    with pytest.raises(Problem, match="You already have a team"):
        participation.found_team(challenge, ann, "another")


def test_a_team_name_is_unique(challenge, ann, make_account):
    bea = make_account("bea")
    _join(challenge, bea)
    with pytest.raises(Problem, match="A team named 'team ann' already exists"):
        participation.found_team(challenge, bea, " team  ann ")


def test_a_token_is_stored_as_a_digest_and_ends(make_account, time):
    account = make_account("bea")
    row, secret = tokens.issue(account, name="a", scopes=["read"], days=1)
    assert secret not in str(vars(row))
    assert tokens.find(secret) == row
    time.time += timedelta(days=1)
    assert tokens.find(secret) is None


def test_a_revoked_token_or_one_of_an_inactive_account_is_none(make_account):
    account = make_account("bea")
    row, secret = tokens.issue(account, name="a", scopes=["read"], days=1)
    tokens.revoke(account, row.pk)
    assert tokens.find(secret) is None
    with pytest.raises(NotFound):
        tokens.revoke(account, row.pk)
    _, other = tokens.issue(account, name="b", scopes=["read"], days=1)
    account.is_active = False
    account.save()
    assert tokens.find(other) is None


def test_only_organisers_get_a_token_that_organises(make_account):
    with pytest.raises(NotAllowed):
        tokens.issue(make_account("bea"), name="a", scopes=["organise"], days=1)
    with pytest.raises(Unusable, match="Unknown scopes: 'all'"):
        tokens.issue(make_account("cleo"), name="a", scopes=["all"], days=1)


def test_an_e_mail_that_no_server_takes_is_tried_again_later(db, settings, time):
    settings.OUTGOING_EMAIL = {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": "127.0.0.1",
        "port": 9,
        "timeout": 1,
    }
    Mail.objects.create(to="bea@example.org", subject="s", body="b")
    assert outbox.drain() == 0
    assert "refused" in Mail.objects.get().problem
    assert outbox.drain() == 0
    assert Mail.objects.get().attempts == 1
    time.time += timedelta(minutes=1)
    settings.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    assert outbox.drain() == 1
    assert Mail.objects.get().sent_at == time.time


def test_a_mail_server_that_fails_ends_the_batch_and_all_that_waits_backs_off(db, settings, time):
    settings.OUTGOING_EMAIL = {
        "backend": "django.core.mail.backends.smtp.EmailBackend",
        "host": "127.0.0.1",
        "port": 9,
        "timeout": 1,
    }
    for number in range(3):
        Mail.objects.create(to="bea@example.org", subject=f"{number}", body="b")
    outbox.drain()
    rows = Mail.objects.order_by("pk")
    assert [mail.attempts for mail in rows] == [1, 0, 0]
    assert {mail.retry_at for mail in rows} == {time.time + timedelta(seconds=30)}


def test_an_e_mail_that_always_breaks_the_connection_does_not_stop_the_others(
    db, settings, time, monkeypatch
):
    settings.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    send = EmailBackend.send_messages

    def fussy(server, messages):
        if messages[0].subject == "bad":
            raise SMTPServerDisconnected
        return send(server, messages)

    monkeypatch.setattr(EmailBackend, "send_messages", fussy)
    Mail.objects.create(to="bea@example.org", subject="bad", body="b")
    good = Mail.objects.create(to="bea@example.org", subject="good", body="b")
    assert outbox.drain() == 0
    time.time += timedelta(minutes=1)
    assert outbox.drain() == 1
    good.refresh_from_db()
    assert good.sent_at == time.time


def test_a_batch_goes_over_one_connection(db, settings, monkeypatch):
    settings.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    made, connect = [], outbox.get_connection
    monkeypatch.setattr(outbox, "get_connection", lambda **how: made.append(1) or connect(**how))
    for number in range(3):
        Mail.objects.create(to="bea@example.org", subject=f"{number}", body="b")
    assert outbox.drain() == 3
    assert len(made) == 1


def test_an_impossible_e_mail_does_not_stop_the_others(db, settings):
    settings.OUTGOING_EMAIL = {"backend": "django.core.mail.backends.locmem.EmailBackend"}
    Mail.objects.create(to="bea@example.org", subject="two\nlines", body="b")
    Mail.objects.create(to="bea@example.org", subject="one", body="b")
    assert outbox.drain() == 1
    bad, good = Mail.objects.order_by("pk")
    assert "newlines" in bad.problem
    assert good.sent_at is not None


def test_a_missing_setting_is_reported_with_its_purpose(monkeypatch):
    monkeypatch.delenv("COPYTRACE_HOST_SECRET_KEY", raising=False)
    with pytest.raises(InputError, match="COPYTRACE_HOST_SECRET_KEY is not set: 50 random characters"):
        environment.text("SECRET_KEY")


@pytest.mark.parametrize(
    ("name", "value", "read", "complaint"),
    [
        ("ATTEMPTS", "many", environment.number, "is 'many'"),
        ("ATTEMPTS", "-1", environment.number, "at least 0"),
        ("TLS", "maybe", environment.switch, "Expected yes or no"),
        ("DATABASE", "mysql://x/y", environment.database, "postgresql://"),
        ("EMAIL", "http://x", lambda _: environment.email(), "smtp://"),
    ],
)
def test_an_invalid_setting_is_reported(name, value, read, complaint, monkeypatch, tmp_path):
    monkeypatch.setenv(f"COPYTRACE_HOST_{name}", value)
    with pytest.raises(InputError, match=complaint):
        read(tmp_path if read is environment.database else name)


def test_the_address_of_a_database_is_understood(monkeypatch, tmp_path):
    monkeypatch.setenv("COPYTRACE_HOST_DATABASE", "postgresql://ann:p%40ss@db.example.org:5433/site")
    found = environment.database(tmp_path)
    assert (found["NAME"], found["USER"], found["PASSWORD"]) == ("site", "ann", "p@ss")
    assert (found["HOST"], found["PORT"]) == ("db.example.org", "5433")


def test_a_token_notes_to_the_hour_when_it_was_last_used(make_account, time):
    row, secret = tokens.issue(make_account("bea"), name="a", scopes=["read"], days=1)
    first = time.time
    for minutes, noted in ((0, first), (59, first), (60, first + timedelta(hours=1))):
        time.time = first + timedelta(minutes=minutes)
        tokens.find(secret)
        row.refresh_from_db()
        assert row.last_used_at == noted


def test_a_new_password_ends_tokens_and_any_other_change_does_not(make_account):
    account = make_account("bea")
    _, secret = tokens.issue(account, name="a", scopes=["read"], days=1)
    account.first_name = "Bea"
    account.save()
    assert account.check_password("a long password 7")
    assert tokens.find(secret)
    account.set_password("another long 8")
    account.save(update_fields=["password"])
    assert tokens.find(secret) is None
