"""Records for pages: hostile names and tags, guards that acted, an open trade."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.guard_acts import Act, Denials, GuardActs, Totals
from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades
from tests.unit.performance.frames import BTC, ETH, trade, trades_frame

HOSTILE = '<script>alert("x")</script>&<img src=x onerror=alert(1)>'
BEGIN = datetime(2024, 1, 1, tzinfo=UTC)


def at(days: float) -> pd.Timestamp:
    """Return a time of the runs."""
    return pd.Timestamp(BEGIN + timedelta(days=days))


def acts() -> GuardActs:
    """A halt on the 20th day that nobody ended, and 7 denied entries."""
    moment = at(20).to_pydatetime()
    return GuardActs(
        acts=[Act(at=moment, event="halted", rule="drawdown", reason=HOSTILE)],
        denials=[
            Denials(
                rule="spread",
                kind="entry",
                count=7,
                first=moment,
                last=moment,
                by_day={moment.date(): 7},
            )
        ],
        totals=Totals(days_halted=20.0, days_of_run=40.0, entries_asked=30, entries_denied=7),
    )


def active_parts(page: str) -> list[str]:
    """Return every element and attribute of a page that could run or fetch something."""
    reader = _Reader()
    reader.feed(page)
    return reader.active


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.active: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in ("script", "img", "iframe", "link", "object", "embed"):
            self.active.append(tag)
        self.active += [name for name, _ in attrs if name.startswith("on") or name == "src"]


def made(
    name: str = "Crosses", *, days: int = 40, start: float = 0.0, **more: Any
) -> TradingRecord:
    """A run of daily values that rise by a wave, with a win, a loss and an open trade."""
    index = pd.date_range(at(start), periods=days + 1, freq="D")
    wave = np.sin(np.arange(days + 1) / 3.0) * 8.0
    equity = pd.Series(1_000.0 + np.arange(days + 1) * 2.0 + wave, index=index)
    trades = trades_frame(
        trade(at(start + 1), at(start + 3), 100.0, 110.0, amount=2.0, enter_tag=HOSTILE),
        trade(at(start + 4), at(start + 9), 50.0, 60.0, side="short", pair=ETH, fee=0.001),
        trade(at(start + 10), None, 70.0, 0.0, pair=BTC, enter_tag="open one"),
    )
    fields: dict[str, Any] = {
        "source": RecordSource.BACKTEST,
        "trades": record_trades(trades),
        "equity": equity,
        "starting_balance_usd": float(equity.iloc[0]),
        "timeframe": "1d",
        "costs_bps": {"fee": 10.0},
        "acts": acts(),
        "facts": {"Note 1": HOSTILE},
    }
    return TradingRecord(name=name, **{**fields, **more})
