"""Template tags and filters, loaded in all templates."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import template
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from django.forms import BoundField
    from django.template import Context

register = template.Library()

_KIB = 1024
_DASH = "\N{EN DASH}"
# Units of time: name, seconds, and the smallest number of them for which a span uses the unit.
_UNITS = (
    ("years", 31_557_600, 2), ("months", 2_629_800, 3), ("days", 86_400, 3), ("h", 3_600, 1), ("min", 60, 1),
)  # fmt: skip

_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?([+-]\d\d:\d\d|Z)")

# Raw HTML is shown as text, as are links with schemes other than those of the web.
_markdown = MarkdownIt("js-default", {"html": False, "linkify": False})


@register.filter
def markdown(text: str) -> SafeString:
    """A page's Markdown as HTML; everything else in it is escaped."""
    return SafeString(_markdown.render(text))


@register.filter
def size(count: int | None) -> str:
    """A number of bytes for people.

    >>> size(1_080_000_000), size(2_048), size(7)
    ('1.0 GB', '2.0 kB', '7 bytes')
    """
    value = float(count or 0)
    if value < _KIB:
        return f"{int(value)} bytes"
    for unit in ("kB", "MB", "GB", "TB"):
        value /= _KIB
        if value < _KIB:
            return f"{value:.1f} {unit}"
    return f"{value / _KIB:.1f} PB"


@register.filter
def figure(value: object, digits: int = 5) -> str:
    """A measure with a fixed number of digits, or a dash if it is missing.

    >>> figure(0.5), figure(0.123456, 3)
    ('0.50000', '0.123')
    """
    return f"{value:.{digits}f}" if isinstance(value, int | float) else _DASH


@register.filter
def number(value: object) -> str:
    """A count with thousands separators.

    >>> number(1000000)
    '1,000,000'
    """
    return f"{value:,}" if isinstance(value, int) else _DASH


@register.filter
def plural(count: int, word: str) -> str:
    """A count and a noun with a plural in s; `word` may give both forms.

    >>> plural(1, "team"), plural(2, "team"), plural(3, "entry,entries")
    ('1 team', '2 teams', '3 entries')
    """
    one, _, many = word.partition(",")
    return f"{count:,} {one if count == 1 else many or one + 's'}"


@register.filter
def listed(value: object) -> str:
    """A value from the audit log as text.

    >>> listed(["a: new", "b: new"]), listed(7), listed("2021-10-27 23:59:00+00:00")
    ('a: new, b: new', '7', '27 Oct 2021, 23:59 UTC')
    """
    if isinstance(value, list):
        return ", ".join(map(listed, value))
    if isinstance(value, str) and _MOMENT.fullmatch(value):
        return f"{datetime.fromisoformat(value).astimezone(UTC):%-d %b %Y, %H:%M} UTC"
    return str(value)


@register.filter
def span(seconds: float | None) -> str:
    """A span of time in its largest units.

    >>> span(45), span(125), span(90_000), span(700_000), span(8_000_000), span(140_000_000)
    ('45 s', '2 min', '25 h', '8 days', '3 months', '4 years')
    """
    value = max(0.0, seconds or 0.0)
    for unit, length, least in _UNITS:
        if value >= least * length:
            return f"{value / length:.0f} {unit}"
    return f"{value:.0f} s"


@register.filter
def until(at: datetime, now: datetime) -> str:
    """The time from `now` until a moment, or since then.

    >>> from datetime import UTC
    >>> at = datetime(2021, 10, 27, 12, tzinfo=UTC)
    >>> until(at, at - timedelta(hours=5)), until(at, at + timedelta(days=4))
    ('in 5 h', '4 days ago')
    """
    away = (at - now) / timedelta(seconds=1)
    return f"in {span(away)}" if away > 0 else f"{span(-away)} ago"


@register.simple_tag
def moment(at: datetime | None, style: str = "long") -> SafeString | str:
    """A moment in UTC; the site's script adds the visitor's local time to a long one.

    Args:
        at: in any zone.
        style: `long` with the local time after it, `short` without, `day` for the date alone.
    """
    if at is None:
        return _DASH
    shown = f"{at:%-d %b %Y}" if style == "day" else f"{at:%-d %b %Y, %H:%M} UTC"
    local = SafeString(" data-local") if style == "long" else ""
    return format_html('<time datetime="{}"{}>{}</time>', f"{at:%Y-%m-%dT%H:%M:%SZ}", local, shown)


@register.simple_tag
def countdown(at: datetime, now: datetime) -> SafeString:
    """The time until a moment, updated by the site's script."""
    iso = f"{at:%Y-%m-%dT%H:%M:%SZ}"
    return format_html('<span class="countdown" data-countdown="{}">{}</span>', iso, until(at, now))


@register.simple_tag(takes_context=True)
def come_back(context: Context) -> SafeString | str:
    """The query that makes an account page return to this one; account pages pass it on.

    Public pages are cached by path, so the rest of the address is left out.
    """
    request = context["request"]
    here = request.path
    if here.startswith(reverse("account_login").removesuffix("login/")):
        # Never from POST: this also renders the page that refuses a large body before reading it.
        here = request.GET.get(REDIRECT_FIELD_NAME) or "/"
    return "" if here == "/" else format_html("?{}", urlencode({REDIRECT_FIELD_NAME: here}, safe="/"))


@register.filter
def kind(field: BoundField) -> str:
    """The kind of a form's field: `checkbox`, `radio`, `select`, `file`, `textarea` or `text`."""
    widget = field.field.widget
    found = getattr(widget, "input_type", type(widget).__name__.lower())
    return found if found in {"checkbox", "radio", "select", "file", "textarea", "hidden"} else "text"


@register.simple_tag
def control(field: BoundField) -> SafeString:
    """A form's field, with its hint and errors linked for assistive technology."""
    told = [f"{field.auto_id}_{part}" for part in ("hint", "faults") if _has(field, part)]
    attributes: dict[str, str | bool] = {"aria-describedby": " ".join(told)} if told else {}
    if field.errors:
        attributes["aria-invalid"] = "true"
    return field.as_widget(attrs=attributes)


def _has(field: BoundField, part: str) -> bool:
    return bool(field.help_text if part == "hint" else field.errors)
