"""The recipe of a whole benchmark: the role of each photograph, and the edits of each query.

A file of JSON lines, in this order: one `{"benchmark": settings, "environment": versions}`; a line
`{"role": "reference" | "train", "id": ..., "source": ...}` for each picture that is not a query; and a line
`{"query": ..., "reference": ... or null, "source": ..., "steps": [...], ...}` for each query. Readers that look for
`query` find the edits of each query and nothing else.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from copytrace.documents import DocumentError
from copytrace.edits import Recipe
from copytrace.errors import EditError, SubmissionError
from copytrace.files import whole_file
from copytrace.geometry import Visible
from copytrace.submissions.recipes import recipe_lines
from copytrace.vectors.faults import Faults

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Role = Literal["reference", "train"]

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]{1,40}$")]
"""An ID is also a file name, so only letters and digits are allowed."""


@dataclass(frozen=True)
class Settings:
    """The requested settings; see `build_benchmark`."""

    queries: int
    references: int
    copies: float
    train: int | None
    seed: int
    mixes: tuple[str, ...]
    held_out: tuple[str, ...]
    longest_side: int


@dataclass(frozen=True)
class Kept:
    """A photograph that is kept unchanged except for its size and format."""

    role: Role
    id: Id
    source: str


@dataclass(frozen=True)
class Origin:
    """The origin of a query.

    Attributes:
        id: the query's ID.
        source: the photograph.
        reference: the reference's ID if the photograph is a reference; None for a query without a copy.
        hard: whether it has no copy and was chosen because it resembles a reference.
    """

    id: str
    source: str
    reference: str | None = None
    hard: bool = False


@dataclass(frozen=True)
class Query:
    """A query: its origin and its edits.

    Attributes:
        origin: its photograph.
        recipe: the edits.
        quality: quality of its JPEG file.
        visible: shares of the reference's and of the query's area that are visible in both, see
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
        """Read what `to_json` returned.

        Raises:
            EditError: it has no steps, or an edit does not accept its parameters.
        """
        return cls(
            Origin(line["query"], line["source"], line["reference"], line.get("hard", False)),
            Recipe.from_json(line),
            line["quality"],
            Visible(**line["visible"]) if "visible" in line else None,
        )


@dataclass(frozen=True)
class BenchmarkRecipe:
    """Everything a benchmark is made from, except the photographs themselves.

    Attributes:
        settings: the requested settings.
        environment: the versions with which a replay gives the same bytes.
        kept: references and training images.
        queries: the queries, in order of their IDs.
    """

    settings: Settings
    environment: dict[str, Any]
    kept: tuple[Kept, ...]
    queries: tuple[Query, ...]

    def write(self, path: Path) -> None:
        """Write the file; it is complete or absent."""
        with whole_file(path) as temporary, temporary.open("w", encoding="utf-8") as file:
            for line in self._lines():
                file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        yield {"benchmark": asdict(self.settings), "environment": self.environment}
        for kept in self.kept:
            yield {"role": kept.role, "id": kept.id, "source": kept.source}
        for query in self.queries:
            yield query.to_json()


class _Line(BaseModel):
    model_config = ConfigDict(strict=True)


class _HeadLine(_Line):
    benchmark: Settings
    environment: dict[str, Any]


class _QueryLine(_Line):
    query: Id
    reference: Id | None
    source: str
    quality: int = Field(ge=0, le=100)
    hard: bool = False
    visible: Visible | None = None


def read_benchmark_recipe(path: Path) -> BenchmarkRecipe:
    """Read a benchmark's recipe in order to rebuild it.

    Raises:
        SubmissionError: a line is invalid; the message names it.
    """
    settings: Settings | None = None
    environment: dict[str, Any] = {}
    kept: list[Kept] = []
    queries: list[Query] = []
    faults = Faults(path)
    for line in recipe_lines(path, faults):
        keys = line.content if isinstance(line.content, dict) else {}
        try:
            if "benchmark" in keys:
                head = line.checked(_HeadLine)
                settings, environment = head.benchmark, head.environment
            elif "role" in keys:
                kept.append(line.checked(Kept))
            else:
                line.checked(_QueryLine)
                queries.append(Query.from_json(line.content))
        except DocumentError as error:
            faults.add(f"{error} Expected a recipe.jsonl written by `copytrace benchmark`.")
        except EditError as error:
            faults.add(f"{line.source}: {error}")
    if settings is None and not faults:
        faults.add(
            "has no line with the benchmark's settings. Expected a recipe.jsonl written by `copytrace benchmark`."
        )
    if settings is None or faults:
        raise SubmissionError(faults.sentences())
    return BenchmarkRecipe(settings, environment, tuple(kept), tuple(queries))
