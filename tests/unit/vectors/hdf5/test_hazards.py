"""One hostile file per hazard; each is checked here, and in a child process that may use 1 GB of memory.

The message is asserted in both. The child is the real command line; it must not die of a signal, run
out of memory, or run forever.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import zlib
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
import pytest

from command_line import CommandLine
from copytrace.submissions import check_submission

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Hazard = Callable[[Path], None]

UNDER_1_GB = {resource.RLIMIT_AS: 1 << 30, resource.RLIMIT_CPU: 60}

HAZARDS: dict[str, tuple[Hazard, str]] = {}


def hazard(message: str) -> Callable[[Hazard], Hazard]:
    """Add a writer of a hostile file to HAZARDS, with the expected message."""

    def put(write: Hazard) -> Hazard:
        HAZARDS[write.__name__] = (write, message)
        return write

    return put


def write_submission(path: Path, **members: Any) -> None:
    """A submission valid except for the given members: values, functions that create a member, or None to omit."""
    valid = {
        "query": np.arange(6, dtype=np.float32).reshape(3, 2),
        "query_ids": np.array([b"Q0", b"Q1", b"Q2"]),
        "reference": np.arange(8, dtype=np.float32).reshape(4, 2),
        "reference_ids": np.array([b"R0", b"R1", b"R2", b"R3"]),
    }
    with h5py.File(path, "w") as file:
        for name, member in (valid | members).items():
            if callable(member):
                member(file)
            elif member is not None:
                file[name] = member


def edit(path: Path, place: int, new: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        file.write(new)


def place_of(path: Path, name: str) -> int:
    """Where the bytes of a contiguous dataset begin."""
    with h5py.File(path) as file:
        place: int = file[name].id.get_offset()
        return place


# Not HDF5, or incomplete.


@hazard(
    "is neither HDF5 nor UTF-8 text; the matching track takes a CSV file, the descriptor track takes an HDF5 file."
)
def not_hdf5(path: Path) -> None:
    path.write_bytes(b"\x93NUMPY\x01\x00" + bytes(1000))


@hazard("cannot be opened as HDF5: Unable to synchronously open file (truncated file: eof = ")
def truncated(path: Path) -> None:
    write_submission(path)
    os.truncate(path, path.stat().st_size - 100)


@hazard("cannot be opened as HDF5: ")
def only_a_signature(path: Path) -> None:
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(5000))


# Ways to make the reader open another file, or loop.


@hazard("'query' is an external link to another file; store the data itself instead.")
def external_link(path: Path) -> None:
    write_submission(path, query=h5py.ExternalLink("/etc/passwd", "/query"))


@hazard("'aside' is an external link to another file; store the data itself instead.")
def external_link_beside_the_data(path: Path) -> None:
    write_submission(path, aside=h5py.ExternalLink("/etc/passwd", "/query"))


@hazard("'query' is a soft link; store the data itself instead.")
def soft_link_to_itself(path: Path) -> None:
    write_submission(path, query=h5py.SoftLink("/query"))


@hazard("'query' keeps its values in another file (external storage); store them in this file.")
def external_storage(path: Path) -> None:
    external = [("/etc/passwd", 0, 24)]
    write_submission(path, query=lambda file: file.create_dataset("query", (3, 2), "f4", external=external))


@hazard("'query' is a virtual dataset, which reads other files; store the values in this file.")
def virtual_dataset(path: Path) -> None:
    layout = h5py.VirtualLayout((3, 2), "f4")
    layout[:] = h5py.VirtualSource("/etc/passwd", "query", (3, 2))
    write_submission(path, query=lambda file: file.create_virtual_dataset("query", layout))


@hazard("'query' is a group or a type; expected a dataset.")
def group_in_the_place_of_a_dataset(path: Path) -> None:
    write_submission(path, query=lambda file: file.create_group("query"))


@hazard("'query' is a group or a type; expected a dataset.")
def type_in_the_place_of_a_dataset(path: Path) -> None:
    write_submission(path, query=np.dtype("f4"))


@hazard("contains 5,004 datasets and groups; expected only the few of its format.")
def thousands_of_members(path: Path) -> None:
    write_submission(path, more=lambda file: [file.create_group(f"g{number}") for number in range(5000)])


# Types that are not numbers, or not text.


@hazard("'query' contains objects of variable length; expected numbers, preferably float32.")
def object_type(path: Path) -> None:
    kind = h5py.vlen_dtype(np.float32)
    write_submission(path, query=lambda file: file.create_dataset("query", (3, 2), kind))


@hazard("'query' contains references to objects; expected numbers, preferably float32.")
def reference_type(path: Path) -> None:
    write_submission(path, query=lambda file: file.create_dataset("query", (3, 2), h5py.ref_dtype))


@hazard("'query' contains compound records; expected numbers, preferably float32.")
def compound_type(path: Path) -> None:
    write_submission(path, query=np.zeros((3, 2), [("x", "f4"), ("y", "f4")]))


@hazard("'query' contains enumerated values or booleans; expected numbers, preferably float32.")
def truth_values(path: Path) -> None:
    write_submission(path, query=np.zeros((3, 2), bool))


@hazard("'query' contains opaque bytes; expected numbers, preferably float32.")
def opaque_type(path: Path) -> None:
    write_submission(path, query=np.zeros((3, 2), "V8"))


@hazard("'query' contains text; expected numbers, preferably float32.")
def text_for_numbers(path: Path) -> None:
    write_submission(path, query=np.array([[b"1", b"2"]] * 3))


@hazard("'query' contains elements of an unknown kind; expected numbers, preferably float32.")
def complex_type(path: Path) -> None:
    kind = h5py.h5t.COMPLEX_IEEE_F32LE

    def create(file: h5py.File) -> None:
        h5py.h5d.create(file.id, b"query", kind, h5py.h5s.create_simple((3, 2)))

    write_submission(path, query=create)


@hazard("'query' contains numbers of an unusual kind (32 bits); expected float32.")
def floats_of_another_making(path: Path) -> None:
    kind = h5py.h5t.IEEE_F32LE.copy()
    kind.set_fields(31, 20, 11, 0, 20)

    def create(file: h5py.File) -> None:
        h5py.h5d.create(file.id, b"query", kind, h5py.h5s.create_simple((3, 2)))

    write_submission(path, query=create)


@hazard("'query' contains numbers of an unusual kind (24 bits); expected float32.")
def integers_of_three_bytes(path: Path) -> None:
    kind = h5py.h5t.STD_I32LE.copy()
    kind.set_precision(24)
    kind.set_size(3)

    def create(file: h5py.File) -> None:
        h5py.h5d.create(file.id, b"query", kind, h5py.h5s.create_simple((3, 2)))

    write_submission(path, query=create)


@hazard("'query_ids' contains integers; expected text: byte strings or UTF-8.")
def numbers_for_ids(path: Path) -> None:
    write_submission(path, query_ids=np.arange(3))


@hazard("'query_ids' contains text of 100,000 bytes per ID; expected at most 4,096.")
def ids_of_absurd_width(path: Path) -> None:
    write_submission(path, query_ids=np.array([b"Q0"], "S100000").repeat(3))


@hazard("'query_ids' has a text in row 1 that is not UTF-8: \"b'Q\\\\xff'\". Write the texts as UTF-8.")
def ids_that_are_not_utf8(path: Path) -> None:
    write_submission(path, query_ids=np.array([b"Q0", b"Q\xff", b"Q2"]))


# Shapes.


@hazard("'query' has the shape (6,); expected (rows, dims).")
def one_axis_for_a_matrix(path: Path) -> None:
    write_submission(path, query=np.zeros(6, np.float32))


@hazard("'query' has the shape None; expected (rows, dims).")
def no_shape_at_all(path: Path) -> None:
    write_submission(path, query=h5py.Empty("f4"))


@hazard("'query_ids' has the shape (3, 1); expected (rows,).")
def two_axes_for_ids(path: Path) -> None:
    write_submission(path, query_ids=np.array([[b"Q0"], [b"Q1"], [b"Q2"]]))


@hazard("'query' is empty: its shape is (0, 2). Write at least one row.")
def no_rows(path: Path) -> None:
    write_submission(path, query=np.zeros((0, 2), np.float32))


@hazard("'query' is (3, 1000000) float32; expected at most 256 dims. Try a model with at most 256 dimensions")
def a_million_dims(path: Path) -> None:
    write_submission(path, query=np.zeros((3, 1_000_000), np.float32))


# Declared, but missing.


@hazard(
    "'query' declares 1,024,000,000 bytes, but the file stores 0 of them, and the rest would read as zeros."
)
def a_million_rows_never_written(path: Path) -> None:
    write_submission(path, query=lambda file: file.create_dataset("query", (1_000_000, 256), "f4"))
    assert path.stat().st_size < 5000


@hazard("'query' declares 1,152,921,504,606,846,976 bytes, but the file stores 0 of them")
def more_rows_than_any_disk_holds(path: Path) -> None:
    write_submission(path, query=lambda file: file.create_dataset("query", (2**50, 256), "f4"))


@hazard("'query' declares 10,485,760 bytes, but the file stores 0 of them, and the rest would read as zeros.")
def chunks_never_written(path: Path) -> None:
    write_submission(
        path, query=lambda file: file.create_dataset("query", (10_000, 256), "f4", chunks=(1024, 256))
    )


@hazard("'query' declares 10,485,760 bytes, but the file stores 1,048,576 of them")
def one_chunk_of_ten_written(path: Path) -> None:
    def create(file: h5py.File) -> None:
        file.create_dataset("query", (10_000, 256), "f4", chunks=(1024, 256))[0] = 1

    write_submission(path, query=create)


@hazard("'query_ids' declares 4,096,000,000 bytes, but the file stores 0 of them")
def a_million_ids_never_written(path: Path) -> None:
    write_submission(path, query_ids=lambda file: file.create_dataset("query_ids", (1_000_000,), "S4096"))


@hazard("'query' is stored in the compact layout; write it contiguous or in chunks, as h5py does.")
def compact_layout(path: Path) -> None:
    def create(file: h5py.File) -> None:
        compact = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        compact.set_layout(h5py.h5d.COMPACT)
        h5py.h5d.create(file.id, b"query", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3, 2)), compact)

    write_submission(path, query=create)


# Chunks and filters.


@hazard("'query' is packed with lzf; expected gzip, with or without shuffle, or none.")
def another_filter(path: Path) -> None:
    write_submission(
        path,
        query=lambda file: file.create_dataset("query", data=np.zeros((3, 2), "f4"), compression="lzf"),
    )


@hazard("'query' is packed with shuffle, gzip, fletcher32; expected gzip, with or without shuffle, or none.")
def a_filter_too_many(path: Path) -> None:
    write_submission(
        path,
        query=lambda file: file.create_dataset(
            "query", data=np.zeros((3, 2), "f4"), compression="gzip", shuffle=True, fletcher32=True
        ),
    )


@hazard("'query' is packed with filter 32004; expected gzip, with or without shuffle, or none.")
def a_filter_from_a_plugin(path: Path) -> None:
    def create(file: h5py.File) -> None:
        created = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        created.set_chunk((3, 2))
        created.set_filter(32004, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(file.id, b"query", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple((3, 2)), created)

    write_submission(path, query=create)


@hazard(
    "'query' has chunks of the shape (1000000, 256): 1,024,000,000 bytes must be unpacked to read a row; expected"
)
def a_chunk_of_a_gigabyte(path: Path) -> None:
    write_submission(
        path,
        query=lambda file: file.create_dataset(
            "query", (3, 2), "f4", chunks=(1_000_000, 256), maxshape=(None, None), compression="gzip"
        ),
    )


@hazard(
    "'query' has chunks of the shape (1000000, 1): 1,024,000,000 bytes must be unpacked to read a row; expected"
)
def chunks_that_are_columns(path: Path) -> None:
    write_submission(
        path,
        query=lambda file: file.create_dataset("query", (1_000_000, 256), "f4", chunks=(1_000_000, 1)),
    )


@hazard("'query' has 256,000,000 chunks of the shape (1, 1); expected at most 1,048,576.")
def chunks_of_one_number(path: Path) -> None:
    write_submission(
        path, query=lambda file: file.create_dataset("query", (1_000_000, 256), "f4", chunks=(1, 1))
    )


@hazard("'query' unpacks from 1,0")
def a_gigabyte_of_zeros_in_a_megabyte(path: Path) -> None:
    packed = zlib.compress(bytes(1024 * 256 * 4), 9)

    def create(file: h5py.File) -> None:
        dataset = file.create_dataset("query", (1_024_000, 256), "f4", chunks=(1024, 256), compression="gzip")
        for row in range(0, 1_024_000, 1024):
            dataset.id.write_direct_chunk((row, 0), packed)

    write_submission(path, query=create)


@hazard(
    "'query' cannot be read from row 0 on: a chunk has 2,049 bytes instead of 2,048. Write or copy the file again."
)
def four_gigabytes_in_a_chunk_of_two_kilobytes(path: Path) -> None:
    squeeze = zlib.compressobj(9, wbits=-15)
    megabyte = squeeze.compress(bytes(1 << 20)) + squeeze.flush(zlib.Z_FULL_FLUSH)
    bomb = b"\x78\x9c" + megabyte * 4096

    def create(file: h5py.File) -> None:
        dataset = file.create_dataset(
            "query", (3, 2), "f4", chunks=(256, 2), compression="gzip", maxshape=(None, 2)
        )
        dataset.id.write_direct_chunk((0, 0), bomb)

    write_submission(path, query=create)


@hazard("'query' cannot be read from row 0 on: Error -3 while decompressing data: incorrect header check.")
def gzip_that_is_none(path: Path) -> None:
    def create(file: h5py.File) -> None:
        dataset = file.create_dataset("query", (3, 2), "f4", chunks=(3, 2), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), b"no gzip")

    write_submission(path, query=create)


@hazard("'query' cannot be read from row 0 on: a chunk ends too early. Write or copy the file again.")
def gzip_that_ends_early(path: Path) -> None:
    def create(file: h5py.File) -> None:
        dataset = file.create_dataset("query", (3, 2), "f4", chunks=(3, 2), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(24))[:-4])

    write_submission(path, query=create)


@hazard(
    "'query' cannot be read from row 0 on: a chunk has 8 bytes instead of 24. Write or copy the file again."
)
def a_chunk_that_is_too_short(path: Path) -> None:
    def create(file: h5py.File) -> None:
        dataset = file.create_dataset("query", (3, 2), "f4", chunks=(3, 2), compression="gzip")
        dataset.id.write_direct_chunk((0, 0), zlib.compress(bytes(8)))

    write_submission(path, query=create)


def write_one_chunk(path: Path, **options: Any) -> int:
    """A submission whose query is one chunk of 24 bytes; returns the offset of the chunk's size in the index."""
    write_submission(
        path,
        query=lambda file: file.create_dataset("query", data=np.ones((3, 2), "f4"), chunks=(3, 2), **options),
    )
    return path.read_bytes().index(b"TREE\x01") + 24


@hazard("'query' has an index of 1 chunks with 2,147,483,648 bytes impossible in a file of ")
def an_index_that_claims_a_chunk_of_2_gb(path: Path) -> None:
    edit(path, write_one_chunk(path, compression="gzip"), struct.pack("<I", 2**31))


@hazard("'query' has an index of 1 chunks with 12 bytes impossible in a file of ")
def an_index_that_claims_too_little(path: Path) -> None:
    edit(path, write_one_chunk(path), struct.pack("<I", 12))


@hazard("'query' is damaged: ")
def an_index_that_is_none(path: Path) -> None:
    edit(path, write_one_chunk(path) - 24, b"EERT")


# Text of variable length, which is stored in its own heap.


@hazard("'query_ids' cannot be read from row 0 on: the texts claim 4,294,967,284 bytes in total, more than")
def a_text_that_claims_four_gigabytes(path: Path) -> None:
    write_submission(path, query_ids=["Q0", "Q1", "Q2"])
    edit(path, place_of(path, "query_ids"), struct.pack("<I", 0xFFFFFFF0))


@hazard("'query_ids' cannot be read from row 0 on: there is no heap at byte 1,000,000,000,000,000,000.")
def a_text_from_beyond_the_file(path: Path) -> None:
    write_submission(path, query_ids=["Q0", "Q1", "Q2"])
    edit(path, place_of(path, "query_ids") + 4, struct.pack("<Q", 10**18))


@hazard("'query_ids' cannot be read from row 0 on: an object of the heap claims 0 bytes.")
def a_heap_that_is_read_for_ever(path: Path) -> None:
    write_submission(path, query_ids=["Q0", "Q1", "Q2"])
    edit(path, free_space_of_heap(path) + 8, struct.pack("<Q", 0))


@hazard("'query_ids' cannot be read from row 0 on: the heap at byte ")
def a_heap_larger_than_its_file(path: Path) -> None:
    write_submission(path, query_ids=["Q0", "Q1", "Q2"])
    edit(path, path.read_bytes().index(b"GCOL") + 8, struct.pack("<Q", 2**40))


@hazard("'query_ids' cannot be read from row 0 on: the text of row 1 claims 3 bytes, but 2 are stored.")
def a_text_that_claims_a_byte_of_the_next(path: Path) -> None:
    write_submission(path, query_ids=["Q0", "Q1", "Q2"])
    edit(path, place_of(path, "query_ids") + 16, struct.pack("<I", 3))


@hazard(
    "'query_ids' cannot be read from row 0 on: the texts claim 1,200,000,000 bytes in total, more than the file"
)
def a_text_that_all_ids_share(path: Path) -> None:
    def create(file: h5py.File) -> None:
        file.create_dataset("query_ids", (300_000,), h5py.string_dtype())[0] = "Q" * 4000

    write_submission(path, query_ids=create)
    place = place_of(path, "query_ids")
    edit(path, place, path.read_bytes()[place : place + 16] * 300_000)


@hazard("'query_ids' cannot be read from row 0 on: the heap is larger than the file.")
def heaps_that_overlap(path: Path) -> None:
    write_submission(path, query_ids=["Q" * 100, "Q" * 200, "Q" * 300])
    heap = path.read_bytes().index(b"GCOL")
    size = path.stat().st_size
    # Each further heap begins 8 bytes later, and claims the rest of the file as one object.
    for row in (1, 2):
        start = heap + 1024 + 64 * row
        inside = struct.pack("<4sB3xQHH4xQ", b"GCOL", 1, size - start, 1, 1, (size - start - 32) // 8 * 8)
        edit(path, start, inside)
        edit(path, place_of(path, "query_ids") + 16 * row, struct.pack("<IQI", 8, start, 1))


def free_space_of_heap(path: Path) -> int:
    """Where the free space of the (only) heap begins."""
    content = path.read_bytes()
    place = content.index(b"GCOL") + 16
    while index_and_size := struct.unpack_from("<HxxxxxxQ", content, place):
        index, size = index_and_size
        if index == 0:
            return place
        place += 16 + -(-size // 8) * 8
    raise AssertionError


# Attributes, which only queries-only submissions have.


def write_queries_only(path: Path, digest: object) -> None:
    def put(file: h5py.File) -> None:
        file.attrs["reference_sha256"] = digest

    write_submission(path, reference=None, reference_ids=None, attribute=put)


@hazard(
    "the attribute 'reference_sha256' is damaged: an object of the heap claims 0 bytes. Write or copy the file"
)
def queries_only_with_a_heap_that_is_read_for_ever(path: Path) -> None:
    write_queries_only(path, "ab" * 32)
    edit(path, free_space_of_heap(path) + 8, struct.pack("<Q", 0))


@hazard(
    "the attribute 'reference_sha256' is damaged: the texts claim 4,294,967,280 bytes in total, more than the file"
)
def queries_only_with_a_digest_that_claims_four_gigabytes(path: Path) -> None:
    write_queries_only(path, "ab" * 32)
    record = struct.pack("<IQ", 64, path.read_bytes().index(b"GCOL"))
    edit(path, path.read_bytes().index(record), struct.pack("<I", 0xFFFFFFF0))


@hazard("the attribute 'reference_sha256' is missing; expected the SHA-256 of the frozen references")
def queries_only_with_a_digest_of_another_name(path: Path) -> None:
    write_queries_only(path, "ab" * 32)
    edit(path, path.read_bytes().index(b"reference_sha256\0"), b"R")


@hazard("the list of datasets is damaged: ")
def queries_only_with_a_list_of_datasets_that_is_none(path: Path) -> None:
    write_queries_only(path, np.bytes_(b"ab" * 32))
    edit(path, path.read_bytes().index(b"TREE\0"), b"EERT")


@hazard("the attribute 'reference_sha256' contains text of the shape (8000,); expected one short text.")
def queries_only_with_thousands_of_digests(path: Path) -> None:
    write_queries_only(path, np.array([b"ab"] * 8000, "S2"))


@hazard("the attribute 'reference_sha256' contains text of the shape (); expected one short text.")
def queries_only_with_a_digest_like_a_book(path: Path) -> None:
    write_queries_only(path, np.bytes_(b"a" * 50_000))


@hazard(
    "the attribute 'reference_sha256' contains references to objects of the shape (); expected one short text."
)
def queries_only_with_a_digest_that_points(path: Path) -> None:
    def put(file: h5py.File) -> None:
        file.attrs["reference_sha256"] = file["query"].ref

    write_submission(path, reference=None, reference_ids=None, attribute=put)


# CSV files.


@hazard("row 2 is longer than 131,072 bytes; is this a text file with line breaks?")
def two_gigabytes_without_a_line_break(path: Path) -> None:
    path.write_bytes(b"query_id,reference_id,score\n")
    os.truncate(path, 2 << 30)


@hazard("row 1 is longer than 131,072 bytes; is this a text file with line breaks?")
def a_header_without_an_end(path: Path) -> None:
    path.write_bytes(b"query_id" * 1_000_000)


@hazard("row 2 has a quotation mark out of place")
def a_quotation_without_an_end(path: Path) -> None:
    path.write_bytes(b'query_id,reference_id,score\n"' + b"Q1,R1,1\n" * 1_000_000)


def options_of(name: str) -> list[str]:
    return ["--queries-only"] if name.startswith("queries_only") else []


@pytest.mark.parametrize("name", HAZARDS)
def test_a_hostile_file_is_refused_with_a_message(name: str, tmp_path: Path) -> None:
    write, message = HAZARDS[name]
    path = tmp_path / "hostile.h5"
    write(path)
    report = check_submission(path, queries_only=bool(options_of(name)))
    assert any(fault.startswith(f"{path}: {message}") for fault in report.faults), report.faults


@pytest.fixture(scope="module")
def command_line(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommandLine]:
    started = CommandLine(tmp_path_factory.mktemp("command-line"), ("copytrace.submissions",))
    yield started
    started.close()


@pytest.mark.parametrize("name", HAZARDS)
def test_one_gigabyte_is_enough_to_refuse_a_hostile_file(
    name: str, tmp_path: Path, command_line: CommandLine
) -> None:
    write, message = HAZARDS[name]
    path = tmp_path / "hostile.h5"
    write(path)
    child = command_line.run("check", path, "--json", *options_of(name), limits=UNDER_1_GB)
    assert child.returncode == 2, child.stderr
    faults = json.loads(child.stdout)["faults"]
    assert any(fault.startswith(f"{path}: {message}") for fault in faults), faults
