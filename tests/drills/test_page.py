"""``docs/drills.md`` covers every guard, in the bot or as one that no drill reaches."""

import json
import re

import pytest

from plimsoll.lab.drilling.certificate import Subject, make_certificate
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.risk.guards import GUARDS
from tests.conftest import ROOT
from tests.drills.matrix_page import BEGIN, matrix, section_of, with_matrix
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


def test_the_matrix_is_on_the_page_and_stays_when_the_rest_is_written_again() -> None:
    section = section_of(PAGE)
    assert section.startswith(BEGIN)
    assert "| drawdown | prices fall |" in section
    assert with_matrix("# Drills\n\nText.\n\n## What trips\n", section).index(BEGIN) > 0
    assert with_matrix(PAGE, section) == PAGE


def test_a_red_row_is_on_the_page_with_its_reason() -> None:
    row = Row(cell=Cell("drawdown", "none", "live"), rule="drawdown")
    row.check("exchange flat", ok=False, said="BTCUSDT 0.01")
    made = make_certificate(Subject(), [row], wanted=1, modes=("live",), seed=7, seconds=1.0)
    assert "- drawdown / none / live: exchange flat: BTCUSDT 0.01" in matrix(made)
