"""`copytrace host rescore` and `reveal`: what an organiser does to a phase's scores."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from copytrace.cli import terminal
from copytrace.cli.host.site import DataOption, open_site
from copytrace.cli.tables import Column, show_table
from copytrace.errors import InputError

if TYPE_CHECKING:
    from copytrace.hosting.models import Phase, Rescore

ChallengeArgument = Annotated[str, typer.Argument(metavar="CHALLENGE", help="Challenge name.")]
PhaseArgument = Annotated[str, typer.Argument(metavar="PHASE", help="Phase name.")]


def reveal(challenge: ChallengeArgument, phase: PhaseArgument, *, data: DataOption = None) -> None:
    """Reveal all scores of a closed phase.

    Examples:
        copytrace host reveal isc2021 phase-1
        copytrace host reveal isc2021 phase-1 --data site
    """
    open_site(data)
    from copytrace.hosting.services import challenges, organising

    organising.reveal(challenges.find_phase(challenges.find(challenge), phase))
    terminal.result(f"revealed the scores of {challenge}/{phase}")


def rescore(
    challenge: ChallengeArgument,
    phase: PhaseArgument,
    *,
    reason: Annotated[str, typer.Option("--reason", help="Reason, recorded with the re-score.")] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Apply the new scores.")] = False,
    reverse: Annotated[bool, typer.Option("--reverse", help="Restore the previous scores.")] = False,
    data: DataOption = None,
    as_json: terminal.Json = False,
) -> None:
    """Re-score a phase. Run it with --reason to start, again to preview the new ranks, then with --apply.

    Examples:
        copytrace host rescore isc2021 phase-1 --reason 'Corrected ground truth'
        copytrace host rescore isc2021 phase-1 --apply
    """
    open_site(data)
    from copytrace.hosting.services import challenges, rescoring

    row = challenges.find_phase(challenges.find(challenge), phase)
    if apply and reverse:
        raise InputError("Use either --apply or --reverse, not both.")
    latest = row.rescores.filter(reversed_at=None).order_by("-pk").first()
    under_way = latest if latest is not None and latest.applied_at is None else None
    if reverse or apply:
        chosen = latest if reverse else under_way
        if chosen is None:
            raise InputError(
                f"{phase} has no re-score to {'reverse' if reverse else 'apply'}. Start one with --reason WHY"
            )
        (rescoring.reverse if reverse else rescoring.apply)(chosen)
        terminal.result(f"{'reversed' if reverse else 'applied'} re-score {chosen.pk}")
        return
    if under_way is None:
        if not reason:
            raise InputError("A re-score needs a reason: --reason WHY")
        under_way = rescoring.begin(row, reason)
    _show(under_way, row, as_json=as_json)


def _show(rescore: Rescore, phase: Phase, *, as_json: bool) -> None:
    from copytrace.hosting.services import clock, rescoring
    from copytrace.hosting.services.visibility import BOARDS, scores_visible

    seen = [board for board in BOARDS if scores_visible(phase, board, clock.now())]
    changes = [
        (track.slug, board, change)
        for track in phase.challenge.tracks.all()
        for board in seen
        for change in rescoring.preview(rescore, track, board)
    ]
    withheld = [board for board in BOARDS if board not in seen]
    runs = rescoring.progress(rescore)
    if as_json:
        listed = [{"track": track, "board": board, **vars(change)} for track, board, change in changes]
        terminal.result_json({"id": rescore.pk, "runs": runs, "changes": listed, "withheld": withheld})
        return
    rows = []
    for track, board, change in changes:
        ranks = ("-" if rank is None else str(rank) for rank in (change.old_rank, change.new_rank))
        scores = ("-" if score is None else f"{score:.5f}" for score in (change.old_score, change.new_score))
        rows.append((track, board, change.team, *ranks, *scores))
    numbers = (Column(heading, right=True) for heading in ("old rank", "new rank", "old score", "new score"))
    show_table(["track", "board", "team", *numbers], rows)
    terminal.say(
        f"re-score {rescore.pk}: {', '.join(f'{count} {state}' for state, count in runs.items() if count)}"
    )
    if withheld:
        terminal.say(f"hidden until the scores are revealed: {', '.join(withheld)}")
