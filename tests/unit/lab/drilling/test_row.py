"""A row is green only when it was played to its end and every check held."""

import json

from plimsoll.lab.drilling.row import Cell, Row, row_of

CELL = Cell("drawdown", "none", "live")


def test_a_row_without_a_check_is_red() -> None:
    assert not Row(cell=CELL, rule="drawdown").ok


def test_one_failed_check_makes_it_red_and_says_why() -> None:
    row = Row(cell=CELL, rule="drawdown")
    row.check("exchange flat", [], "")
    row.check("exchange flat", not ["BTCUSDT 0.01"], "BTCUSDT 0.01")
    assert not row.ok
    assert "exchange flat: BTCUSDT 0.01" in row.why


def test_a_row_that_broke_off_is_red_whatever_held_before() -> None:
    row = Row(cell=CELL, rule="drawdown", failure="the bot ended 4 times")
    row.check("exchange flat", ok=True)
    assert not row.ok
    assert row.why == "the bot ended 4 times"


def test_a_record_is_read_back_as_it_was() -> None:
    row = Row(cell=CELL, rule="drawdown", value=0.02, loops=1, simulated_seconds=12.5)
    row.check("exchange flat", ok=True)
    assert row_of(json.loads(json.dumps(row.record()))) == row
