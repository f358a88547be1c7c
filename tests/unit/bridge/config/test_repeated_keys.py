"""Keys that one object has twice: found with their lines, in a text with comments."""

import pytest

from plimsoll.bridge.config.repeated_keys import RepeatedKey, repeated_keys
from tests.conftest import ROOT


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1, "b": {"a": 1}, "c": [{"a": 1}, {"a": 2}]}',
        '{"a": "a", "b": "\\"a\\": 1, {"}',
        '{"a": 1, // "a": 2,\n "b": 2 /* "a": 3, */,}',
        "[]",
        "",
    ],
)
def test_a_key_is_not_repeated_by_another_object_a_text_or_a_comment(text: str) -> None:
    assert repeated_keys(text) == []


def test_the_place_and_both_lines_are_named() -> None:
    text = '{\n "p": {\n  "risk": {"x": 1}, // one\n  "costs": {},\n  "risk": {"y": 2}\n }\n}'
    assert repeated_keys(text) == [RepeatedKey("p.risk", 3, 5)]


def test_a_key_on_one_line_and_a_third_time() -> None:
    assert repeated_keys('{"a": 1, "a": 2,\n"a": 3}') == [
        RepeatedKey("a", 1, 1),
        RepeatedKey("a", 1, 2),
    ]


def test_within_arrays_and_behind_values_that_are_texts() -> None:
    text = '{"l": ["x", {"k": "v", "k": ["v"]}], "t": "l"}'
    assert [one.name for one in repeated_keys(text)] == ["l.k"]


def test_a_key_is_the_same_however_it_is_written() -> None:
    assert [one.name for one in repeated_keys('{"a": 1, "\\u0061": 2}')] == ["a"]


@pytest.mark.parametrize("file", sorted((ROOT / "user_data/config").glob("*.json")), ids=str)
def test_what_ships_repeats_nothing(file) -> None:
    assert repeated_keys(file.read_text(encoding="utf-8")) == []
