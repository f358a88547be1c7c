"""``docs/drills.md`` covers every guard, in the bot or as one that no drill reaches."""

import json
import re

import pytest

from plimsoll.risk.guards import GUARDS
from tests.conftest import ROOT
from tests.drills.page import BACKTEST_CANNOT, BEFORE, NOT_REACHED

PAGE = (ROOT / "docs" / "drills.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("guard", GUARDS.names())
def test_the_page_has_a_row_for_each_guard(guard: str) -> None:
    rows = re.findall(rf"^(?:\| |- )`{guard}`", PAGE, re.MULTILINE)
    assert rows


def test_what_cannot_be_reached_is_a_guard() -> None:
    assert {*BACKTEST_CANNOT, *NOT_REACHED} <= set(GUARDS.names())


def test_every_drill_passed_when_the_page_was_written() -> None:
    assert "not run" not in PAGE


@pytest.mark.parametrize("case", range(1, 8))
def test_what_broke_once_is_on_the_page(case: int) -> None:
    section = PAGE.partition("## What broke once")[2].partition("\n## ")[0]
    assert re.search(rf"^\| {case}\. ", section, re.MULTILINE)


def test_each_case_that_a_drill_shows_was_seen_before() -> None:
    seen = json.loads(BEFORE.read_text(encoding="utf-8"))["seen"]
    assert {int(key[0]) for key in seen} == {1, 2, 3, 4, 5}
