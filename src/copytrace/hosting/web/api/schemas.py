"""Types of requests and responses; the OpenAPI document is generated from these."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, StringConstraints

# PostgreSQL does not allow NUL in text.
NO_NUL = r"^[^\x00]*$"
Name = Annotated[str, StringConstraints(max_length=150, pattern=NO_NUL)]
Text = Annotated[str, StringConstraints(max_length=500, pattern=NO_NUL)]
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]


class ProblemOut(Schema):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    faults: list[str] = []


class RegisterIn(Schema):
    """A new account."""

    username: Name
    email: Name
    password: Text


class TokenIn(Schema):
    """Credentials for a new token."""

    username: Name
    password: Text
    name: Name = "command line"
    scopes: list[Name] = ["read", "submit"]
    days: int = 90


class TokenOut(Schema):
    """A token in a list."""

    id: int
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class TokenMade(TokenOut):
    """A new token; this is the only time it is shown."""

    token: str


class MeOut(Schema):
    """Your account."""

    username: str
    email: str
    organiser: bool


class TrackOut(Schema):
    """A track."""

    slug: str
    title: str
    kind: str
    max_dims: int


class PhaseOut(Schema):
    """A phase. The server's clock decides; see `now` of the challenge."""

    slug: str
    title: str
    opens_at: datetime
    closes_at: datetime
    grace_seconds: int
    state: Literal["coming", "open", "closed"]
    limit_total: int | None
    limit_per_day: int | None
    query_count: int
    reference_count: int
    frozen_after: str | None
    blind: bool
    takes_submissions: bool


class ChallengeBrief(Schema):
    """A challenge in a list."""

    slug: str
    title: str
    summary: str
    ends_at: datetime


class ChallengeOut(ChallengeBrief):
    """A challenge with its texts, tracks and phases."""

    now: datetime
    sponsor: str
    supporters: list[str]
    overview: str
    data: str
    rules: str
    prizes: str
    faq: str
    rules_version: str
    territory: str
    excluded_countries: list[str]
    minimum_age: int
    attestations: dict[str, str]
    tracks: list[TrackOut]
    phases: list[PhaseOut]


class FileOut(Schema):
    """A file of a data set."""

    path: str
    size: int
    sha256: str


class MirrorOut(Schema):
    """A data set in one region, with download commands; none while the mirror has no address."""

    region: str
    title: str
    url: str
    commands: list[str]


class DatasetOut(Schema):
    """A data set."""

    slug: str
    title: str
    files: list[FileOut]
    mirrors: list[MirrorOut]


class JoinIn(Schema):
    """A participant's declaration and acceptance of the rules."""

    country: Annotated[str, StringConstraints(max_length=2, pattern=NO_NUL)]
    of_age: bool
    rules_version: Name


class ParticipantOut(Schema):
    """Your participation in a challenge."""

    country: str
    rules_version: str
    accepted_at: datetime
    team: str | None
    invitations: list[str]


class TeamIn(Schema):
    """A team's name."""

    name: Name


class MemberIn(Schema):
    """An account's name."""

    username: Name


class MemberOut(Schema):
    """A member of a team."""

    username: str
    leads: bool


class AttemptsOut(Schema):
    """A team's attempts in a phase and track; null means no limit."""

    track: str
    phase: str
    used: int
    used_today: int
    left: int | None


class TeamOut(Schema):
    """A team as its members see it."""

    name: str
    members: list[MemberOut]
    invited: list[str]
    attempts: list[AttemptsOut]


class NominationIn(Schema):
    """An entry whose code and model are frozen, by their digests or by the archive itself."""

    submission: Number
    label: Name
    code_sha256: Name = ""
    weights_sha256: Name = ""
    archive: str | None = Field(
        default=None,
        description="A finished upload of the code archive. Without weights_sha256, it must contain the weights.",
        pattern=r"^[0-9a-f-]{32,36}$",
    )


class NominationOut(Schema):
    """A nominated entry; `archive` tells whether the host has its archive."""

    id: int
    team: str
    label: str
    submission: int
    track: str
    phase: str
    code_sha256: str
    weights_sha256: str
    reference_sha256: str
    archive: bool
    nominated_at: datetime


class SubmissionIn(Schema):
    """A new submission of an upload."""

    upload: str = Field(pattern=r"^[0-9a-f-]{32,36}$")
    track: Name
    phase: Name
    entry: Name = ""
    attest: list[Name] = []
    queries_only: bool = False
    reason: Text = ""
    code_sha256: Name = ""
    weights_sha256: Name = ""


class RunOut(Schema):
    """A scoring run; measures are null while they are hidden."""

    id: int
    stage: str
    state: str
    attempt: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    seconds: float | None
    share_done: float
    seconds_left: float | None
    scorer_version: str
    truth_version: str
    public: dict[str, Any] | None
    private: dict[str, Any] | None


class SubmissionOut(Schema):
    """A submission; `queue_position` is 1 for the next in line, null if it is not queued."""

    id: int
    team: str
    by: str
    track: str
    phase: str
    filename: str
    size: int
    state: str
    state_at: datetime
    upload_started_at: datetime
    received_at: datetime | None
    entry: str | None
    queries_only: bool
    faults: list[str]
    facts: dict[str, Any]
    queue_position: int | None
    run: RunOut | None


class LogOut(Schema):
    """The log of a submission, for its team."""

    lines: list[str]


class PlaceOut(Schema):
    """A place on a leaderboard."""

    rank: int
    team: str
    score: float
    recall_at_p90: float | None
    submission: int
    received_at: datetime
    submissions: int


class LeaderboardOut(Schema):
    """A leaderboard; while its scores are hidden, `places` is empty and `note` says why."""

    track: str
    phase: str
    board: Literal["public", "private"]
    visible: bool
    note: str
    count: int
    places: list[PlaceOut]


class AwardOut(Schema):
    """A prize and the team that wins it."""

    place: int
    prize: str
    team: str | None
    rank: int | None
    missing: list[str]


class FinalistIn(Schema):
    """A finalist's checklist."""

    team: Name
    licence: Annotated[str, StringConstraints(max_length=60, pattern=NO_NUL)] = ""
    repository: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] = ""
    report: Annotated[str, StringConstraints(max_length=300, pattern=NO_NUL)] = ""
    eligible: bool = False
    declined: bool = False


class DeadlineIn(Schema):
    """A new closing time for a phase."""

    closes_at: datetime
    reason: Text


class OpeningIn(Schema):
    """A new opening time for a phase."""

    opens_at: datetime
    reason: Text


class AllowanceIn(Schema):
    """Extra attempts for a team."""

    team: Name
    extra: int = Field(ge=0, le=1000)
    reason: Text


class ReasonIn(Schema):
    """The reason for an action."""

    reason: Text


class RescoreOut(Schema):
    """A re-score and its progress."""

    id: int
    phase: str
    reason: str
    begun_at: datetime
    applied_at: datetime | None
    reversed_at: datetime | None
    runs: dict[str, int]


class ChangeOut(Schema):
    """How a re-score changes a team's rank and score."""

    track: str
    board: str
    team: str
    old_rank: int | None
    new_rank: int | None
    old_score: float | None
    new_score: float | None


class PreviewOut(Schema):
    """Old and new ranks; `withheld` lists boards whose scores are still hidden."""

    changes: list[ChangeOut]
    withheld: list[str]


class AuditOut(Schema):
    """An entry of the audit log."""

    id: int
    at: datetime
    actor: str | None
    act: str
    subject: str
    details: dict[str, Any]


class AnnouncementIn(Schema):
    """A new announcement; the text is Markdown."""

    title: Name
    text: Annotated[str, StringConstraints(max_length=10_000, pattern=NO_NUL)]
    mail: bool = True


class AnnouncementOut(Schema):
    """An announcement."""

    id: int
    title: str
    text: str
    published_at: datetime


class StandingIn(Schema):
    """A team, or one of its submissions, to disqualify or reinstate, with the reason."""

    team: Name
    submission: int | None = None
    reason: Text


class ListedParticipantOut(Schema):
    """A participant, as organisers see it."""

    username: str
    email: str
    country: str
    of_age: bool
    rules_version: str
    accepted_at: datetime
    team: str | None
    leads: bool
    disqualified: bool


class RunningOut(Schema):
    """A run in progress."""

    submission_id: int
    stage: str
    attempt: int
    worker: str
    started_at: datetime | None
    share_done: float
    seconds_left: float | None
    rescore: bool


class QueueOut(Schema):
    """The queue; `stalled` means that submissions are waiting and no worker seems to be running."""

    waiting: int
    oldest: datetime | None
    running: list[RunningOut]
    finished: int
    stalled: bool


class FailureOut(Schema):
    """A submission that failed because of the host."""

    submission_id: int
    team: str
    challenge: str
    phase: str
    track: str
    failed_at: datetime
    log: str


class DashboardOut(Schema):
    """Site status; sizes are in bytes."""

    queue: QueueOut
    failures: list[FailureOut]
    failed: int
    uploads: dict[str, int]
    disk: dict[str, int]
    post: dict[str, int]


class DoneOut(Schema):
    """Confirmation."""

    done: str


class ClaimIn(Schema):
    """A worker that claims a run."""

    worker: Name
    version: Name


class HeldIn(Schema):
    """The token that came with the run."""

    token: Annotated[str, StringConstraints(min_length=32, max_length=32, pattern=NO_NUL)]


class HeartbeatIn(HeldIn):
    """Progress of a run."""

    share_done: Annotated[float, Field(ge=0, le=1)] = 0
    seconds_left: Annotated[float, Field(ge=0)] | None = None


class GiveBackIn(HeldIn):
    """Why a worker returns a run."""

    problem: Text


class Boards(Schema):
    """The measures of both boards."""

    public: dict[str, Any]
    private: dict[str, Any]


Base64 = Annotated[
    str,
    Field(
        max_length=1 << 20,
        pattern=r"^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
    ),
]


class Replicates(Schema):
    """The micro-AP of each bootstrap sample: float32 in base64."""

    public: Base64 | None = None
    private: Base64 | None = None


class OutcomeIn(HeldIn):
    """The result of a run: a problem, the measures of a score, or the faults and facts of a check."""

    problem: Text | None = None
    measures: Boards | None = None
    plots: dict[str, Any] = {}
    replicates: Replicates = Replicates()
    faults: list[str] = []
    facts: dict[str, Any] = {}
    truth_version: Name
    seconds: Annotated[float, Field(ge=0)]
    machine: Name


class WorkFileOut(Schema):
    """A file that a run needs."""

    name: str
    size: int
    version: str
    sha256: str


class WorkRunOut(Schema):
    """A claimed run, with everything the worker needs."""

    id: int
    token: str
    attempt: int
    truth_version: str
    heartbeat_seconds: float
    child_seconds: float
    job: dict[str, Any]
    files: list[WorkFileOut]


class ClaimOut(Schema):
    """The next run, or null."""

    run: WorkRunOut | None


class HeldOut(Schema):
    """Whether the worker still held the run."""

    held: bool
