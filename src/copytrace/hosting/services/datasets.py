"""The data of a challenge and where to download it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from copytrace.hosting.services.problems import NotFound

if TYPE_CHECKING:
    from copytrace.hosting.models import Challenge, DataFile, Dataset, Mirror


@dataclass(frozen=True)
class Listing:
    """A data set and its files.

    Attributes:
        row: the data set.
        files: by path.
    """

    row: Dataset
    files: list[DataFile]

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def datasets(challenge: Challenge) -> list[Listing]:
    """The data sets of a challenge, in order."""
    rows = challenge.datasets.prefetch_related("files")
    return [Listing(row, list(row.files.all())) for row in rows]


def find_dataset(challenge: Challenge, name: str) -> Listing:
    """The data set with this name.

    Raises:
        NotFound: it does not exist.
    """
    row = challenge.datasets.filter(slug=name).first()
    if row is None:
        raise NotFound(f"{challenge.title} has no data set {name!r}.")
    return Listing(row, list(row.files.all()))


def mirrors(challenge: Challenge) -> list[Mirror]:
    """The regions to download the data from, in order."""
    return list(challenge.mirrors.all())
