"""SVG drawings that a page can hold as they are: they take their colours from `static/copytrace/marks.css`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Drawing:
    """A drawing of a given size.

    Attributes:
        width, height: of the drawing, in its own units.
        label: what it shows, for those who cannot see it.
        content: its elements.
    """

    width: float
    height: float
    label: str
    content: Markup

    def svg(self, **attributes: object) -> Markup:
        """The drawing as an element that fills the width of its place; further attributes go to the element."""
        size = {
            "viewBox": f"0 0 {shown(self.width)} {shown(self.height)}",
            "role": "img",
            "aria_label": self.label,
        }
        return element("svg", self.content, **size, **attributes)


def element(name: str, *content: str, **attributes: object) -> Markup:
    """An element; strings are escaped, numbers rounded to a tenth, and None leaves an attribute out.

    >>> element("text", "1 < 2", class_="axis", text_anchor="end", x=3.14159, y=None)
    Markup('<text class="axis" text-anchor="end" x="3.1">1 &lt; 2</text>')
    """
    # Markup.format would escape too, but takes ten times as long, on pages with hundreds of elements.
    written = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(shown(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(map(escape, content))
    whole = f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"
    return Markup(whole)  # noqa: S704 - all parts are escaped


def for_both_widths(wide: Drawing, narrow: Drawing) -> Markup:
    """A drawing for wide screens and one for narrow ones, of which `static/copytrace/plots.css` hides one."""
    return wide.svg(class_="only-wide") + narrow.svg(class_="only-narrow")


def path(line: str, class_: str) -> Markup:
    """A path of a class."""
    return element("path", class_=class_, d=line)


def text(words: str, x: float, y: float, class_: str = "axis", anchor: str | None = None) -> Markup:
    """Words on a baseline; anchor: `middle` or `end`, where they do not start at x."""
    return element("text", words, class_=class_, x=x, y=y, text_anchor=anchor)


def shown(value: object) -> object:
    """A number with at most one decimal; anything else as it is.

    >>> shown(2.0), shown(2.25), shown("2.25")
    ('2', '2.2', '2.25')
    """
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


@cache
def stylesheet(name: str) -> Markup:
    """The text of `marks.css` or `plots.css`, for a page or a file that holds its own style."""
    folder = resources.files("copytrace.reports") / "static" / "copytrace"
    return Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - our own file
