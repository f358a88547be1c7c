"""Trades in groups."""

import math

import pandas as pd
import pytest

from plimsoll.performance.breakdown import (
    LEAST_TRADES,
    WEEKDAYS,
    by_column,
    by_hour,
    by_side,
    by_weekday,
    grouped,
)
from tests.unit.performance.frames import ETH, hours, trade, trades_frame

INDEX = hours(24 * 60)


def many(count: int, *, losing: int = 0, **more: object) -> pd.DataFrame:
    rows = [
        trade(INDEX[n], INDEX[n + 2], 10.0, 9.0 if n < losing else 11.0, fee=0.001, **more)
        for n in range(count)
    ]
    return trades_frame(*rows)


def test_a_group_sums_profit_fees_and_funding_of_its_closed_trades_only() -> None:
    trades = trades_frame(
        trade(INDEX[0], INDEX[4], 10.0, 12.0, fee=0.001, funding_usd=-0.5),
        trade(INDEX[1], INDEX[3], 10.0, 9.0, fee=0.001),
        trade(INDEX[2], INDEX[9], 10.0, 11.0, pair=ETH),
        trade(INDEX[5], None, 10.0, float("nan")),
    )
    eth, btc = grouped(trades, by_column("pair")(trades))
    assert (btc.trades, eth.trades, eth.key) == (2, 1, ETH)
    assert btc.fees_usd == pytest.approx(0.001 * (10 + 12 + 10 + 9))
    assert btc.profit_usd == pytest.approx(2.0 - 1.0 - 0.5 - btc.fees_usd)
    assert (btc.funding_usd, btc.median_hours) == (-0.5, 3.0)
    assert btc.worst_usd == pytest.approx(-1.0 - 0.019)


def test_rates_begin_at_the_least_number_of_trades() -> None:
    few, enough = many(LEAST_TRADES - 1, losing=5), many(LEAST_TRADES, losing=5)
    [short], [full] = (grouped(rows, by_side(rows)) for rows in (few, enough))
    assert math.isnan(short.win_rate_fraction)
    assert math.isnan(short.profit_factor)
    assert full.win_rate_fraction == pytest.approx(0.75)
    assert full.profit_factor == pytest.approx(15 * 0.979 / (5 * 1.019))


def test_a_group_without_a_loss_has_no_profit_factor() -> None:
    rows = many(LEAST_TRADES)
    [group] = grouped(rows, by_side(rows))
    assert group.win_rate_fraction == 1.0
    assert math.isnan(group.profit_factor)


def test_keys_are_of_the_opening_in_utc_and_an_empty_one_is_named() -> None:
    rows = many(30, enter_tag="")
    assert [group.key for group in grouped(rows, by_column("enter_tag")(rows))] == ["(none)"]
    assert by_hour(rows).tolist()[:2] == ["00", "01"]
    assert by_weekday(rows).iloc[0] == "Monday"
    groups = grouped(rows, by_weekday(rows), WEEKDAYS)
    assert [group.key for group in groups] == ["Monday", "Tuesday"]
    short = trades_frame(trade(INDEX[0], INDEX[1], 10.0, 9.0, side="short"))
    assert by_side(short).tolist() == ["short"]


def test_no_closed_trade_makes_no_group() -> None:
    rows = trades_frame(trade(INDEX[5], None, 10.0, float("nan")))
    assert grouped(rows, by_side(rows)) == []
