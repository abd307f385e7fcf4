"""Writes a challenge back into a challenge file, together with the ID lists and truths it names."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from copytrace.hosting.services import stored_files
from copytrace.hosting.services.challenge_file import ChallengePart, NumberedIds
from copytrace.hosting.services.loading import TEXTS

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.hosting.models import Challenge, Phase


def export(challenge: Challenge, files: Path) -> ChallengePart:
    """Return the challenge file of a challenge; write its ID lists and truths to the folder `files`."""
    content: dict[str, Any] = {
        "challenge": challenge.slug,
        "rules_version": challenge.rules_version,
        "ends_at": challenge.ends_at,
        "eligibility": {
            name: getattr(challenge, name) for name in ("territory", "excluded_countries", "minimum_age")
        },
        "texts": {name: getattr(challenge, field) for name, field in TEXTS.items()},
        "tracks": [
            {"name": track.slug, "title": track.title, "kind": track.kind, "max_dims": track.max_dims}
            for track in challenge.tracks.all()
        ],
        "phases": [_export_phase(phase, files) for phase in challenge.phases.all()],
        "datasets": [
            {
                "name": dataset.slug,
                "title": dataset.title,
                "files": list(dataset.files.values("path", "size", "sha256")),
            }
            for dataset in challenge.datasets.all()
        ],
        "mirrors": list(challenge.mirrors.values("region", "title", "url")),
    }
    for name in ("title", "summary", "sponsor", "supporters", "attestations"):
        content[name] = getattr(challenge, name)
    return ChallengePart.model_validate(content)


def _export_phase(phase: Phase, files: Path) -> dict[str, Any]:
    prizes: dict[str, list[str]] = {}
    for prize in phase.prizes.select_related("track").order_by("place"):
        prizes.setdefault(prize.track.slug, []).append(prize.amount)
    return {
        "name": phase.slug,
        "title": phase.title,
        "opens_at": phase.opens_at,
        "closes_at": phase.closes_at,
        "grace_seconds": phase.grace_seconds,
        "limits": {"total": phase.limit_total, "per_day": phase.limit_per_day},
        "queries": _export_ids(phase.query_ids, files, f"{phase.slug}-queries.txt"),
        "references": _export_ids(phase.reference_ids, files, f"{phase.slug}-references.txt"),
        "truth": _export_truth(phase, files),
        "frozen_after": phase.frozen_after.slug if phase.frozen_after else None,
        "blind": phase.blind,
        "reveal": "on_close" if phase.reveal_on_close else "by_organiser",
        "prizes": prizes,
    }


def _export_ids(name: str, files: Path, file_name: str) -> dict[str, Any] | str:
    content = stored_files.read(name)
    numbered = _numbered(content.decode().split("\n")[:-1])
    if numbered is not None:
        return numbered
    (files / file_name).write_bytes(content)
    return file_name


def _numbered(ids: list[str]) -> dict[str, Any] | None:
    """The IDs as a prefix and consecutive numbers, if that is what they are."""
    prefix = ids[0].rstrip("0123456789")
    digits = ids[0][len(prefix) :]
    try:
        found = NumberedIds(prefix=prefix, digits=len(digits), first=int(digits or "-1"), count=len(ids))
    except ValidationError:
        return None
    return found.model_dump() if found.ids() == ids else None


def _export_truth(phase: Phase, files: Path) -> dict[str, Any] | None:
    if not phase.truth_public:
        return None
    public, private = (stored_files.read(name) for name in (phase.truth_public, phase.truth_private))
    found: dict[str, Any] = {"file": f"{phase.slug}-truth.csv"}
    if public == private:
        (files / found["file"]).write_bytes(public)
        return found
    (files / found["file"]).write_bytes(public + private.split(b"\n", 1)[1])
    found["public_queries"] = f"{phase.slug}-public-queries.txt"
    queries = dict.fromkeys(row[0] for row in list(csv.reader(io.StringIO(public.decode())))[1:])
    (files / found["public_queries"]).write_text("".join(f"{query}\n" for query in queries), encoding="utf-8")
    return found
