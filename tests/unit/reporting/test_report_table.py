import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.fills import no_trades
from plimsoll.performance.measures import Performance, performance
from plimsoll.reporting.report_table import METRICS, Column, Row, journal, measure_row
from plimsoll.reporting.words import time_text
from tests.unit.performance.frames import hours, trade, trades_frame, utc


@pytest.fixture
def flat() -> Performance:
    return performance(pd.Series(np.full(49, 100.0), index=hours(49)), no_trades())


def row(label: str, *columns: tuple[Performance, bool]) -> Row:
    [metric] = [metric for metric in METRICS if metric.label == label]
    return measure_row(metric, [Column(*column) for column in columns])


def test_an_undefined_figure_is_a_dash_and_nothing_is_never_minus_nothing(
    flat: Performance,
) -> None:
    assert row("Sharpe", (flat, True)).cells == ["–"]
    assert row("Total return", (flat, True)).cells == ["0.00 %"]
    hardly = performance(pd.Series([100.0, 99.999], index=hours(2)), no_trades())
    assert row("Total return", (hardly, True)).cells == ["0.00 %"]
    assert row("Funding paid", (flat, True)).cells == ["0.00 USD"]


def test_buy_and_hold_has_no_figures_of_trades(flat: Performance) -> None:
    assert row("Closed trades", (flat, True), (flat, False)).cells == ["0", "–"]
    assert row("Volatility", (flat, True), (flat, False)).cells == ["0.00 %", "0.00 %"]


def test_a_loss_has_a_minus_sign_and_a_drawdown_its_dates() -> None:
    fallen = performance(pd.Series([100.0, 90.0, 95.0], index=hours(3)), no_trades())
    assert row("Total return", (fallen, True)).cells == ["−5.00 %"]
    assert row("… from", (fallen, True)).cells == ["2024-01-01 00:00"]
    assert row("… recovered", (fallen, True)).cells == ["not yet"]


def test_the_journal_has_the_latest_trades_newest_first() -> None:
    rows = [
        trade(utc("2024-01-01"), utc("2024-01-02"), 100.0, 110.0, exit_reason="roi"),
        trade(utc("2024-01-03"), None, 100.0, 0.0, side="short", enter_tag="trend"),
        trade(utc("2024-01-02"), utc("2024-01-04"), 100.0, 90.0, enter_tag="x", exit_reason="y"),
    ]
    short, lost = journal(trades_frame(*rows), 2)
    assert (short.side, short.closed, short.close_rate, short.profit) == ("short", "open", "–", "–")
    assert (lost.profit, lost.is_win, lost.reason) == ("−10.00", False, "x → y")
    assert [one.reason for one in journal(trades_frame(*rows), 9)][-1] == "roi"


def test_a_time_is_written_to_the_minute() -> None:
    assert time_text(utc("2024-01-01 12:34:56")) == "2024-01-01 12:34"
    assert time_text(None) == time_text(pd.NaT) == "–"
