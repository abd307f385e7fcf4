"""Codes of references that are searched many times, in a file that is mapped into memory."""

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
"""Part of a file's name; a change of what is in it needs another number."""
UNREADABLE = (OSError, EOFError, ValueError)
"""What NumPy raises for a file that is missing, cut off or not its own."""


@dataclass(frozen=True)
class KeptCodes:
    """References, encoded in their order.

    Attributes:
        product: by which they are multiplied.
        centre: (d,) relative to which they are encoded.
        references: their codes.
        sample: one row of every SPACING, in memory.
    """

    product: Product
    centre: FloatArray
    references: _bytes.ReferenceCodes
    sample: Float32Array

    def prepare(self, query: Float32Array, first: int, wanted: Wanted) -> SiftedComparison:
        """Prepare the queries (n, d) from `first` on for a comparison with these references."""
        return SiftedComparison(self.centre, self.product, first, query, wanted)

    def block(self, first: int, rows: Float32Array, start: int) -> Block:
        """Some of the references: the `rows` from `start` on, a multiple of 2 panels; called from `first` on."""
        stop = start + len(rows)
        panels = slice(start // PANEL, -(-stop // PANEL))
        block = Block(first, rows, self.centre)
        block.codes = _bytes.ReferenceCodes(
            # Of two panels that are compared at once, the second may be an empty one behind these.
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
    """The codes of references (b, d) for the quickest product, from a file or made; None without such a product.

    Args:
        rows: the references.
        stem: a path without its ending that stands for these very references, beside which the codes are kept.
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
    """Read codes, if they are of references of this shape; most of them are mapped into memory."""
    try:
        # Pages that nothing writes to are shared, but an array for reading alone would have to be compiled for.
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
    """Keep codes for the next time, where that is possible: they can be made again."""
    with suppress(OSError, InputError), whole_file(path) as temporary, temporary.open("wb") as file:
        # The panels begin at a multiple of 64 bytes, as a line of the cache does.
        for array in (kept.references.panels, kept.centre, kept.references.bound, kept.sample):
            np.save(file, array, allow_pickle=False)
