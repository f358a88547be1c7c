"""The picture of the phone shows what the strict service accepts today, and the page lists it."""

import re

import pytest

from plimsoll.journal.phrases import RULES
from plimsoll.risk import GUARDS
from tests.conftest import ROOT
from tests.drills.phone import PICTURE, accepted, bubbles, of_rule, phone_svg, screens, texts

PAGE = (ROOT / "docs/messages.md").read_text(encoding="utf-8")


def test_every_message_is_accepted_and_the_picture_shows_it() -> None:
    seen = accepted(texts())
    assert seen == texts()
    drawn = phone_svg(seen)
    assert PICTURE.read_text(encoding="utf-8") == drawn, "run: python -m tests.drills.phone --write"


def test_no_message_shows_an_underscore_of_ours() -> None:
    of_people = ("Halted by hand", "Re-armed by")
    ours = [text for text in texts() if not any(one in text for one in of_people)]
    assert [text for text in ours if "_" in text] == []


def test_every_screen_holds_what_it_can() -> None:
    made = bubbles(texts())
    assert sum(map(len, screens(made))) == len(made)
    assert all(line.strip() for bubble in made for line in bubble.lines)


@pytest.mark.parametrize("rule", GUARDS.names())
def test_every_guard_has_a_message(rule: str) -> None:
    assert of_rule(rule).reason


def test_the_page_names_every_rule_in_its_words() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", PAGE, re.MULTILINE))
    assert rows == {rule: known.words for rule, known in RULES.items()}
