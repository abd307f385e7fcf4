"""Counts the scans of a progressive JPEG, since each can make a decoder process the whole picture again.

An empty refinement scan takes about a hundred bytes in the file, but makes the decoder process all coefficients
(https://libjpeg-turbo.org/pmwiki/uploads/About/TwoIssueswiththeJPEGStandard.pdf, issue 1). A file of one megabyte
can therefore keep it busy for hours.
"""

from __future__ import annotations

import re

MAX_SCANS = 100
"""The most scans of a progressive JPEG to decode. Encoders write about ten, and libtiff has the same limit. On the
largest allowed picture, a scan takes a quarter of a second."""

# In coded data, FF is followed by 00 or a restart marker (D0 to D7); FF may also be padding before a marker.
_MARKER = re.compile(rb"\xff([\x01-\xcf\xd8-\xfe])")
_OTHER_FRAMES = frozenset({0xC0, 0xC1, 0xC3, 0xC5, 0xC7, 0xC9, 0xCB, 0xCD, 0xCF})
_START_OF_IMAGE, _END_OF_IMAGE, _START_OF_SCAN, _NO_LENGTH = 0xD8, 0xD9, 0xDA, 0x01


def count_scans(data: bytes) -> int:
    """The number of scans of the first picture in a progressive JPEG; 0 for other files.

    >>> count_scans(bytes.fromhex("ffd8 ffc0 0002 ffda 0002 1234 ffd9"))
    0
    >>> count_scans(bytes.fromhex("ffd8 ffc2 0002 ffda 0002 1234 ff00 ffda 0002 5678 ffd9"))
    2
    """
    scans = position = 0
    while (found := _MARKER.search(data, position)) is not None:
        marker, position = found[1][0], found.end()
        if marker in _OTHER_FRAMES:
            return 0
        if marker == _END_OF_IMAGE:
            break
        if marker in (_START_OF_IMAGE, _NO_LENGTH):
            continue
        scans += marker == _START_OF_SCAN
        position += int.from_bytes(data[position : position + 2])
    return scans
