from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from copytrace.documents import MAX_BYTES, Document, DocumentError, parse_json, parse_yaml, read_yaml

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Shelf:
    name: str
    sizes: tuple[int, ...] = ()


BOMB = "a: &a [x, x]\n" + "".join(
    f"{new}: &{new} [*{old}, *{old}]\n" for old, new in zip("abcd", "bcde", strict=True)
)


def test_plain_values_are_read() -> None:
    text = "words: [yes, 'yes', 2021-10-26, 1.5, null]\n2021: {no: 1}\n"
    content = parse_yaml(text, "f.yaml").content
    assert content["words"][:2] == [True, "yes"]
    assert content["words"][3:] == [1.5, None]
    assert content["2021"] == {"no": 1}


def test_utf_16_with_a_byte_order_mark_is_read() -> None:
    assert parse_yaml("name: café".encode("utf-16"), "f.yaml").content == {"name": "café"}


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (BOMB, "f.yaml: line 2: has the alias *a; aliases are not supported, so write the value out."),
        ("a:\n" + " [" * 100_000, "f.yaml: line 2: is nested more than 32 levels deep."),
        ("- " * 100_000, "f.yaml: line 1: is nested more than 32 levels deep."),
        ("? " * 100_000, "f.yaml: line 1: is nested more than 32 levels deep."),
        ("a: 1\nb: " + "7" * 5000, "f.yaml: line 2: has a number of 5,000 characters; the limit is 100."),
        ("a: " + "1:" * 5000 + "1", "f.yaml: line 1: has a number of 10,001 characters; the limit is 100."),
        ("at: 2026-12-24T24:00:00Z", "f.yaml: line 1: 2026-12-24T24:00:00Z cannot be read: hour must be in 0..23."),
        ("a: 1\na: 2", 'f.yaml: line 2: has the key "a" a second time; keep one.'),
        ("? [a]\n: 1", "f.yaml: line 1: has a key that is not text."),
        ("<<: {a: 1}", "f.yaml: line 1: has a key that is not text."),
        (
            "a: !!python/name:os.system x",
            "f.yaml: line 1: has the tag tag:yaml.org,2002:python/name:os.system; only plain values are supported.",
        ),
        ("a: !!bool maybe", "f.yaml: line 1: maybe does not match its tag."),
        ("a: !!timestamp soon", "f.yaml: line 1: soon does not match its tag."),
        ("a: !!int ''", "f.yaml: line 1:  does not match its tag."),
        ("a: [1", "f.yaml: line 2: is not YAML: did not find expected ',' or ']'."),
        ("a: 1\n---\nb: 2", "f.yaml: line 2: is not YAML: but found another document."),
        (" " * (MAX_BYTES + 1), "f.yaml: is larger than 1,048,576 bytes, the limit for a YAML file."),
    ],
    ids=[
        "aliases", "lists", "dashes", "keys", "digits", "sexagesimal", "midnight", "twice", "list key", "merge",
        "tag", "bool", "date", "empty", "open", "two documents", "size",
    ],
)  # fmt: skip
def test_a_file_beyond_a_limit_is_refused_with_its_place(data: str, fault: str) -> None:
    with pytest.raises(DocumentError) as raised:
        parse_yaml(data, "f.yaml")
    assert raised.value.faults == (fault,)


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(DocumentError, match=r"^f\.yaml: is not YAML: unacceptable character #x00ff"):
        parse_yaml(b"a: \xff", "f.yaml")


def test_a_file_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"none\.yaml: No such file or directory"):
        read_yaml(tmp_path / "none.yaml")


@pytest.mark.parametrize("text", ["[" * 100_000, "9" * 5000, "{", ""])
def test_json_beyond_a_limit_is_refused(text: str) -> None:
    with pytest.raises(DocumentError, match=r"^line 3: is not JSON: "):
        parse_json(text, "line 3")


def test_a_valid_document_becomes_the_model() -> None:
    assert parse_yaml("name: A\nsizes: [1, 2]", "f.yaml").checked(Shelf) == Shelf("A", (1, 2))


def test_all_faults_are_named_with_line_and_key() -> None:
    with pytest.raises(DocumentError) as raised:
        parse_yaml("sizes:\n- 1\n- x\n", "f.yaml").checked(Shelf)
    assert raised.value.faults == (
        "f.yaml: line 1: name is missing.",
        'f.yaml: line 3: sizes.1 is "x"; must be a valid integer, unable to parse string as an integer.',
    )


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([1], "f: is [1]; must be a mapping of keys to values."),
        ({"name": 3}, "f: name is 3; must be text."),
        ({"name": "A", "sizes": 3}, "f: sizes is 3; must be a list."),
        ({"name": [0] * 99}, f"f: name is [{'0, ' * 19}0…; must be text."),
    ],
)
def test_a_fault_states_the_place_what_was_found_and_what_is_required(content: Any, fault: str) -> None:
    with pytest.raises(DocumentError) as raised:
        Document(content, "f").checked(Shelf)
    assert raised.value.faults == (fault,)


def test_a_message_cannot_command_a_terminal() -> None:
    with pytest.raises(DocumentError) as raised:
        Document({"name": ["\x1b[2J\x9b2J"]}, "f\n").checked(Shelf)
    assert raised.value.faults == (r'f\n: name is ["\u001b[2J\x9b2J"]; must be text.',)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from([*"[]{}:,-?!&*|>'\"#%@` \n\t01azZ.~", "!!int ", "2021-01-01", "\xe9", "\0"]),
        max_size=30,
    )
)
def test_any_text_is_read_or_refused_in_a_sentence(parts: list[str]) -> None:
    try:
        parse_yaml("".join(parts), "f.yaml").checked(Shelf)
    except DocumentError as error:
        assert all(fault.startswith("f.yaml: ") and fault.endswith(".") for fault in error.faults)  # noqa: PT017
