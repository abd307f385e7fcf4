"""Loads a challenge file into the tables; loading it again updates them."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.db import models, transaction

from copytrace.errors import SubmissionError
from copytrace.hosting.models import Challenge, DataFile, Dataset, Mirror, Phase, Prize, Track
from copytrace.hosting.services import audit, stored_files
from copytrace.hosting.services.challenge_file import NumberedIds
from copytrace.hosting.services.organising import tell_deadline

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from copytrace.hosting.models import Account
    from copytrace.hosting.services.challenge_file import ChallengePart, Ids, PhasePart, TruthPart
    from copytrace.records import Truth

TEXTS = {"overview": "overview", "data": "data", "rules": "rules", "prizes": "prizes_text", "faq": "faq"}


@dataclass(frozen=True)
class Loaded:
    """The result of loading.

    Attributes:
        challenge: the challenge after loading.
        changes: a line for each new or changed thing; empty if nothing changed.
    """

    challenge: Challenge
    changes: list[str]


def shifted(part: ChallengePart, now: datetime) -> ChallengePart:
    """The challenge with all dates shifted by the same time, so that its first phase opens now."""
    by = now.replace(microsecond=0) - min(phase.opens_at for phase in part.phases)
    phases = [
        phase.model_copy(update={"opens_at": phase.opens_at + by, "closes_at": phase.closes_at + by})
        for phase in part.phases
    ]
    return part.model_copy(update={"phases": phases, "ends_at": part.ends_at + by})


def with_truths(part: ChallengePart, truths: Mapping[str, TruthPart]) -> ChallengePart:
    """The challenge with the truths of some phases given separately from the file.

    Raises:
        SubmissionError: no phase has this name.
    """
    if unknown := sorted(set(truths) - {phase.name for phase in part.phases}):
        raise SubmissionError(
            [f"--truth names the phase {unknown[0]!r}, which {part.challenge} does not have."]
        )
    phases = [
        phase.model_copy(update={"truth": truths.get(phase.name, phase.truth)}) for phase in part.phases
    ]
    return part.model_copy(update={"phases": phases})


@transaction.atomic
def load(part: ChallengePart, files: Path, *, actor: Account | None = None) -> Loaded:
    """Make the tables match a challenge file; loading it again changes nothing.

    Args:
        part: the content of the file.
        files: folder of the ID lists and truths it names.
        actor: the organiser who loads it.

    Raises:
        SubmissionError: a named file cannot be used, or a phase or track with submissions is missing.
    """
    changes: list[str] = []
    before = _details(part.challenge)
    challenge = _put(Challenge, {"slug": part.challenge}, _challenge_fields(part), changes, part.challenge)
    tracks = {}
    for place, track in enumerate(part.tracks):
        fields = {"title": track.title, "kind": track.kind, "max_dims": track.max_dims, "place": place}
        tracks[track.name] = _put(
            Track, {"challenge": challenge, "slug": track.name}, fields, changes, track.name
        )
    phases: dict[str, Phase] = {}
    for place, phase in enumerate(part.phases):
        phases[phase.name] = _load_phase(
            challenge, phase, place=place, earlier=phases, files=files, changes=changes
        )
        _load_prizes(phases[phase.name], phase, tracks)
    _drop_others(challenge.phases.exclude(slug__in=phases), changes)
    _drop_others(challenge.tracks.exclude(slug__in=tracks), changes)
    _load_data(challenge, part)
    after = _details(part.challenge)
    changes += [f"{what}: changed" for what in before if before[what] != after.get(what, before[what])]
    if changes:
        audit.record("load", challenge.slug, actor=actor, challenge=challenge, changes=changes)
    return Loaded(challenge, changes)


def _details(slug: str) -> dict[str, list[Any]]:
    """Prizes, data and mirrors, each compared as a whole; empty before the first load."""
    challenge = Challenge.objects.filter(slug=slug).first()
    if challenge is None:
        return {}
    files = DataFile.objects.filter(dataset__challenge=challenge).order_by("dataset__place", "path")
    prizes = {
        f"{phase.slug}.prizes": list(
            phase.prizes.order_by("track", "place").values_list("track", "place", "amount")
        )
        for phase in challenge.phases.all()
    }
    return prizes | {
        "data": list(files.values_list("dataset__slug", "dataset__title", "path", "size", "sha256")),
        "mirrors": list(challenge.mirrors.values_list("region", "title", "url")),
    }


def _challenge_fields(part: ChallengePart) -> dict[str, Any]:
    texts = {field: getattr(part.texts, name) for name, field in TEXTS.items()}
    return {
        "title": part.title,
        "summary": part.summary,
        "sponsor": part.sponsor,
        "supporters": part.supporters,
        "ends_at": part.ends_at,
        "rules_version": part.rules_version,
        "attestations": dict(part.attestations),
        **part.eligibility.model_dump(),
        **texts,
    }


def _put(
    model: type[Any], key: dict[str, Any], fields: dict[str, Any], changes: list[str], where: str
) -> Any:  # noqa: ANN401 - a row of that model
    """Add or update a row, and report what changes."""
    row = model.objects.filter(**key).first()
    if row is None:
        changes.append(f"{where}: new")
        return model.objects.create(**key, **fields)
    different = {name: value for name, value in fields.items() if getattr(row, name) != value}
    for name, value in different.items():
        changes.append(f"{where}.{name}: {_short(getattr(row, name))} -> {_short(value)}")
        setattr(row, name, value)
    if different:
        row.save(update_fields=list(different))
    return row


def _short(value: object) -> str:
    text = f"{value:%Y-%m-%d %H:%M:%S %Z}" if isinstance(value, datetime) else str(value)
    return text if len(text) <= 40 else text[:39] + "…"  # noqa: PLR2004 - fits a line


def _load_phase(
    challenge: Challenge,
    part: PhasePart,
    *,
    place: int,
    earlier: Mapping[str, Phase],
    files: Path,
    changes: list[str],
) -> Phase:
    folder = f"challenges/{challenge.slug}"
    queries, references = (_ids(ids, files) for ids in (part.queries, part.references))
    fields: dict[str, Any] = {
        "title": part.title,
        "place": place,
        "opens_at": part.opens_at.astimezone(UTC),
        "closes_at": part.closes_at.astimezone(UTC),
        "grace_seconds": part.grace_seconds,
        "limit_total": part.limits.total,
        "limit_per_day": part.limits.per_day,
        "query_ids": _keep_lines(folder, queries),
        "query_count": len(queries),
        "reference_ids": _keep_lines(folder, references),
        "reference_count": len(references),
        "frozen_after": earlier.get(part.frozen_after or ""),
        "blind": part.blind,
        "reveal_on_close": part.reveal == "on_close",
        **_load_truth(folder, part.truth, files, set(queries), set(references)),
    }
    before = Phase.objects.filter(challenge=challenge, slug=part.name).first()
    phase: Phase = _put(Phase, {"challenge": challenge, "slug": part.name}, fields, changes, part.name)
    if before is not None and before.closes_at != phase.closes_at:
        tell_deadline(phase)
    return phase


def _ids(ids: Ids, files: Path) -> list[str]:
    if isinstance(ids, NumberedIds):
        return ids.ids()
    # Imported here: only loading needs Arrow and numpy, not every web process.
    from copytrace.submissions import read_id_list

    return list(read_id_list(files / ids))


def _keep_lines(folder: str, lines: list[str]) -> str:
    return stored_files.keep(folder, "".join(f"{line}\n" for line in lines).encode(), ".txt")[0]


def _load_truth(
    folder: str, part: TruthPart | None, files: Path, queries: set[str], references: set[str]
) -> dict[str, str]:
    if part is None:
        return {"truth_public": "", "truth_private": "", "truth_version": ""}
    from copytrace.submissions import read_id_list, read_truth

    truth = read_truth(files / part.file)
    _require_known(part.file, truth.query_ids, queries, "queries")
    _require_known(part.file, truth.pair_reference_ids, references, "references")
    public = private = set(truth.query_ids)
    if part.public_queries is not None:
        listed = read_id_list(files / part.public_queries)
        _require_known(part.public_queries, listed, set(truth.query_ids), "queries of the truth")
        public = set(listed)
        private = set(truth.query_ids) - public
    parts = {"public": _truth_csv(truth, public), "private": _truth_csv(truth, private)}
    if empty := [name for name, content in parts.items() if not _has_pair(content)]:
        raise SubmissionError(
            [f"{files / part.file}: the {empty[0]} part has no true pairs, so it cannot be scored."]
        )
    _, version = stored_files.keep(folder, parts["public"] + b"\n" + parts["private"], ".truths")
    stored = {
        f"truth_{name}": stored_files.keep(folder, content, ".csv")[0] for name, content in parts.items()
    }
    return stored | {"truth_version": version}


def _require_known(place: str, ids: Any, known: set[str], what: str) -> None:  # noqa: ANN401 - a sequence of IDs
    if unknown := [image_id for image_id in ids if image_id not in known]:
        more = f" and {len(unknown) - 1:,} more" if len(unknown) > 1 else ""
        raise SubmissionError([f"{place}: not among the phase's {what}: {unknown[0]!r}{more}."])


def _truth_csv(truth: Truth, queries: set[str]) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("query_id", "reference_id"))
    pairs = zip(truth.pair_query_ids, truth.pair_reference_ids, strict=True)
    rows.writerows(sorted(pair for pair in pairs if pair[0] in queries))
    rows.writerows((query, "") for query in sorted(queries - set(truth.pair_query_ids)))
    return text.getvalue().encode()


def _has_pair(content: bytes) -> bool:
    return any(row[1] for row in list(csv.reader(io.StringIO(content.decode())))[1:])


def _load_prizes(phase: Phase, part: PhasePart, tracks: Mapping[str, Track]) -> None:
    listed = {
        (tracks[name].pk, place): amount
        for name, amounts in part.prizes.items()
        for place, amount in enumerate(amounts, 1)
    }
    for prize in phase.prizes.all():
        if listed.get((prize.track_id, prize.place)) != prize.amount:
            prize.delete()
    for (track_id, place), amount in listed.items():
        Prize.objects.get_or_create(phase=phase, track_id=track_id, place=place, defaults={"amount": amount})


def _drop_others(rows: Any, changes: list[str]) -> None:  # noqa: ANN401 - phases or tracks
    for row in rows:
        try:
            row.delete()
        except models.ProtectedError as error:
            raise SubmissionError(
                [f"{row} is missing from the file but has submissions. Keep it, or rename the challenge."]
            ) from error
        changes.append(f"{row.slug}: removed")


def _load_data(challenge: Challenge, part: ChallengePart) -> None:
    """Replace data sets and mirrors; no other rows refer to them."""
    challenge.datasets.all().delete()
    challenge.mirrors.all().delete()
    for place, dataset in enumerate(part.datasets):
        row = Dataset.objects.create(challenge=challenge, slug=dataset.name, title=dataset.title, place=place)
        DataFile.objects.bulk_create(DataFile(dataset=row, **file.model_dump()) for file in dataset.files)
    Mirror.objects.bulk_create(
        Mirror(challenge=challenge, place=place, **mirror.model_dump())
        for place, mirror in enumerate(part.mirrors)
    )
