"""Pairs of pictures as HTML for a notebook: one block that contains its pictures and needs no other file."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass

from markupsafe import Markup

SIDE = 144
"""Longest side of a thumbnail, in pixels."""
ROWS = 10
"""Number of pairs shown: with two thumbnails each, about 100 KB."""

_TABLE = Markup(
    '<table><caption style="text-align: left">{caption}</caption>'
    "<thead><tr><th>query</th><th>reference</th><th>verdict</th></tr></thead><tbody>{rows}</tbody></table>"
)
_ROW = Markup('<tr style="vertical-align: top"><td>{query}</td><td>{reference}</td><td>{verdict}</td></tr>')
_PICTURE = Markup('<img src="data:image/jpeg;base64,{data}" alt=""><br>{name}')
_VERDICT = Markup("<strong>{verdict}</strong><br>{reasons}")
_FIGURE = Markup('<figure>{picture}<figcaption style="text-align: left">{caption}</figcaption></figure>')


@dataclass(frozen=True)
class NotebookPicture:
    """A picture of a pair.

    Attributes:
        name: its name.
        jpeg: a thumbnail; None if the picture cannot be read.
    """

    name: str
    jpeg: bytes | None

    def html(self) -> Markup:
        """The thumbnail above the name."""
        if self.jpeg is None:
            return Markup("{}<br>(picture not found)").format(self.name)
        return _PICTURE.format(data=b64encode(self.jpeg).decode(), name=self.name)


@dataclass(frozen=True)
class NotebookPair:
    """A pair.

    Attributes:
        query: its query.
        reference: its reference.
        verdict: the verdict in a few words.
        reasons: the basis of the verdict.
    """

    query: NotebookPicture
    reference: NotebookPicture
    verdict: str
    reasons: str


def pairs_table(caption: str, pairs: list[NotebookPair], *, more: int) -> str:
    """A table of pairs.

    Args:
        caption: a line above the table.
        pairs: the pairs, most probable copies first.
        more: number of pairs that are not shown.
    """
    rows = Markup().join(
        _ROW.format(
            query=pair.query.html(),
            reference=pair.reference.html(),
            verdict=_VERDICT.format(verdict=pair.verdict, reasons=pair.reasons),
        )
        for pair in pairs
    )
    rest = f" The first {len(pairs):,} pairs:" if more else ""
    return str(_TABLE.format(caption=caption + rest, rows=rows))


def figure(jpeg: bytes, caption: str) -> str:
    """A picture with a caption, which is also its description for screen readers."""
    picture = Markup('<img src="data:image/jpeg;base64,{}" alt="{}">').format(
        b64encode(jpeg).decode(), caption
    )
    return str(_FIGURE.format(picture=picture, caption=caption))
