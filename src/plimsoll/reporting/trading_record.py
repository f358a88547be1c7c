"""What a report is drawn from: one run of one strategy, whoever recorded it.

A backtest's result and a bot's database become the same frozen record, so that every figure and
table is written once.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

import numpy as np
import pandas as pd

from plimsoll.performance.fills import TRADE_COLUMNS, check_trades
from plimsoll.performance.guard_acts import GuardActs
from plimsoll.performance.measures import Performance, performance
from plimsoll.performance.shortfall import Shortfall

OWN_COLUMNS: Mapping[str, float | str] = {
    "leverage": 1.0,
    "stake_amount": np.nan,
    "enter_tag": "",
    "exit_reason": "",
    "min_rate": np.nan,
    "max_rate": np.nan,
}
"""Columns of a record's trades beyond `TRADE_COLUMNS`, each with what stands for an unknown one."""


class RecordSource(StrEnum):
    """Where the trades were made."""

    BACKTEST = "backtest"
    DRY_RUN = "dry-run"
    LIVE = "live"


@dataclass(frozen=True, eq=False)
class TradingRecord:
    """One run of one strategy.

    - ``trades``: a row a trade by opening, from `record_trades`. `TRADE_COLUMNS` (``open_date``
      and ``close_date`` UTC, ``close_date`` NaT while open; ``open_rate`` and ``close_rate`` in
      the stake currency; ``amount`` in base units; ``is_short``; ``fee_open`` and ``fee_close``
      fractions of notional; ``funding_fees`` in the stake currency, positive when received;
      ``profit_abs`` in the stake currency after costs) and `OWN_COLUMNS` (``leverage`` a factor;
      ``stake_amount`` in the stake currency without leverage; ``enter_tag`` and ``exit_reason``
      text, empty for none; ``min_rate`` and ``max_rate`` the lowest and highest price while the
      trade was open, NaN when nobody recorded them). ``orders`` is there when it was recorded.
    - ``equity``: account value in the stake currency, open positions included, on a rising UTC
      index without NaN; two values at least, its first the starting balance.
    - ``closes``: the known closes of every traded pair, a column a pair, on a UTC index, or None;
      exposure is valued with them.
    - ``benchmark``: value of the starting balance in ``benchmark_name`` instead, on a UTC index.
    - ``market``: closes of ``market_name`` on a UTC index, from which regimes are told; it may
      begin before the run, so that the first day of the run has a regime.
    - ``acts``: what the guards did, None when nothing recorded it.
    - ``shortfall``: what of its targets the account could not hold, None for what is no portfolio.
    - ``costs_bps``: each assumed cost of a fill in basis points of notional; None when unknown.
    - ``facts``: what the run was set to, by name, in the order to show.
    - ``is_baseline``: there to be beaten, not to be traded.
    """

    name: str
    source: RecordSource
    trades: pd.DataFrame
    equity: "pd.Series[float]"
    starting_balance_usd: float
    stake_currency: str = "USDT"
    timeframe: str = ""
    closes: pd.DataFrame | None = None
    benchmark: "pd.Series[float] | None" = None
    benchmark_name: str = ""
    market: "pd.Series[float] | None" = None
    market_name: str = ""
    acts: GuardActs | None = None
    shortfall: Shortfall | None = None
    costs_bps: Mapping[str, float] | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    is_baseline: bool = False

    @property
    def start(self) -> pd.Timestamp:
        """Time of the first value of the account."""
        first: pd.Timestamp = self.equity.index[0]
        return first

    @property
    def end(self) -> pd.Timestamp:
        """Time of the last value of the account."""
        last: pd.Timestamp = self.equity.index[-1]
        return last

    @property
    def days(self) -> float:
        """Length of the run in days."""
        return float((self.end - self.start) / pd.Timedelta(days=1))

    @cached_property
    def performance(self) -> Performance:
        """Measures of the account; `plimsoll.performance.measures` says how each is made."""
        return performance(self.equity, self.trades)

    @cached_property
    def closed_trades(self) -> pd.DataFrame:
        """The trades that have ended."""
        return self.trades[self.trades["close_date"].notna()]


def record_trades(trades: pd.DataFrame) -> pd.DataFrame:
    """Return Freqtrade's trades with the columns of a `TradingRecord`, sorted by opening.

    What the export lacks is filled as `OWN_COLUMNS` says; a tag or reason of None is empty text.

    Raises `plimsoll.performance.errors.MeasureError` for trades that cannot be measured.
    """
    check_trades(trades)
    made = trades.copy()
    for name, unknown in OWN_COLUMNS.items():
        if name not in made:
            made[name] = unknown
        if isinstance(unknown, str):
            made[name] = made[name].astype("object").where(made[name].notna(), "").astype("str")
        else:
            made[name] = made[name].astype("float64")
    made["leverage"] = made["leverage"].fillna(1.0)
    kept = [*TRADE_COLUMNS, *OWN_COLUMNS, *(["orders"] if "orders" in made else [])]
    return made[kept].sort_values("open_date", kind="stable").reset_index(drop=True)
