"""Shows groups of duplicates on a page: each copy next to the kept picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from copytrace.engines import LocalEngine
from copytrace.files import check_output_folder
from copytrace.matching import IN_WORDS, percent, reasons
from copytrace.pipelines.report_pictures import shown_pictures
from copytrace.progress import SILENT, Progress
from copytrace.reports import REPORT_MARK, MatchesPage, RoleNames, ShownPair, write_matches_page

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.deduplication.records import Duplicates, Group, Member, Picture
    from copytrace.engines import Engine
    from copytrace.images import ImageFile
    from copytrace.pipelines.report_pictures import FilesById
    from copytrace.reports import Role


def report_duplicates(
    found: Duplicates,
    folder: Path,
    *,
    replace: bool = False,
    engine: Engine | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Write a page for browsing the copies; the kept picture takes the place of the reference.

    Args:
        found: the duplicates.
        folder: the page's folder.
        replace: an existing report there may be replaced.
        engine: makes thumbnails; by default processes on this machine.
        progress: reports progress.

    Returns:
        The path of the page.
    """
    check_output_folder(folder, REPORT_MARK, replace=replace)
    pairs = [(group, member) for group in found.groups for member in group.members]
    shown = [_shown(group, member) for group, member in pairs]
    page = MatchesPage(
        title="Duplicates",
        about=[
            f"Candidates found by {found.model}, each compared point by point.",
            "Each candidate is a copy of the picture to keep, or shows the same scene.",
        ],
        findings={str(verdict): words for verdict, words in IN_WORDS.items()},
        facts={
            "pictures": f"{found.pictures:,}",
            "groups": f"{len(found.groups):,}",
            "copies": f"{found.copies:,}",
        },
        scores=np.array([member.judgement.probability for _, member in pairs]),
        threshold=found.threshold,
        verified=True,
        pairs=shown,
        roles=RoleNames("candidate", "candidates", "kept picture"),
    )
    files: dict[Role, FilesById] = {
        "query": _Files([member.picture for _, member in pairs]),
        "reference": _Files([group.kept for group in found.groups]),
    }
    return write_matches_page(
        folder, page, shown_pictures(shown, files, folder, engine or LocalEngine(), progress)
    )


def _shown(group: Group, member: Member) -> ShownPair:
    judged = member.judgement
    # The page draws the mapping from the left picture to the right one.
    mapped = (member.evidence, member.explanation) if member.is_query else (None, None)
    why = reasons(judged.verdict, judged.probability, member.evidence, member.explanation)
    return ShownPair(
        member.picture.id,
        group.kept.id,
        judged.verdict,
        judged.probability,
        percent(judged.probability),
        f"{member.kind}: {why}" if why else member.kind,
        judged.log_ratio,
        *mapped,
    )


class _Files:
    """The files of some pictures; see `report_pictures.Files`."""

    def __init__(self, pictures: list[Picture]) -> None:
        self._files = {picture.id: picture.file for picture in pictures}

    def find(self, image_id: str) -> ImageFile | None:
        """The file of a picture; None if it no longer exists."""
        return self._files[image_id]
