"""Profit before and after, and causes that add up to the whole difference."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from plimsoll.execution.bill import UNITS_PER_USD, Bill, fills_of, reprice
from plimsoll.execution.offer import Cause, Trigger
from plimsoll.execution.settings import ExecutionError, ExecutionSettings, OrderKind
from plimsoll.performance.equity import equity_curve
from plimsoll.risk.costs import PairCosts, TradingCosts
from tests.unit.execution.markets import HOUR, START, calm, tape
from tests.unit.performance.frames import BTC, ETH, trade, trades_frame

FEE = 0.0007
MARKET = tape()
COSTS = TradingCosts(pairs={ETH: PairCosts(spread_bps=6)})


def at(hour: int) -> pd.Timestamp:
    return START + hour * HOUR


def bill(trades: pd.DataFrame, costs: TradingCosts = COSTS, **more: Any) -> Bill:
    settings = more.pop("settings", ExecutionSettings())
    return reprice(trades, {BTC: MARKET, ETH: MARKET}, costs, settings, included_bps=3, **more)


def order(hour: int, amount: float, price: float, *, entry: bool) -> dict[str, Any]:
    stamp = int(at(hour).timestamp() * 1000)
    return {
        "amount": amount,
        "safe_price": price,
        "ft_is_entry": entry,
        "order_filled_timestamp": stamp,
    }


@st.composite
def some_trades(draw: st.DrawFn) -> pd.DataFrame:
    rows = []
    for _ in range(draw(st.integers(1, 6))):
        opened = draw(st.integers(30, 200))
        side = draw(st.sampled_from(["long", "short"]))
        amount = draw(st.floats(0.001, 5000))
        price = draw(st.floats(99.0, 102.0))
        exits = draw(st.lists(st.floats(0.1, 1.0), min_size=1, max_size=3))
        parts = np.array(exits) / sum(exits) * amount
        orders = [order(opened, amount, price, entry=True)]
        orders += [
            order(opened + 1 + place, float(part), price * draw(st.floats(0.97, 1.03)), entry=False)
            for place, part in enumerate(parts)
        ]
        rows.append(
            trade(
                at(opened),
                at(opened + len(exits)),
                price,
                orders[-1]["safe_price"],
                amount=amount,
                side=side,
                fee=FEE,
                funding_usd=draw(st.floats(-5, 5)),
                pair=draw(st.sampled_from([BTC, ETH])),
                exit_reason=draw(st.sampled_from(["stop_loss", "roi", "exit_signal", "x"])),
                orders=orders,
            )
        )
    return trades_frame(*rows)


@examples(max_examples=40)
@given(some_trades(), st.sampled_from(OrderKind), st.sampled_from(OrderKind))
def test_the_causes_add_up_to_the_whole_difference_of_every_trade(
    trades: pd.DataFrame, entries: OrderKind, exits: OrderKind
) -> None:
    made = bill(trades, settings=ExecutionSettings(entry_orders=entries, exit_orders=exits))
    parts = made.trades[list(Cause)].sum(axis=1)
    assert (made.trades["before"] + parts == made.trades["after"]).all()
    backtest = [round(profit * UNITS_PER_USD) for profit in trades["profit_abs"]]
    assert np.abs(made.trades["before"].to_numpy() - np.array(backtest)).max() <= 1
    by_pair = made.by_pair()
    assert by_pair["after"].sum() == pytest.approx(made.after_usd)
    assert sum(made.causes_usd().values()) == pytest.approx(made.after_usd - made.before_usd)


@examples(max_examples=40)
@given(some_trades())
def test_the_repriced_trades_earn_what_the_bill_says(trades: pd.DataFrame) -> None:
    """The equity curve values fills, fees and funding by itself: it must agree."""
    made = bill(trades)
    closes = pd.Series(calm()["close"].to_numpy(), pd.DatetimeIndex(calm()["date"]) + HOUR)
    equity = equity_curve(made.repriced, pd.DataFrame({BTC: closes, ETH: closes}), 1e6)
    assert equity.iloc[-1] - 1e6 == pytest.approx(made.after_usd, abs=1e-4)
    assert made.repriced["profit_abs"].sum() == pytest.approx(made.after_usd)


@examples(max_examples=40)
@given(some_trades())
def test_no_cause_pays_but_stated_costs_and_drift(trades: pd.DataFrame) -> None:
    made = bill(trades).trades
    for cause in (Cause.STOP, Cause.LATENCY, Cause.SPREAD, Cause.IMPACT):
        assert (made[cause] <= 1).all()
    assert (made[Cause.STATED] >= 0).all()


def test_one_trade_by_hand() -> None:
    trades = trades_frame(trade(at(50), at(60), 100.0, 110.0, amount=2.0, fee=FEE))
    free = TradingCosts(fee_bps=5, spread_bps=2, latency_ms=0)
    made = bill(trades, free, settings=ExecutionSettings(impact_coefficient=0))
    causes = made.causes_usd()
    assert made.before_usd == pytest.approx(20 - FEE * 420)
    assert causes[Cause.STATED] == pytest.approx(0.0003 * 420)
    assert causes[Cause.SPREAD] == pytest.approx(-0.0002 * 420, rel=1e-3)
    assert causes[Cause.FEE] == pytest.approx(-0.0001 * 420, rel=1e-3)
    after = 2 * (110 * (1 - 2e-4) * (1 - 5e-4) - 100 * (1 + 2e-4) * (1 + 5e-4))
    assert made.after_usd == pytest.approx(after)


def test_a_trade_whose_entry_rested_unfilled_is_gone_with_its_profit() -> None:
    own = calm()
    own.loc[50, ["open", "high", "low", "close"]] = 100.0, 112.0, 100.0, 110.0
    trades = trades_frame(trade(at(50), at(60), 100.0, 110.0, fee=FEE, funding_usd=-1.0))
    settings = ExecutionSettings(entry_orders=OrderKind.LIMIT)
    made = reprice(trades, {BTC: tape(own)}, COSTS, settings, included_bps=3)
    assert made.after_usd == 0.0
    assert made.repriced.empty
    assert made.causes_usd()[Cause.NOT_FILLED] == pytest.approx(-(10 - 1 - 0.0004 * 210))


def test_a_position_that_was_half_filled_is_left_by_halves() -> None:
    own = calm(volume=10.0)
    own.loc[50, ["open", "high", "low", "close"]] = 100.0, 101.0, 99.0, 101.0
    trades = trades_frame(trade(at(50), at(60), 100.0, 110.0, fee=0.0, funding_usd=-1.0))
    settings = ExecutionSettings(entry_orders=OrderKind.LIMIT, impact_coefficient=0)
    free = TradingCosts(fee_bps=0, spread_bps=0, latency_ms=0)
    made = reprice(trades, {BTC: tape(own)}, free, settings)
    assert made.after_usd == pytest.approx(9.0 / 2)
    assert made.repriced["amount"].iloc[0] == pytest.approx(0.5)
    assert made.repriced["funding_fees"].iloc[0] == pytest.approx(-0.5)


def test_the_reason_of_the_last_exit_tells_stops_and_levels() -> None:
    rows = [
        trade(at(50), at(60), 100.0, 99.0, exit_reason=reason)
        for reason in ("stop_loss", "trailing_stop_loss", "liquidation", "roi", "force_exit", "own")
    ]
    exits = [fills[-1].trigger for fills in fills_of(trades_frame(*rows))]
    assert exits == [Trigger.STOP] * 3 + [Trigger.LEVEL] + [Trigger.OPEN] * 2
    assert {fills[0].trigger for fills in fills_of(trades_frame(*rows))} == {Trigger.OPEN}


def test_every_order_of_a_trade_is_priced() -> None:
    orders = [
        order(50, 1.0, 100.0, entry=True),
        order(52, 1.0, 102.0, entry=True),
        order(55, 0.5, 104.0, entry=False),
        order(60, 1.5, 103.0, entry=False),
    ]
    trades = trades_frame(trade(at(50), at(60), 101.0, 103.0, amount=2.0, orders=orders))
    trades["profit_abs"] = 0.5 * 104 + 1.5 * 103 - 202
    made = bill(trades)
    assert made.fills == 4
    assert len(made.repriced["orders"].iloc[0]) == 4


def test_open_trades_are_left_out_and_none_is_no_error() -> None:
    trades = trades_frame(trade(at(50), None, 100.0, 110.0))
    assert bill(trades).trades.empty
    assert bill(trades).before_usd == 0.0


def test_a_fee_may_be_the_same_for_every_pair() -> None:
    trades = trades_frame(trade(at(50), at(60), 100.0, 100.0, fee=FEE))
    made = bill(trades, settings=ExecutionSettings(impact_coefficient=0), fee_bps=4.0)
    assert made.causes_usd()[Cause.FEE] == pytest.approx(0.0, abs=1e-7)


def test_a_pair_without_candles_is_an_error() -> None:
    trades = trades_frame(trade(at(50), at(60), 100.0, 110.0, pair="X/USDT:USDT"))
    with pytest.raises(ExecutionError, match="X/USDT:USDT was traded and has no candles"):
        bill(trades)
