"""A small challenge and submissions to it, for tests of the host."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from copytrace.documents import to_yaml
from copytrace.records import Descriptors
from copytrace.submissions import write_descriptor_submission, write_queries_only

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = [f"Q{number:02d}" for number in range(20)]
REFERENCES = [f"R{number:02d}" for number in range(30)]
TRUE = {f"Q{number:02d}": f"R{number:02d}" for number in range(10)}
PUBLIC = [f"Q{number:02d}" for number in range(0, 20, 2)]
DIMS = 8
SHA = {"code": "c" * 64, "weights": "d" * 64}
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def challenge_content(now: datetime, **changes: Any) -> dict[str, Any]:
    """A challenge whose first phase is open, and whose second phase opens in an hour."""
    phase = {
        "queries": {"prefix": "Q", "digits": 2, "first": 0, "count": 20},
        "references": "references.txt",
        "truth": {"file": "truth.csv", "public_queries": "public.txt"},
        "grace_seconds": 600,
    }
    hour = timedelta(hours=1)
    return {
        "challenge": "small",
        "title": "Small challenge",
        "ends_at": now + 100 * hour,
        "rules_version": "1",
        "eligibility": {"territory": "Anywhere but Cuba.", "excluded_countries": ["CU"]},
        "attestations": {"no-annotations": "We added none.", "licensed": "All our data is licensed."},
        "tracks": [
            {"name": "matching", "title": "Matching", "kind": "matching"},
            {"name": "descriptor", "title": "Descriptor", "kind": "descriptor", "max_dims": DIMS},
        ],
        "phases": [
            {"name": "one", "title": "Phase 1", "opens_at": now - hour, "closes_at": now + hour, **phase},
            {
                "name": "two",
                "title": "Phase 2",
                "opens_at": now + hour,
                "closes_at": now + 3 * hour,
                **phase,
                "limits": {"total": 3},
                "frozen_after": "one",
                "blind": True,
                "reveal": "by_organiser",
                "prizes": {"matching": ["$50", "$30"]},
            },
        ],
        "datasets": [
            {
                "name": "queries",
                "title": "Queries",
                "files": [{"path": "queries.tar", "size": 10, "sha256": "a" * 64}],
            }
        ],
        "mirrors": [{"region": "us-west-2", "title": "US West (Oregon)", "url": "s3://bucket/small"}],
    } | changes


def write_challenge_folder(folder: Path, content: dict[str, Any]) -> Path:
    """Write the challenge file, with the ID lists and the ground truth it names."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "references.txt").write_text("\n".join(REFERENCES) + "\n")
    (folder / "public.txt").write_text("\n".join(PUBLIC) + "\n")
    rows = [f"{query},{TRUE.get(query, '')}" for query in QUERIES]
    (folder / "truth.csv").write_text("\n".join(["query_id,reference_id", *rows]) + "\n")
    path = folder / "challenge.yaml"
    path.write_text(to_yaml(content))
    return path


def matches_csv(right: int = 10) -> bytes:
    """Scored pairs: the first `right` true pairs, each preceded by a wrong one if there are fewer than ten."""
    rows = ["query_id,reference_id,score"]
    rows += [f"Q{number:02d},R29,{1 - number / 100}" for number in range(10 - right)]
    true = list(TRUE.items())[:right]
    rows += [f"{query},{reference},{0.8 - place / 100}" for place, (query, reference) in enumerate(true)]
    return ("\n".join(rows) + "\n").encode()


def vectors(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Queries close to their references, and the references."""
    draw = np.random.default_rng(seed)
    references = draw.normal(size=(len(REFERENCES), DIMS)).astype(np.float32)
    queries = draw.normal(size=(len(QUERIES), DIMS)).astype(np.float32)
    queries[: len(TRUE)] = references[: len(TRUE)] + np.float32(0.01)
    return queries, references


def write_full(path: Path, seed: int = 1, *, changed: int | None = None) -> Path:
    """A descriptor submission; `changed`: a reference in which one float differs."""
    queries, references = vectors(seed)
    if changed is not None:
        references[changed, 3] = np.nextafter(references[changed, 3], np.float32(9))
    sets = Descriptors(QUERIES, queries, "test"), Descriptors(REFERENCES, references, "test")
    write_descriptor_submission(path, *sets)
    return path


def write_queries(path: Path, digest: str, seed: int = 1) -> Path:
    """A queries-only submission."""
    write_queries_only(path, Descriptors(QUERIES, vectors(seed)[0], "test"), digest)
    return path
