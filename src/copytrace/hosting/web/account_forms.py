"""The forms of signing in and up, in this site's words."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import LoginForm, SignupForm


class SignIn(LoginForm):  # type: ignore[misc]  # allauth has no types
    """A name or e-mail address, and the password."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        self.fields["login"].label = "Username or e-mail address"
        # The page has a link of its own for forgotten passwords, after the button.
        self.fields["password"].help_text = ""
        self.fields["remember"].label = "Keep me signed in on this device"
        _without_placeholders(self)


class SignUp(SignupForm):  # type: ignore[misc]  # allauth has no types
    """A new account."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].help_text = "You are told there when a submission is scored or a deadline moves."
        self.fields["username"].help_text = "Team mates invite you by this name."
        self.fields[
            "password1"
        ].help_text = "At least 8 characters; not a common password, and not only digits."
        self.fields["password2"].label = "The password again"
        _without_placeholders(self)


def _without_placeholders(form: Any) -> None:  # noqa: ANN401 - a form of allauth
    """Labels say what a field is; a placeholder would only say it again, and fainter."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
