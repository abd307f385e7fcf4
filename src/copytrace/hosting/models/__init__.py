"""The tables, one idea per file."""

from copytrace.hosting.models.account import Account, Token
from copytrace.hosting.models.announcement import Announcement
from copytrace.hosting.models.audit import AppendOnlyError, AuditEntry
from copytrace.hosting.models.challenge import Challenge
from copytrace.hosting.models.dataset import DataFile, Dataset, Mirror
from copytrace.hosting.models.outbox import Mail
from copytrace.hosting.models.phase import Phase
from copytrace.hosting.models.prize import Finalist, Prize
from copytrace.hosting.models.scoring_run import Rescore, ScoringRun
from copytrace.hosting.models.submission import Nomination, Submission
from copytrace.hosting.models.team import Allowance, Invitation, Participant, PastMember, Team
from copytrace.hosting.models.track import Track
from copytrace.hosting.models.upload import Upload

__all__ = [
    "Account",
    "Allowance",
    "Announcement",
    "AppendOnlyError",
    "AuditEntry",
    "Challenge",
    "DataFile",
    "Dataset",
    "Finalist",
    "Invitation",
    "Mail",
    "Mirror",
    "Nomination",
    "Participant",
    "PastMember",
    "Phase",
    "Prize",
    "Rescore",
    "ScoringRun",
    "Submission",
    "Team",
    "Token",
    "Track",
    "Upload",
]
