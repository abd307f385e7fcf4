"""Plain admin pages: read-only, apart from actions recorded in the audit log. They never show scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.views import redirect_to_login
from django.shortcuts import redirect
from django.urls import reverse

from copytrace.hosting import models
from copytrace.hosting.services import audit, queue, rescoring
from copytrace.hosting.services.problems import NotAllowed, Problem
from copytrace.hosting.services.visibility import BOARDS
from copytrace.hosting.web.people import signed_in_as

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest, HttpResponse

    _Admin = admin.ModelAdmin[Any]
    _UserAdmin = UserAdmin[models.Account]
else:
    # Django's own classes accept no type arguments at run time.
    _Admin, _UserAdmin = admin.ModelAdmin, UserAdmin

# Scores may be secret even to organisers; see services.visibility.
SECRET = (
    *(f"{board}_{kind}" for board in BOARDS for kind in ("measures", "score", "replicates")),
    "public_plots",
    "token",
)


class OfferedFiltersOnly(_Admin):
    """Refuses look-ups in the address other than those of the filters that the page offers.

    Django allows look-ups of any column, and `?private_score__gt=0.5` reveals a score just as showing it does.
    """

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether one of the page's filters makes this look-up."""
        del value
        offered = [name for name in self.get_list_filter(request) if isinstance(name, str)]
        endings = ("", "__exact", "__id__exact", "__isnull")
        return lookup in {f"{name}{ending}" for name in offered for ending in endings}


class LookOnly(OfferedFiltersOnly):
    """Rows that only the services change."""

    def has_add_permission(self, request: HttpRequest, *_: object) -> bool:
        """Nobody can add rows."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody can change rows."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody can delete rows."""
        del request, obj
        return False


@admin.register(models.Account)
class Accounts(OfferedFiltersOnly, _UserAdmin):
    """Accounts; every change is in the audit log."""

    def log_addition(self, request: HttpRequest, obj: models.Account, message: Any) -> Any:  # noqa: ANN401 - Django's own
        """Record the new account."""
        audit.record("admin", f"account {obj}", actor=_actor(request), change=str(message))
        return super().log_addition(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[models.Account]) -> Any:  # noqa: ANN401 - Django's own
        """Record each deleted account."""
        for account in queryset:
            audit.record("admin", f"account {account}", actor=_actor(request), change="deleted")
        return super().log_deletions(request, queryset)

    def log_change(self, request: HttpRequest, obj: models.Account, message: Any) -> Any:  # noqa: ANN401 - Django's own
        """Record the change."""
        audit.record("admin", f"account {obj}", actor=_actor(request), change=str(message))
        return super().log_change(request, obj, message)


@admin.register(models.Challenge)
class Challenges(LookOnly):
    """Challenges, as loaded."""

    list_display = ("slug", "title", "ends_at")


@admin.register(models.Phase)
class Phases(LookOnly):
    """Phases, with an action that scores them again."""

    list_display = ("__str__", "title", "opens_at", "closes_at", "blind", "revealed_at")
    actions = ("score_again",)

    @admin.action(description="Re-score all submissions (apply later)")
    def score_again(self, request: HttpRequest, phases: QuerySet[models.Phase]) -> None:
        """Begin a re-score of each phase."""
        for phase in phases:
            try:
                row = rescoring.begin(phase, "started on the admin page", _actor(request))
                self.message_user(request, f"Started re-score {row.pk} of {phase}.")
            except Problem as problem:
                self.message_user(request, str(problem), level="ERROR")


@admin.register(models.Rescore)
class Rescores(LookOnly):
    """Re-scores; the API and the command line preview their changes."""

    list_display = ("__str__", "reason", "begun_at", "applied_at", "reversed_at")
    actions = ("apply", "reverse")

    @admin.action(description="Apply the new scores")
    def apply(self, request: HttpRequest, rows: QuerySet[models.Rescore]) -> None:
        """Apply each."""
        self._each(request, rows, rescoring.apply, "applied")

    @admin.action(description="Restore the previous scores")
    def reverse(self, request: HttpRequest, rows: QuerySet[models.Rescore]) -> None:
        """Reverse each."""
        self._each(request, rows, rescoring.reverse, "reversed")

    def _each(self, request: HttpRequest, rows: QuerySet[models.Rescore], act: Any, done: str) -> None:  # noqa: ANN401
        for row in rows:
            try:
                act(row, _actor(request))
                self.message_user(request, f"Re-score {row.pk} is {done}.")
            except Problem as problem:
                self.message_user(request, str(problem), level="ERROR")


@admin.register(models.Submission)
class Submissions(LookOnly):
    """Submissions and their states."""

    list_display = ("id", "team", "track", "phase", "state", "state_at", "received_at")
    list_filter = ("state", "phase", "track")
    exclude = ("current_run",)
    actions = ("queue_again",)

    @admin.action(description="Retry submissions that failed because of the host")
    def queue_again(self, request: HttpRequest, rows: QuerySet[models.Submission]) -> None:
        """Retry each."""
        for row in rows:
            try:
                queue.requeue(row, actor=_actor(request))
                self.message_user(request, f"Submission {row.pk} is back in the queue.")
            except Problem as problem:
                self.message_user(request, str(problem), level="ERROR")


@admin.register(models.ScoringRun)
class ScoringRuns(LookOnly):
    """The queue and its results, without the scores."""

    list_display = ("id", "submission", "stage", "state", "attempt", "worker", "queued_at", "seconds")
    list_filter = ("state", "stage")
    exclude = SECRET


@admin.register(models.AuditEntry)
class AuditEntries(LookOnly):
    """The audit log."""

    list_display = ("at", "actor", "act", "subject")
    list_filter = ("act", "challenge")


@admin.register(models.Mail)
class Mails(LookOnly):
    """E-mails and whether they were sent, without their texts, which are private."""

    list_display = ("to", "subject", "created_at", "sent_at", "attempts", "problem")
    exclude = ("body",)


@admin.register(models.Team)
class Teams(LookOnly):
    """Teams, without their invitation links."""

    exclude = ("link",)


for _model in (
    models.Participant,
    models.Nomination,
    models.Upload,
    models.Finalist,
    models.Allowance,
):
    admin.site.register(_model, LookOnly)


def _actor(request: HttpRequest) -> models.Account | None:
    return request.user if isinstance(request.user, models.Account) else None


def sign_in(request: HttpRequest, extra_context: object = None) -> HttpResponse:
    """Send people to the site's own login page, which counts failed attempts; Django's own does not.

    Raises:
        NotAllowed: the account is not an organiser's.
    """
    del extra_context
    account = signed_in_as(request)
    if account is None:
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))
    if not account.is_staff:
        raise NotAllowed("Only organisers can do this. Sign in with an organiser account.")
    return redirect("admin:index")


admin.site.login = sign_in  # type: ignore[method-assign]
