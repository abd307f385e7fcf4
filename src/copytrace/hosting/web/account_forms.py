"""Forms for accounts and passwords, with this site's wording."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import (
    AddEmailForm,
    ChangePasswordForm,
    LoginForm,
    ReauthenticateForm,
    ResetPasswordForm,
    ResetPasswordKeyForm,
    SignupForm,
)


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
        self.fields["email"].help_text = "For notifications about scored submissions and changed deadlines."
        self.fields["username"].help_text = "Your teammates use this name to invite you."
        _name_passwords(self, "Password")


class ForgottenPassword(ResetPasswordForm):  # type: ignore[misc]  # allauth has no types
    """The address to send a password reset link to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        _without_placeholders(self)


class NewPassword(ResetPasswordKeyForm):  # type: ignore[misc]  # allauth has no types
    """A new password after a reset, or an organiser's first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        _name_passwords(self, "New password")


class ChangedPassword(ChangePasswordForm):  # type: ignore[misc]  # allauth has no types
    """A new password for someone who knows the current one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        self.fields["oldpassword"].label = "Current password"
        # The page has a link of its own for forgotten passwords, after the button.
        self.fields["oldpassword"].help_text = ""
        _name_passwords(self, "New password")


class AnotherAddress(AddEmailForm):  # type: ignore[misc]  # allauth has no types
    """A further e-mail address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        self.fields["email"].label = "E-mail address"
        self.fields["email"].help_text = "We will send a confirmation link to this address."
        _without_placeholders(self)


class PasswordAgain(ReauthenticateForm):  # type: ignore[misc]  # allauth has no types
    """The password of a signed-in user, as confirmation."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - allauth's own
        super().__init__(*args, **kwargs)
        # The page has a link of its own for forgotten passwords, after the button.
        self.fields["password"].help_text = ""
        _without_placeholders(self)


def _name_passwords(form: Any, label: str) -> None:  # noqa: ANN401 - a form of allauth
    """Label the two fields for a new password."""
    form.fields["password1"].label = label
    form.fields[
        "password1"
    ].help_text = "At least 8 characters. Common passwords and digits only are not accepted."
    form.fields["password2"].label = "Repeat password"
    _without_placeholders(form)


def _without_placeholders(form: Any) -> None:  # noqa: ANN401 - a form of allauth
    """Remove placeholders: they would only repeat the labels, in a fainter colour."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
