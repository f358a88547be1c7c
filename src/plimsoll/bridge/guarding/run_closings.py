"""Positions that guards close in a backtest: as its trades have them, and as they stand open."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.persistence import LocalTrade

from plimsoll.bridge.account.freqtrade_trades import open_profit_usd
from plimsoll.bridge.guarding.exits import OUR_EXIT
from plimsoll.bridge.guarding.run_acts import Closing
from plimsoll.performance.guard_acts import ClosedPosition


def positions_closed(trades: Iterable[Mapping[str, Any]]) -> Iterator[Closing]:
    """Return the trades of a finished run, as Freqtrade exports them, that a guard has closed."""
    for trade in trades:
        reason = str(trade["exit_reason"])
        if reason.startswith(OUR_EXIT):
            position = ClosedPosition(
                open_time=_moment(trade["open_date"]),
                stake_usd=float(trade["stake_amount"]),
                profit_usd=float(trade["profit_abs"]),
            )
            rule = reason.removeprefix(OUR_EXIT)
            yield _moment(trade["close_date"]), rule, str(trade["pair"]), position


def open_positions(
    pair: str | None, now: datetime, mark: Callable[[str, datetime], float | None]
) -> Iterator[tuple[str, ClosedPosition]]:
    """Return the open positions of a pair, or all, with what they would make at the mark."""
    for trade in LocalTrade.bt_trades_open:
        if pair is None or trade.pair == pair:
            price = mark(trade.pair, now)
            made = float("nan") if price is None else open_profit_usd(trade, price)
            yield (
                trade.pair,
                ClosedPosition(
                    open_time=trade.open_date_utc,
                    stake_usd=float(trade.stake_amount),
                    profit_usd=trade.realized_profit + made,
                ),
            )


def _moment(value: Any) -> datetime:
    moment: datetime = pd.Timestamp(value).to_pydatetime()
    return moment
