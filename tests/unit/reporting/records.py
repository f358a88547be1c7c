"""Records of runs, made by hand, for the tests of what is drawn from them."""

from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
from plimsoll.performance.guard_acts import (
    Act,
    ClosedPosition,
    Denials,
    GuardActs,
    Totals,
)
from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades
from tests.unit.performance.frames import BTC, hours, trade, trades_frame

DAYS = 120
INDEX = hours(24 * DAYS)
PRICE = 100.0 + 10.0 * np.sin(np.arange(len(INDEX)) / 20.0)


def at(day: int, hour: int = 0) -> datetime:
    """Return a moment of the run."""
    return (INDEX[0] + pd.Timedelta(days=day, hours=hour)).to_pydatetime().astimezone(UTC)


def acts(**more: Any) -> GuardActs:
    """A run that is halted on day 40 and re-armed on day 60, and again halted on day 100."""
    closed = ClosedPosition(open_time=at(39), stake_usd=100.0, profit_usd=-7.0)
    made: dict[str, Any] = {
        "acts": (
            Act(at=at(10), event="reducing", rule="slump", until=at(12)),
            Act(at=at(40), event="halted", rule="drawdown", reason="fell 12.1 %, limit 12 %"),
            Act(at=at(40, 1), event="closed", rule="drawdown", pair=BTC, trade=closed),
            Act(at=at(60), event="rearmed", rule="drawdown"),
            Act(at=at(100), event="halted", rule="break_even", reason="the latest lost"),
        ),
        "denials": (
            Denials(
                rule="exposure",
                kind="entry",
                count=5,
                first=at(3),
                last=at(8),
                stake_usd=500.0,
                by_day={date(2024, 1, 4): 3, date(2024, 1, 9): 2},
            ),
            Denials(rule="exposure", kind="cut", count=2, first=at(1), last=at(2), stake_usd=20.0),
        ),
        "totals": Totals(
            days_halted=40.0,
            days_of_run=float(DAYS),
            rearmed=1,
            entries_asked=50,
            entries_denied=5,
            stakes_cut=2,
            positions_closed=1,
        ),
    }
    return GuardActs(**(made | more))


def record(trades: pd.DataFrame | None = None, **more: Any) -> TradingRecord:
    """A run of 120 days that opens a trade every 20 hours."""
    closes = pd.DataFrame({BTC: PRICE}, index=INDEX)
    rows = [
        trade(
            INDEX[i],
            INDEX[i + 10],
            PRICE[i],
            PRICE[i + 10],
            side="short" if i % 40 else "long",
            fee=0.0005,
            enter_tag="<cross>",
            exit_reason="roi",
            min_rate=PRICE[i : i + 11].min(),
            max_rate=PRICE[i : i + 11].max(),
        )
        for i in range(0, len(INDEX) - 20, 20)
    ]
    kept = record_trades(trades_frame(*rows) if trades is None else trades)
    made: dict[str, Any] = {
        "name": "Trend",
        "source": RecordSource.BACKTEST,
        "trades": kept,
        "equity": equity_curve(kept, closes, 1_000.0),
        "starting_balance_usd": 1_000.0,
        "timeframe": "1h",
        "closes": closes,
        "benchmark": buy_and_hold_curve(closes, 1_000.0),
        "market": closes[BTC],
        "market_name": BTC,
        "costs_bps": {"fee": 5.0},
        "acts": acts(),
    }
    return TradingRecord(**(made | more))
