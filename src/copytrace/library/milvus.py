"""A Milvus collection with the vectors of a library: one row per image.

A row has a number, a vector, and the image's record when it was added, as JSON. Row 0 describes the
collection: the library's settings, as JSON, with a vector of zeros.
"""

from __future__ import annotations

import json
import logging
import os
import re
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from copytrace.errors import CopytraceError, InputError, MissingDependencyError
from copytrace.extras import how_to_install
from copytrace.library.records import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from copytrace.records import Float32Array, FloatArray, IndexArray

TOKEN = "COPYTRACE_MILVUS_TOKEN"  # noqa: S105 - the name of a variable
"""The environment variable with the server's credentials: USER:PASSWORD, or an API key."""
MOST_FOUND = 16_384
"""Maximum number of rows that Milvus returns for a query or deletes in one request."""
_CONNECT_SECONDS = 10
_SECONDS = 20
"""How long an answer may take, with retries; less than a lookup in the service may."""
_SECONDS_TO_LOAD = 600
"""The same where Milvus reads or writes much of the collection."""
_LONGEST_TEXT = 65_535
"""Bytes of a text in Milvus."""
_PING_WHEN_IDLE = "grpc.keepalive_permit_without_calls"
_ADDRESS = re.compile(
    r"milvus(?P<tls>\+https)?://(?P<server>[^/@]+)/(?P<name>\w+)|milvus://(?P<file>/.+)/(?P<in_file>\w+)",
    re.ASCII,
)


class StoreError(CopytraceError):
    """Milvus cannot be reached, or has unexpected contents."""


@dataclass(frozen=True)
class Address:
    """The address of a collection.

    Attributes:
        text: as the user gave it.
        uri: the server, or the file of milvus-lite.
        name: the collection.
    """

    text: str
    uri: str
    name: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address.

        >>> Address.parse("milvus://localhost:19530/agency").uri
        'http://localhost:19530'

        Raises:
            InputError: it is not an address.
        """
        found = _ADDRESS.fullmatch(text)
        name = found and (found["name"] or found["in_file"])
        if found is None or not name or name[0].isdigit():
            raise InputError(
                f"'{text}' is not the address of a store; expected milvus://HOST:PORT/NAME, where NAME has letters, "
                f"digits and underscores. Put a password into the environment variable {TOKEN}."
            )
        scheme = "https" if found["tls"] else "http"
        return cls(text, found["file"] or f"{scheme}://{found['server']}", name)

    @property
    def in_file(self) -> bool:
        """Whether it is a file of milvus-lite."""
        return self.uri.startswith("/")


class Candidates(NamedTuple):
    """Rows close to a query: (n,) numbers, (n, d) vectors, and (n,) distances as rounded by Milvus."""

    numbers: IndexArray
    vectors: Float32Array
    distances: FloatArray


class Collection:
    """A collection; the constructor connects.

    Args:
        address: its address.

    Raises:
        StoreError: the server cannot be reached.
        MissingDependencyError: pymilvus is not installed.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        _require_installed(address)
        from pymilvus import MilvusClient

        # They also log each error that they raise, with a traceback; grpc._server does with milvus-lite.
        for name in ("pymilvus", "milvus_lite", "grpc._server"):
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
        advice = (
            "Another process may be using the file, or it is not a milvus-lite file."
            if address.in_file
            else f"Check that Milvus is running there, and the token in {TOKEN}."
        )
        with self._explained(f" {advice}"):
            self._client = MilvusClient(
                address.uri,
                token=os.environ.get(TOKEN, ""),
                timeout=_CONNECT_SECONDS,
                # Otherwise, idle clients ping milvus-lite until it refuses them, which gRPC writes to stderr.
                grpc_options={_PING_WHEN_IDLE: not address.in_file},
            )

    def close(self) -> None:
        """Disconnect."""
        self._client.close()

    @contextmanager
    def _explained(self, advice: str = "") -> Iterator[None]:
        """Turn errors of Milvus into readable messages."""
        import grpc
        from pymilvus.exceptions import MilvusException

        try:
            yield
        except (MilvusException, grpc.RpcError) as error:
            reason = str(getattr(error, "message", "") or error).rstrip(".")
            raise StoreError(f"{self.address.text}: {reason}.{advice}") from error

    def exists(self) -> bool:
        """Whether the collection exists."""
        with self._explained():
            return bool(self._client.has_collection(self.address.name, timeout=_SECONDS))

    def create(self, settings: Settings) -> None:
        """Create the collection of a library; it is searched exactly (index FLAT)."""
        from pymilvus import DataType

        with self._explained():
            schema = self._client.create_schema(auto_id=False, enable_dynamic_field=False)
            schema.add_field("row", DataType.INT64, is_primary=True)
            schema.add_field("vector", DataType.FLOAT_VECTOR, dim=settings.dims)
            schema.add_field("item", DataType.VARCHAR, max_length=_LONGEST_TEXT)
            index = self._client.prepare_index_params()
            index.add_index("vector", index_type="FLAT", metric_type="L2")
            self._client.create_collection(
                self.address.name,
                schema=schema,
                index_params=index,
                consistency_level="Strong",
                timeout=_SECONDS,
            )
        self.insert([0], np.zeros((1, settings.dims), np.float32), [asdict(settings)])

    def drop(self) -> None:
        """Delete the collection."""
        with self._explained():
            self._client.drop_collection(self.address.name, timeout=_SECONDS)

    def settings(self) -> Settings:
        """The settings of the library in the collection; also prepares the collection for searches.

        Raises:
            StoreError: the collection does not exist, or does not contain a library.
        """
        if not self.exists():
            raise StoreError(f"{self.address.text}: this collection does not exist.")
        with self._explained():
            fields = self._client.describe_collection(self.address.name, timeout=_SECONDS)["fields"]
            if {field["name"] for field in fields} == {"row", "vector", "item"}:
                self._client.load_collection(self.address.name, timeout=_SECONDS_TO_LOAD)
                found = self.get([0])
                if 0 in found:
                    return Settings(**found[0][1] | {"store": self.address.text})
        raise StoreError(
            f"{self.address.text}: this collection does not contain a copytrace library. Choose another name."
        )

    def insert(self, numbers: Sequence[int], vectors: Float32Array, items: Sequence[dict[str, Any]]) -> None:
        """Insert rows: their numbers, (n, d) vectors, and the record of each image."""
        rows = [
            {"row": number, "vector": vector, "item": _as_text(item)}
            for number, vector, item in zip(numbers, vectors, items, strict=True)
        ]
        with self._explained():
            self._client.insert(self.address.name, rows, timeout=_SECONDS)

    def delete(self, numbers: Sequence[int]) -> None:
        """Delete rows; they need not exist."""
        for start in range(0, len(numbers), MOST_FOUND):
            some = list(numbers[start : start + MOST_FOUND])
            with self._explained():
                self._client.delete(self.address.name, ids=some, timeout=_SECONDS)

    def compact(self) -> None:
        """Make Milvus rewrite its files without deleted rows, in the background."""
        with self._explained():
            self._client.flush(self.address.name, timeout=_SECONDS_TO_LOAD)
            self._client.compact(self.address.name, timeout=_SECONDS)

    def search(self, query: Float32Array, limit: int) -> Iterator[Candidates]:
        """Find at most `limit` rows closest to each query (n, d)."""
        with self._explained():
            found = self._client.search(
                self.address.name,
                data=list(query),
                anns_field="vector",
                limit=limit,
                output_fields=["vector"],
                search_params={"metric_type": "L2"},
                consistency_level="Strong",
                timeout=_SECONDS,
            )
        for hits in found:
            vectors = np.array([hit["entity"]["vector"] for hit in hits], np.float32)
            yield Candidates(
                np.array([hit["row"] for hit in hits], np.int64),
                vectors.reshape(-1, query.shape[1]),
                np.array([hit["distance"] for hit in hits]),
            )

    def get(self, numbers: Sequence[int]) -> dict[int, tuple[Float32Array, dict[str, Any]]]:
        """The existing ones among some rows: the vector (d,) of each, and the record of its image."""
        found = self._query(["row", "vector", "item"], ids=list(numbers))
        return {row["row"]: (np.array(row["vector"], np.float32), json.loads(row["item"])) for row in found}

    def items_between(self, first: int, stop: int) -> dict[int, dict[str, Any]]:
        """The records of the images in rows `first` to below `stop`."""
        found = self._query(["row", "item"], filter=f"row >= {first} and row < {stop}")
        return {row["row"]: json.loads(row["item"]) for row in found}

    def numbers_between(self, first: int, stop: int) -> set[int]:
        """The numbers of the existing rows from `first` to below `stop`."""
        found = self._query(["row"], filter=f"row >= {first} and row < {stop}")
        return {row["row"] for row in found}

    def has_after(self, number: int) -> bool:
        """Whether there is a row with a higher number."""
        return bool(self._query(["row"], filter=f"row > {number}", limit=1))

    def _query(self, fields: list[str], **which: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - handed on
        with self._explained():
            return list(
                self._client.query(
                    self.address.name,
                    output_fields=fields,
                    consistency_level="Strong",
                    timeout=_SECONDS,
                    **which,
                )
            )


def _as_text(item: dict[str, Any]) -> str:
    """An image's record as JSON; without the owner's metadata if they are too long for Milvus."""
    text = json.dumps(item, ensure_ascii=False)
    if len(text.encode()) > _LONGEST_TEXT:
        text = json.dumps(item | {"metadata": {}}, ensure_ascii=False)
    return text


def _require_installed(address: Address) -> None:
    if find_spec("pymilvus") is None:
        raise MissingDependencyError(f"Milvus needs pymilvus. Install it {how_to_install('milvus')}")
    if address.in_file and find_spec("milvus_lite") is None:
        raise MissingDependencyError(
            f"{address.text}: a file needs milvus-lite, which is meant for tests. Install it: pip install milvus-lite"
        )
    if address.in_file and not Path(address.uri).parent.is_dir():
        raise InputError(f"{address.text}: the folder {Path(address.uri).parent} does not exist.")
