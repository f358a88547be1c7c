"""Messages are joined and split to what a messenger takes, and nothing is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.journal.parts import LONGEST_UNITS, bare, deliverable, fitting, joined, parts, units
from plimsoll.lab.telegram.markup import utf16_length

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from(" \n🛑"), max_size=400)


@given(TEXTS)
def test_units_are_those_of_utf_16(text: str) -> None:
    assert units(text) == utf16_length(text)


@given(TEXTS, st.integers(2, 60))
def test_parts_hold_the_whole_text_but_white_space_at_the_cuts(text: str, longest: int) -> None:
    made = parts(text, longest)
    assert all(0 < units(part) <= longest for part in made)
    assert "".join("".join(made).split()) == "".join(text.split())


def test_a_text_is_cut_at_a_line_break_else_at_a_word_else_anywhere() -> None:
    assert parts("one two\nthree four", 12) == ["one two", "three four"]
    assert parts("one two three", 9) == ["one two", "three"]
    assert parts("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert parts("🛑" * 3, 4) == ["🛑🛑", "🛑"]
    assert parts("", 4) == []


def test_five_thousand_characters_are_two_messages() -> None:
    assert [len(part) for part in parts("a" * 5000)] == [LONGEST_UNITS, 5000 - LONGEST_UNITS]


def test_as_many_texts_are_joined_as_fit() -> None:
    texts = ["a" * 2000, "b" * 2000, "c" * 2000]
    assert fitting(texts) == 2
    assert units(joined(texts[:2])) == 4002
    assert fitting(["a" * 2047, "b" * 2047]) == 2, "exactly 4,096"
    assert fitting(["a" * 2047, "b" * 2048]) == 1
    assert fitting(["a" * 9000, "b"]) == 1


def test_what_no_encoder_takes_is_blank() -> None:
    assert deliverable("a\udc80b\x00c\td\ne🛑") == "a b c d\ne🛑"
    deliverable("\udc80").encode()


@pytest.mark.parametrize("text", ["_*[x](y)`", "<b>&", "a_b*c"])
def test_a_bare_text_has_nothing_that_could_be_markup(text: str) -> None:
    assert not set(bare(text)) & set("_*[]()`<>&~#+=|{}!\\")


def test_a_bare_text_still_says_what_it_said() -> None:
    assert bare("🛑 Daily loss limit: −4.1\u00a0% (limit 3\u00a0%).\nEnds.") == (
        "Daily loss limit: −4.1 % limit 3 % .\nEnds."
    )
