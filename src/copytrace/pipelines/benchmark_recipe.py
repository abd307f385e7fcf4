"""The recipe of a whole benchmark: which photograph is what, and what was done to each query.

A file of JSON lines, in this order: one `{"benchmark": settings, "environment": versions}`; a line
`{"role": "reference" | "train", "id": ..., "source": ...}` for each picture that is no query; and a line
`{"query": ..., "reference": ... or null, "source": ..., "steps": [...], ...}` for each query. Readers that look
for `query` see what was done to each query and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from copytrace.edits import Recipe
from copytrace.errors import EditError, InputError
from copytrace.files import whole_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Role = Literal["reference", "train"]


@dataclass(frozen=True)
class Settings:
    """What was asked for; see `build_benchmark`."""

    queries: int
    references: int
    copies: float
    train: int | None
    seed: int
    mixes: tuple[str, ...]
    held_out: tuple[str, ...]
    longest_side: int

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Settings:
        """Read what `asdict` made, after JSON turned its tuples into lists."""
        return cls(**value | {name: tuple(value[name]) for name in ("mixes", "held_out")})


@dataclass(frozen=True)
class Kept:
    """A photograph that is written as it is, but for its size and format."""

    role: Role
    id: str
    source: str


@dataclass(frozen=True)
class Query:
    """A query: a photograph and what is done to it.

    Attributes:
        id: the query's ID.
        reference: the ID of the reference that it derives from; None for a query without a copy.
        source: the photograph it is made from.
        recipe: the edits.
        quality: of the JPEG file that it ends as.
        hard: whether it is without a copy and was chosen since it resembles a reference.
        visible: shares of the reference's and of the query's area that they have in common; see
            `copytrace.edits.Visible`. Empty until the query was made, and for one without a copy.
    """

    id: str
    reference: str | None
    source: str
    recipe: Recipe
    quality: int
    hard: bool = False
    visible: dict[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The query's line."""
        line: dict[str, Any] = {"query": self.id, "reference": self.reference, "source": self.source}
        line |= self.recipe.to_json() | {"quality": self.quality}
        if self.hard:
            line["hard"] = True
        if self.visible:
            line["visible"] = self.visible
        return line


@dataclass(frozen=True)
class BenchmarkRecipe:
    """All that a benchmark is made from, beside the photographs themselves.

    Attributes:
        settings: what was asked for.
        environment: the versions under which a replay gives the same bytes.
        kept: references and training images.
        queries: the queries, in order of their IDs.
    """

    settings: Settings
    environment: dict[str, Any]
    kept: tuple[Kept, ...]
    queries: tuple[Query, ...]

    def write(self, path: Path) -> None:
        """Write the file; it is whole or not there."""
        with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            for line in self._lines():
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {"benchmark": asdict(self.settings), "environment": self.environment}
        for kept in self.kept:
            yield {"role": kept.role, "id": kept.id, "source": kept.source}
        for query in self.queries:
            yield query.to_json()


def read_benchmark_recipe(path: Path) -> BenchmarkRecipe:
    """Read a benchmark's recipe to make it again.

    Raises:
        InputError: a line cannot be understood; the message names it.
    """
    settings: Settings | None = None
    environment: dict[str, Any] = {}
    kept: list[Kept] = []
    queries: list[Query] = []
    with path.open(encoding="utf-8") as file:
        for number, text in enumerate(file, start=1):
            try:
                line = json.loads(text)
                if "benchmark" in line:
                    settings, environment = Settings.from_json(line["benchmark"]), line["environment"]
                elif "role" in line:
                    kept.append(Kept(line["role"], line["id"], line["source"]))
                else:
                    queries.append(_query(line))
            except (ValueError, KeyError, TypeError, EditError) as error:
                wrong = f"lacks {error}" if isinstance(error, KeyError) else str(error)
                raise InputError(
                    f"{path}, line {number}: {wrong}. A recipe.jsonl that `copytrace benchmark` wrote is wanted."
                ) from error
    if settings is None:
        raise InputError(f"{path}: has no line with the benchmark's settings; a recipe.jsonl is wanted.")
    return BenchmarkRecipe(settings, environment, tuple(kept), tuple(queries))


def _query(line: dict[str, Any]) -> Query:
    return Query(
        id=line["query"],
        reference=line["reference"],
        source=line["source"],
        recipe=Recipe.from_json(line),
        quality=line["quality"],
        hard=line.get("hard", False),
        visible=line.get("visible", {}),
    )
