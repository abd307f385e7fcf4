from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from copytrace.data import Entry, make_manifest, read_manifest, write_manifest
from copytrace.data.manifest import join
from copytrace.data.paths import first_unsafe
from copytrace.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

DIGEST = "0123456789abcdef" * 4
HEADER = "id,path,bytes,sha256,split\n"


def _entry(path: str, *, size: int = 1, split: str = "queries", digest: str = DIGEST) -> Entry:
    return Entry(path, path, size, digest, split)


@pytest.mark.parametrize("name", ["set.csv", "set.parquet"])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    entries = [
        Entry("Q00000", "queries/Q00000.jpg", 3, DIGEST, "queries"),
        Entry('a,"b"', 'odd/a,"b".jpg', 0, DIGEST, "other"),
        Entry("1", "numbers/1", 2**40, DIGEST, "2021"),
    ]
    write_manifest(tmp_path / name, make_manifest(entries, name="set"))
    manifest = read_manifest(tmp_path / name)
    assert list(manifest) == entries
    assert manifest.bytes == 3 + 2**40
    assert manifest.splits() == {"2021": (1, 2**40), "other": (1, 0), "queries": (1, 3)}
    assert list(manifest.take(np.array([2, 0]))) == [entries[2], entries[0]]


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("", "is empty"),
        ("/etc/passwd", "is absolute"),
        ("../evil", "has a part '.' or '..'"),
        ("queries/../../evil", "has a part '.' or '..'"),
        ("queries/..", "has a part '.' or '..'"),
        ("./a", "has a part '.' or '..'"),
        ("queries//a", "has an empty part"),
        ("queries/", "has an empty part"),
        ("queries\\..\\evil", "has a backslash or a control character"),
        ("a\x00b", "has a backslash or a control character"),
        ("a\nb", "has a backslash or a control character"),
        (".copytrace-parts/x", "is a name that the download uses itself"),
        (".COPYTRACE-PARTS/x", "is a name that the download uses itself"),
        ("manifest.parquet", "is a name that the download uses itself"),
        ("a" * 256, "is too long"),
        ("a/" * 600 + "a", "is too long"),
    ],
)
def test_a_hostile_path_is_refused(path: str, fault: str) -> None:
    with pytest.raises(DataError, match=r"^set: row 2: the path ") as error:
        make_manifest(
            [_entry("good"), _entry(path) if path else Entry("x", "", 1, DIGEST, "queries")], name="set"
        )
    assert fault in str(error.value)


@given(st.text(max_size=30) | st.lists(st.sampled_from(["..", ".", "a", "", "b c"])).map("/".join))
def test_a_path_that_is_let_through_stays_below_its_folder(path: str) -> None:
    try:
        paths = pa.array([path], pa.large_string())
    except UnicodeEncodeError:
        return
    if first_unsafe(paths) is None:
        parts = path.split("/")
        assert not path.startswith("/")
        assert "" not in parts
        assert not {".", ".."} & set(parts)
        assert "\0" not in path


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ("Q1,a,1,{digest},queries\nQ2,a,1,{digest},queries\n", "the path 'a' appears twice"),
        ("Q1,a,1,{digest},queries\nQ2,a/b/c,1,{digest},queries\n", "'a' is a file and another file's folder"),
        ("Q1,a,1,{digest},queries\nQ1,b,1,{digest},queries\n", "the id 'Q1' appears 2 times in the split"),
        ("Q1,a,-1,{digest},queries\n", "row 1 has a negative size"),
        (",a,1,{digest},queries\n", "row 1 has an empty id"),
        ("Q1,a,1,{digest},\n", "row 1 has an empty split"),
        ("Q1,a,1,,queries\n", "row 1 has no SHA-256 of 64 lower-case hexadecimal digits"),
        ("Q1,a,1,{upper},queries\nQ2,b,1,{upper},queries\n", "1 more rows have the same fault"),
        ("Q1,a,many,{digest},queries\n", "is not a manifest"),
        ("Q1,a\n", "is not a manifest"),
    ],
)
def test_a_row_that_cannot_be_used_is_named(tmp_path: Path, rows: str, sentence: str) -> None:
    (tmp_path / "set.csv").write_text(HEADER + rows.format(digest=DIGEST, upper=DIGEST.upper()))
    with pytest.raises(DataError, match=r"set\.csv") as error:
        read_manifest(tmp_path / "set.csv")
    assert sentence in str(error.value)


def test_a_file_that_is_not_a_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "set.parquet").write_bytes(b"PAR1 no, not really PAR1")
    with pytest.raises(DataError, match="is not a manifest"):
        read_manifest(tmp_path / "set.parquet")
    pq.write_table(pa.table({"id": ["Q1"], "path": ["a"]}), tmp_path / "short.parquet")
    with pytest.raises(DataError, match="has no column bytes, sha256, split"):
        read_manifest(tmp_path / "short.parquet")
    columns = {"id": ["Q1"], "path": [None], "bytes": [1], "sha256": [DIGEST], "split": ["queries"]}
    pq.write_table(pa.table(columns), tmp_path / "null.parquet")
    with pytest.raises(DataError, match="row 1 has no path"):
        read_manifest(tmp_path / "null.parquet")
    with pytest.raises(DataError, match=r"nowhere.csv: no such file or directory\."):
        read_manifest(tmp_path / "nowhere.csv")


def test_the_newer_row_of_two_manifests_counts() -> None:
    old = make_manifest([_entry("a", size=1), _entry("b", size=1)], name="old")
    new = make_manifest([_entry("b", size=2), _entry("c", size=2)], name="new")
    assert [(entry.path, entry.bytes) for entry in join(old, new)] == [("a", 1), ("b", 2), ("c", 2)]
