"""The recipe of a whole benchmark: which photograph is what, and what was done to each query.

A file of JSON lines, in this order: one `{"benchmark": settings, "environment": versions}`; a line
`{"role": "reference" | "train", "id": ..., "source": ...}` for each picture that is no query; and a line
`{"query": ..., "reference": ... or null, "source": ..., "steps": [...], ...}` for each query. Readers that look
for `query` see what was done to each query and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from copytrace.edits import Recipe
from copytrace.errors import EditError, InputError
from copytrace.files import whole_file
from copytrace.geometry import Visible

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
class Origin:
    """What a query is made from.

    Attributes:
        id: the query's ID.
        source: the photograph.
        reference: the ID of the reference that the photograph is; None for a query without a copy.
        hard: whether it is without a copy and was chosen since it resembles a reference.
    """

    id: str
    source: str
    reference: str | None = None
    hard: bool = False


@dataclass(frozen=True)
class Query:
    """A query: what it is made from, and how.

    Attributes:
        origin: what it is made from.
        recipe: the edits.
        quality: of the JPEG file that it ends as.
        visible: shares of the reference's and of the query's area that they have in common, see
            `copytrace.edits.Visible`; None for a query without a copy.
    """

    origin: Origin
    recipe: Recipe
    quality: int
    visible: Visible | None

    def to_json(self) -> dict[str, Any]:
        """The query's line."""
        origin = self.origin
        line: dict[str, Any] = {"query": origin.id, "reference": origin.reference, "source": origin.source}
        line |= self.recipe.to_json() | {"quality": self.quality}
        if origin.hard:
            line["hard"] = True
        if self.visible is not None:
            line["visible"] = asdict(self.visible)
        return line

    @classmethod
    def from_json(cls, line: dict[str, Any]) -> Query:
        """Read a query's line.

        Raises:
            KeyError, TypeError, EditError: it lacks something, or an edit does not take its parameters.
        """
        return cls(
            Origin(line["query"], line["source"], line["reference"], line.get("hard", False)),
            Recipe.from_json(line),
            line["quality"],
            Visible(**line["visible"]) if "visible" in line else None,
        )


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
                    queries.append(Query.from_json(line))
            except (ValueError, KeyError, TypeError, EditError) as error:
                wrong = f"lacks {error}" if isinstance(error, KeyError) else str(error)
                raise InputError(
                    f"{path}, line {number}: {wrong}. A recipe.jsonl that `copytrace benchmark` wrote is wanted."
                ) from error
    if settings is None:
        raise InputError(f"{path}: has no line with the benchmark's settings; a recipe.jsonl is wanted.")
    return BenchmarkRecipe(settings, environment, tuple(kept), tuple(queries))
