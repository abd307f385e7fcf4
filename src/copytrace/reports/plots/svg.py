"""SVG drawings for inline use in a page; their colours come from `static/copytrace/marks.css`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib import resources

from markupsafe import Markup, escape


@dataclass(frozen=True)
class Drawing:
    """A drawing of a given size.

    Attributes:
        width, height: size of the drawing, in its own units.
        label: description for people who cannot see it.
        content: its elements.
    """

    width: float
    height: float
    label: str
    content: Markup

    def svg(self, **attributes: object) -> Markup:
        """The drawing as an element that fills the available width, with any further attributes."""
        size = {
            "viewBox": f"0 0 {shown(self.width)} {shown(self.height)}",
            "role": "img",
            "aria_label": self.label,
        }
        return element("svg", self.content, **size, **attributes)


def element(name: str, *content: str, **attributes: object) -> Markup:
    """An element; strings are escaped, numbers rounded to a tenth, and None omits an attribute.

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
    """A drawing for wide screens and one for narrow ones; `static/copytrace/plots.css` hides one of them."""
    return wide.svg(class_="only-wide") + narrow.svg(class_="only-narrow")


def path(line: str, class_: str) -> Markup:
    """A path with a class."""
    return element("path", class_=class_, d=line)


def text(words: str, x: float, y: float, class_: str = "axis", anchor: str | None = None) -> Markup:
    """Text on a baseline; anchor: `middle` or `end` if it does not start at x."""
    return element("text", words, class_=class_, x=x, y=y, text_anchor=anchor)


def shown(value: object) -> object:
    """A number with at most one decimal; anything else unchanged.

    >>> shown(2.0), shown(2.25), shown("2.25")
    ('2', '2.2', '2.25')
    """
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else value


@cache
def stylesheet(name: str) -> Markup:
    """The text of `marks.css` or `plots.css`, for a page or file with its own style."""
    folder = resources.files("copytrace.reports") / "static" / "copytrace"
    return Markup(folder.joinpath(name).read_text(encoding="utf-8"))  # noqa: S704 - our own file
