"""Reads untrusted YAML and JSON within limits and checks it against a pydantic model.

YAML aliases are refused, and size, depth and the length of numbers are limited, so no file can hang the reader.
Every fault is a sentence with its place: file, line and key.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

import yaml

from copytrace.errors import InputError, printable

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # pragma: no cover - PyYAML built without libyaml
    from yaml import SafeLoader  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from pydantic import TypeAdapter
    from pydantic_core import ErrorDetails

T = TypeVar("T")

MAX_BYTES = 1 << 20
"""The largest YAML file, far larger than any card, recipe or challenge."""

MAX_DEPTH = 32
"""Levels of nested mappings and lists."""

MAX_NUMBER = 100
"""Characters in a YAML number or date."""

_SHOWN = 60
_TAG = "tag:yaml.org,2002:"
_SCALARS = {_TAG + name for name in ("str", "int", "float", "bool", "null", "timestamp")}


class DocumentError(InputError):
    """A document that cannot be read or does not match its model.

    Attributes:
        faults: every fault found, each a full sentence that names its place.
    """

    def __init__(self, faults: Sequence[str]) -> None:
        # Messages quote the file, which must not command a terminal.
        self.faults = tuple(map(printable, faults))
        super().__init__("\n".join(self.faults))


@dataclass(frozen=True)
class Document:
    """The content of a file, and the place of each part.

    Attributes:
        content: mappings, lists, texts, numbers, dates, booleans and None.
        source: the file's name in messages.
        root: the YAML nodes of the content; None if line numbers are unknown.
        text: the JSON text of the content, if there is one.
    """

    content: Any
    source: str
    root: yaml.Node | None = None
    text: str = ""

    def checked(self, model: type[T]) -> T:
        """The content as a pydantic model or a dataclass.

        Raises:
            DocumentError: it does not match; the error names all faults.
        """
        from pydantic import ValidationError

        try:
            # From JSON, even a strict model accepts a list for a tuple and a mapping for a dataclass.
            text = self.text or json.dumps(self.content, default=str)
            fitting: T = _adapter(model).validate_json(text)  # type: ignore[arg-type]  # types are hashable
        except ValidationError as error:
            details = error.errors(include_url=False)
            raise DocumentError(
                [f"{self._place(found)}: {_sentence(found)}." for found in details]
            ) from error
        return fitting

    def _place(self, found: ErrorDetails) -> str:
        line = None if self.root is None else _line(self.root, found["loc"])
        return self.source if line is None else f"{self.source}: line {line}"


def read_yaml(path: Path) -> Document:
    """Read a YAML file.

    Raises:
        DocumentError: the file cannot be opened, or as `parse_yaml`.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise DocumentError([f"{path}: {error.strerror}. Check the path."]) from error
    return parse_yaml(data, str(path))


def parse_yaml(data: bytes | str, source: str) -> Document:
    """Read one YAML document.

    Args:
        data: UTF-8, or UTF-16 with a byte order mark.
        source: its name in messages.

    Raises:
        DocumentError: it is not YAML, exceeds a limit, or has an alias, a tag or a repeated key.

    >>> parse_yaml("dims: [1, 2]", "card.yaml").content
    {'dims': [1, 2]}
    """
    if len(data) > MAX_BYTES:
        raise DocumentError([f"{source}: is larger than {MAX_BYTES:,} bytes, the limit for a YAML file."])
    with _yaml_errors(source):
        _check_shape(yaml.parse(data, Loader=SafeLoader), source)
        loader = SafeLoader(data)
        try:
            root = loader.get_single_node()
            content = None if root is None else _Values(loader, source).of(root)
        finally:
            loader.dispose()
    return Document(content, source, root)


def parse_json(text: str, source: str) -> Document:
    """Read one JSON text.

    Raises:
        DocumentError: it is not JSON, is nested too deeply, or has a number with thousands of digits.
    """
    from pydantic_core import from_json

    try:
        return Document(from_json(text), source, text=text)
    except ValueError as error:
        raise DocumentError([f"{source}: is not JSON: {error}."]) from error


def to_yaml(content: object) -> str:
    """Write YAML that `parse_yaml` can read: repeated values are written out, without aliases."""
    return yaml.dump(content, Dumper=_PlainDumper, sort_keys=False, allow_unicode=True, width=110)


class _PlainDumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


@cache
def _adapter(model: Any) -> TypeAdapter[Any]:  # noqa: ANN401 - any type
    # Imported here: worker processes need no model, and pydantic takes longer to load than everything else.
    from pydantic import TypeAdapter

    return TypeAdapter(model)


@contextmanager
def _yaml_errors(source: str) -> Iterator[None]:
    """Give errors of the YAML library a place, on one line."""
    try:
        yield
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = source if mark is None else f"{source}: line {mark.line + 1}"
        reason = error.problem or error.context
        raise DocumentError([f"{place}: is not YAML: {reason}."]) from error
    except (yaml.YAMLError, UnicodeError) as error:
        raise DocumentError([f"{source}: is not YAML: {' '.join(str(error).split())}."]) from error


def _check_shape(events: Iterable[yaml.Event], source: str) -> None:
    """Refuse aliases and deep nesting before building anything."""
    depth = 0
    for event in events:
        if isinstance(event, yaml.AliasEvent):
            raise _fault(
                source,
                event,
                f"has the alias *{event.anchor}; aliases are not supported, so write the value out",
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise _fault(source, event, f"is nested more than {MAX_DEPTH} levels deep")


def _fault(source: str, at: yaml.Event | yaml.Node, sentence: str) -> DocumentError:
    return DocumentError([f"{source}: line {_line_of(at)}: {sentence}."])


class _Values:
    """Turns YAML nodes into plain values."""

    def __init__(self, loader: SafeLoader, source: str) -> None:
        self._loader = loader
        self._source = source

    def of(self, node: yaml.Node) -> Any:  # noqa: ANN401 - whatever the file holds
        """The value of a node."""
        if isinstance(node, yaml.MappingNode) and node.tag == _TAG + "map":
            return self._mapping(node)
        if isinstance(node, yaml.SequenceNode) and node.tag == _TAG + "seq":
            return [self.of(item) for item in node.value]
        if isinstance(node, yaml.ScalarNode) and node.tag in _SCALARS:
            return self._scalar(node)
        raise _fault(self._source, node, f"has the tag {node.tag}; only plain values are supported")

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode) or key.tag == _TAG + "merge":
                raise _fault(self._source, key, "has a key that is not text")
            if key.value in mapping:
                raise _fault(self._source, key, f"has the key {_shown(key.value)} a second time; keep one")
            mapping[key.value] = self.of(value)
        return mapping

    def _scalar(self, node: yaml.ScalarNode) -> Any:  # noqa: ANN401
        if node.tag == _TAG + "str":
            return node.value
        if len(node.value) > MAX_NUMBER:
            problem = f"has a number of {len(node.value):,} characters; the limit is {MAX_NUMBER}"
            raise _fault(self._source, node, problem)
        try:
            return self._loader.construct_object(node)
        except (ValueError, ArithmeticError) as error:
            raise _fault(self._source, node, f"{node.value} cannot be read: {error}") from error
        except (LookupError, AttributeError) as error:
            # A tag may claim that any text is a date, a number or a boolean.
            raise _fault(self._source, node, f"{node.value} does not match its tag") from error


def _line_of(part: yaml.Event | yaml.Node) -> int:
    return 0 if part.start_mark is None else part.start_mark.line + 1


def _line(node: yaml.Node, steps: Sequence[int | str]) -> int:
    """The line of the deepest node that the steps reach; steps without a matching key are pydantic's own."""
    line = _line_of(node)
    for step in steps:
        if isinstance(node, yaml.MappingNode):
            for key, value in node.value:
                if key.value == str(step):
                    line, node = _line_of(key), value
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            node = node.value[step]
            line = _line_of(node)
    return line


_MUST = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
}
"""Replacements for pydantic's programmer terms."""


def _sentence(found: ErrorDetails) -> str:
    """What is wrong, in plain words: where, what was found, and what was expected."""
    where = ".".join(map(str, found["loc"]))
    kind, message = found["type"], found["msg"]
    if kind in {"missing", "missing_argument"}:
        return f"{where} is missing"
    if kind in {"extra_forbidden", "unexpected_keyword_argument"}:
        return f"{where} is not a known key. Check its spelling and indentation"
    if kind.endswith(("model_type", "dataclass_type", "dict_type", "model_attributes_type")):
        message = "must be a mapping of keys to values"
    message = _MUST.get(kind) or message.removeprefix("Value error, ").removesuffix(".")
    message = re.sub(r"^\w+ should ", "must ", message).replace(" after validation", "")
    return f"{where} is {_shown(found['input'])}; {message}".lstrip()


def _shown(value: object) -> str:
    """A value as it appears in a document, shortened to fit a line."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
