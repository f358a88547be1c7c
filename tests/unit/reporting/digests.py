"""Digests to write and to draw."""

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.journal.operation import BookEvent, Operation
from plimsoll.performance.attribution import Causes
from plimsoll.performance.calendar_periods import Length, period_of
from plimsoll.performance.guard_acts import Act, Denials, GuardActs, Totals
from plimsoll.performance.promised import Kept
from plimsoll.performance.slippage import Slippage
from plimsoll.reporting.digest import Digest, Drift
from plimsoll.reporting.trading_record import RecordSource, record_trades
from tests.unit.performance.frames import trade, trades_frame
from tests.unit.reporting.runs import HOSTILE, at

PERIOD = period_of(Length.WEEKLY, at(10))


def acts() -> GuardActs:
    """A halt on the third day that a person ended a day later, and denials."""
    halted = (PERIOD.start + pd.Timedelta(days=2, hours=5)).to_pydatetime()
    return GuardActs(
        acts=[
            Act(at=halted, event="halted", rule="drawdown", reason=HOSTILE),
            Act(at=halted + timedelta(days=1), event="rearmed", rule="drawdown", reason="by Ann"),
        ],
        denials=[
            Denials(
                rule="spread",
                kind="entry",
                count=7,
                first=halted,
                last=halted,
                by_day={halted.date(): 7},
            )
        ],
        totals=Totals(days_halted=1.0, days_of_run=7.0, entries_asked=9, entries_denied=7),
    )


def operation(**more: Any) -> Operation:
    """A bot that missed two candles and saw one break that ended."""
    start = PERIOD.start.to_pydatetime()
    fields: dict[str, Any] = {
        "records": 200,
        "first_at": start - timedelta(days=30),
        "since": start,
        "up_fraction": 0.991,
        "longest_silence_seconds": 7_300.0,
        "starts": 1,
        "recoveries": 0,
        "candles": 168,
        "missed": 2,
        "missed_at": (start, start + timedelta(hours=1)),
        "lag_seconds": (2.5, 61.0),
        "errors": {"loop": 3},
        "books": (
            BookEvent(start, "begun", f"0.1 more than the database {HOSTILE}"),
            BookEvent(start + timedelta(hours=1), "ended", "they agree again"),
        ),
    }
    return Operation(**{**fields, **more})


def digest(**more: Any) -> Digest:
    """A week with a win, a loss, a halt and all that may be known."""
    index = pd.date_range(PERIOD.start, PERIOD.end, freq="h")
    wave = np.sin(np.arange(len(index)) / 15.0) * 20.0
    equity = pd.Series(1_000.0 - np.arange(len(index)) * 0.05 + wave, index=index)
    rows = record_trades(
        trades_frame(
            trade(PERIOD.start, PERIOD.start + pd.Timedelta(days=1), 100.0, 105.0,
                  enter_tag=HOSTILE, exit_reason="roi", stake_amount=100.0),
            trade(PERIOD.start, PERIOD.start + pd.Timedelta(days=3), 100.0, 90.0,
                  exit_reason="plimsoll_drawdown", stake_amount=100.0),
        )
    )  # fmt: skip
    made = float(equity.iloc[-1] - equity.iloc[0])
    fields: dict[str, Any] = {
        "name": f"Crosses {HOSTILE}",
        "source": RecordSource.DRY_RUN,
        "market": "real, binance",
        "currency": "USDT",
        "made_at": PERIOD.end,
        "period": PERIOD,
        "equity": equity,
        "high_usd": 1_050.0,
        "causes": Causes(made, made + 1.5, -0.4, -1.0, -0.1, 0.0),
        "benchmark": equity * 1.0 + np.arange(len(index)) * 0.1,
        "benchmark_name": "Traded pairs held in equal parts (no costs)",
        "closed": rows,
        "opened": 2,
        "still_open": 1,
        "kept": Kept("a backtest", 2, -0.025, 0.01, -5.0, 2.0, -2.4, 0.5, 0.6),
        "drift": Drift(Slippage(4, 3, 0.4, 6.5), Slippage(30, 30, 1.0, 2.0), 90, 3.0),
        "acts": acts(),
        "story": acts(),
        "operation": operation(),
        "due": ["the review of 2024-01 (plimsoll review --monthly)"],
        "notes": [f"a note {HOSTILE}"],
        "head": "ab" * 32,
    }
    return Digest(**{**fields, **more})


def empty() -> Digest:
    """A week of which nothing is on record."""
    return Digest(
        name="Crosses",
        source=None,
        market="origin not stated",
        currency="USDT",
        made_at=PERIOD.end,
        period=PERIOD,
    )
