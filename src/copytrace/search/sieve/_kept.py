"""Codes of references for repeated searches, in a memory-mapped file."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from copytrace.errors import InputError
from copytrace.files import whole_file
from copytrace.search.layout import SPACING, find_centre
from copytrace.search.sieve import _bytes, _products
from copytrace.search.sieve._comparison import Block, SiftedComparison
from copytrace.search.sieve._products import PANEL

if TYPE_CHECKING:
    from pathlib import Path

    from copytrace.records import Float32Array, FloatArray
    from copytrace.search.blockwise import Wanted
    from copytrace.search.sieve._products import Product

LAYOUT = 1
"""Part of the file's name; increase it when the content changes."""
UNREADABLE = (OSError, EOFError, ValueError)
"""What NumPy raises for a file that is missing, truncated or not in its format."""


@dataclass(frozen=True)
class KeptCodes:
    """References, encoded in their order.

    Attributes:
        product: the product that multiplies them.
        centre: (d,) the point they are encoded relative to.
        references: their codes.
        sample: one row of every SPACING, in memory.
    """

    product: Product
    centre: FloatArray
    references: _bytes.ReferenceCodes
    sample: Float32Array

    def prepare(self, query: Float32Array, first: int, wanted: Wanted) -> SiftedComparison:
        """Prepare the queries (n, d), numbered from `first`, for comparison with these references."""
        return SiftedComparison(self.centre, self.product, first, query, wanted)

    def block(self, first: int, rows: Float32Array, start: int) -> Block:
        """Some of the references: the `rows` from `start`, a multiple of 2 panels; numbered from `first`."""
        stop = start + len(rows)
        panels = slice(start // PANEL, -(-stop // PANEL))
        block = Block(first, rows, self.centre)
        block.codes = _bytes.ReferenceCodes(
            # Two panels are compared at once, and the second may be the empty one after these.
            self.references.panels[panels.start : panels.stop + 1],
            self.references.bound[panels],
        )
        return block


def encode(rows: Float32Array, product: Product) -> KeptCodes:
    """Encode references (b, d) in their order."""
    centre = find_centre(rows)
    codes = _bytes.encode_references(rows, centre, product)
    return KeptCodes(product, centre, codes, rows[::SPACING].copy())


def open_codes(rows: Float32Array, stem: Path | None) -> KeptCodes | None:
    """The codes of references (b, d) for the fastest product, read from a file or computed; None without a product.

    Args:
        rows: the references.
        stem: a path without extension that identifies exactly these references; the codes are cached next to it.
    """
    product = _products.quickest()
    if product is None:
        return None
    if stem is None:
        return encode(rows, product)
    path = stem.with_name(f"{stem.name}.{product.feature}.{LAYOUT}.npy")
    kept = _read(path, rows.shape, product)
    if kept is None:
        kept = encode(rows, product)
        _write(path, kept)
    return kept


def _read(path: Path, shape: tuple[int, ...], product: Product) -> KeptCodes | None:
    """Read codes if they belong to references of this shape; most of them are memory-mapped."""
    try:
        # Pages that nothing writes to are shared; a read-only array would need a compilation of its own.
        panels = np.load(path, mmap_mode="c", allow_pickle=False)
        with path.open("rb") as file:
            file.seek(panels.offset + panels.nbytes)
            centre, bound, sample = (np.load(file, allow_pickle=False) for _ in range(3))
    except UNREADABLE:
        return None
    found = [(array.shape, array.dtype) for array in (panels, centre, bound, sample)]
    count, dims = shape
    expected = [
        (_bytes.panels_of(count, dims, product), np.dtype(np.int8)),
        ((dims,), np.dtype(np.float64)),
        ((-(-count // PANEL), 5), np.dtype(np.float64)),
        ((-(-count // SPACING), dims), np.dtype(np.float32)),
    ]
    if found != expected:
        return None
    return KeptCodes(product, centre, _bytes.ReferenceCodes(np.asarray(panels), bound), sample)


def _write(path: Path, kept: KeptCodes) -> None:
    """Cache codes for next time if possible; they can be computed again."""
    with suppress(OSError, InputError), whole_file(path) as temporary, temporary.open("wb") as file:
        # The panels start at a multiple of 64 bytes, a cache line.
        for array in (kept.references.panels, kept.centre, kept.references.bound, kept.sample):
            np.save(file, array, allow_pickle=False)
