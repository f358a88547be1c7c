"""The picture of the phone shows what the strict service accepts today, and the page lists it."""

import re
from inspect import isfunction

import pytest

from plimsoll.journal import messages
from plimsoll.journal.phrases import RULES
from plimsoll.risk import GUARDS
from tests.conftest import ROOT
from tests.drills.phone import (
    PICTURE,
    accepted,
    bubbles,
    of_rule,
    phone_svg,
    samples,
    screens,
    texts,
)

OF_STATUS = {"undelivered", "nobody_is_told"}
"""What the status says of messages, which is no message."""
PAGE = (ROOT / "docs/messages.md").read_text(encoding="utf-8")


def flat(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_every_message_is_accepted_and_the_picture_shows_it() -> None:
    seen = accepted(texts())
    assert seen == texts()
    drawn = phone_svg(seen)
    assert PICTURE.read_text(encoding="utf-8") == drawn, "run: python -m tests.drills.phone --write"


def test_no_message_shows_an_underscore_of_ours() -> None:
    # A person's words, and the names of a strategy's own code.
    of_people = ("Halted by hand", "Re-armed by", "of the strategy failed", "strategy replaced")
    ours = [text for text in texts() if not any(one in text for one in of_people)]
    assert [text for text in ours if "_" in text.replace("/reload_config", "")] == []


def test_every_screen_holds_what_it_can() -> None:
    made = bubbles(texts())
    assert sum(map(len, screens(made))) == len(made)
    assert all(line.strip() for bubble in made for line in bubble.lines)


def test_the_page_and_the_picture_have_every_message_there_is() -> None:
    made = {
        name
        for name, one in vars(messages).items()
        if isfunction(one) and one.__module__ == messages.__name__ and not name.startswith("_")
    }
    assert made == {*samples(), *OF_STATUS}
    rows = PAGE.partition("| Message | When |")[2].partition("\n\n")[0].splitlines()[2:]
    shown = {row: re.findall(r"`([^`]+)`", row.split(" | ")[0]) for row in rows}
    told = {name: [flat(text) for text in texts] for name, texts in samples().items()}
    named = {
        row: {
            name
            for name, said in told.items()
            if fragments and any(all(one in text for one in fragments) for text in said)
        }
        for row, fragments in shown.items()
    }
    assert [row for row, names in named.items() if not names] == [], "no message says this"
    assert set().union(*named.values()) == set(samples()), "the page lacks a message"


@pytest.mark.parametrize("rule", GUARDS.names())
def test_every_guard_has_a_message(rule: str) -> None:
    assert of_rule(rule).reason


def test_the_page_names_every_rule_in_its_words() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|$", PAGE, re.MULTILINE))
    assert rows == {rule: known.words for rule, known in RULES.items()}
