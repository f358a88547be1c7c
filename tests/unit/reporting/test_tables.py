"""Tables of a report."""

import math

import pandas as pd
import pytest

from plimsoll.performance.breakdown import LEAST_TRADES, Group, by_side, grouped
from plimsoll.performance.drawdown import Fall, worst_falls
from plimsoll.performance.periods import YearReturns
from plimsoll.performance.regimes import RegimeDays
from plimsoll.reporting.guard_story import rule_rows
from plimsoll.reporting.tables import (
    Cell,
    fall_table,
    group_table,
    month_ends,
    month_table,
    regime_table,
    rule_table,
)
from plimsoll.reporting.words import DASH
from tests.unit.performance.frames import hours, trade, trades_frame, utc
from tests.unit.reporting.records import INDEX, acts

NAN = float("nan")


def texts(row: "list[Cell]") -> list[str]:
    return [cell.text for cell in row]


def test_a_group_of_few_trades_has_dashes_and_the_table_says_why() -> None:
    rows = trades_frame(
        trade(INDEX[0], INDEX[4], 10.0, 12.0), trade(INDEX[1], INDEX[3], 10.0, 6.0, side="short")
    )
    table = group_table("By side", grouped(rows, by_side(rows)), "USDT", "a note")
    short, long = table.rows
    assert texts(short)[:3] == ["short", "1", "4.00"]
    assert texts(long)[5:7] == [DASH, DASH]
    assert (short[2].tone, short[2].width, long[2].width) == ("win", "100%", "50%")
    few = f"A dash under Won and Profit factor (2 rows): fewer than {LEAST_TRADES} trades."
    assert table.notes == ["a note", few]


def test_months_are_tinted_marked_when_in_part_and_dashes_when_absent() -> None:
    year = YearReturns(2024, (0.3, -0.05, *[NAN] * 10), (True, *[False] * 11), 0.235)
    table = month_table([year])
    (row,) = table.rows
    assert texts(row)[:4] == ["2024", "30.0*", "−5.0", DASH]
    assert (row[1].width, row[2].tone, row[2].is_heat) == ("100%", "loss", True)
    assert table.notes[1].startswith("*")


def test_a_fall_without_recovery_says_not_yet() -> None:
    equity = pd.Series([100.0, 90.0, 95.0], index=hours(3))
    (row,) = fall_table(worst_falls(equity, 5)).rows
    assert texts(row)[1] == "−10.00 %"
    assert texts(row)[4] == "not yet"
    back = Fall(0.1, utc("2024-01-01"), utc("2024-01-02"), utc("2024-01-05"), 4.0)
    assert texts(fall_table([back]).rows[0])[4:] == ["2024-01-05", "4"]


def test_regimes_stand_beside_the_market() -> None:
    table = regime_table([RegimeDays("calm", 3, -0.02, 0.01), RegimeDays("wild", 1, 0.0, NAN)], "B")
    assert texts(table.rows[0]) == ["calm", "3", "−2.00 %", "1.00 %"]
    assert [cell.tone for cell in table.rows[0]] == ["", "", "loss", ""]
    assert texts(table.rows[1])[3] == DASH


def test_a_rule_that_did_not_do_a_thing_has_a_dash_there() -> None:
    table = rule_table(rule_rows(acts(), INDEX[-1]), "USDT")
    halted, _, denied, _ = (texts(row) for row in table.rows)
    assert halted[1:7] == [DASH, DASH, "1", "1", "20.0", DASH]
    assert denied[1:] == ["5", "2", DASH, DASH, DASH, "520", "2024-01-02", "2024-01-09"]


@pytest.mark.parametrize("count", [1, 800])
def test_a_series_is_told_by_its_last_value_of_each_month(count: int) -> None:
    series = pd.Series(range(count), index=hours(count, "2024-01-30"), dtype="float64")
    rows = month_ends(series, 0)
    assert rows[-1][1] == f"{count - 1}"
    assert len(rows) == (1 if count == 1 else 3)


def test_groups_of_an_account_in_coins_have_their_cents() -> None:
    one = Group("a", 1, 0.00004444, 0.00004444, 0.00004444, math.nan, math.nan, 1.0, 0.0001, 0.0)
    cells = [cell.text for cell in group_table("t", [one], "BTC").rows[0]]
    assert cells[2] == "0.00004444"
