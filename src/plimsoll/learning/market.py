"""The market that agents trade in: candles, what is known at each close, and its episodes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.core import PlimsollError

Floats = NDArray[np.float64]

SIGNALS = (
    "ml_signal",
    "oi_signal",
    "price_momentum",
    "volatility",
    "funding_rate",
    "market_regime",
)
"""What of a state the market says; the rest an account does."""

PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True, eq=False, slots=True)
class Market:
    """Candles of one pair, or of several one after the other.

    Attributes
    ----------
    open, high, low, close
        Prices, a number a candle; above zero.
    settled
        Funding rates settled at the candle's open, 0 where none was.
    signals
        Candles × `SIGNALS`, each known at the candle's close; NaN where it is not known.
    episode
        A number that candles of one episode have in common.
    closing
        Whether the next candle is the last of its episode: positions are left here.
    """

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    settled: Floats
    signals: Floats
    episode: NDArray[np.int_]
    closing: NDArray[np.bool_]

    def __post_init__(self) -> None:
        rows = len(self.open)
        for name in ("high", "low", "close", "settled", "episode", "closing"):
            if getattr(self, name).shape != (rows,):
                raise PlimsollError(f"expected {rows} values of {name}, as many as candles")
        if self.signals.shape != (rows, len(SIGNALS)):
            raise PlimsollError(
                f"expected signals of {rows} × {len(SIGNALS)}, found {self.signals.shape}"
            )
        for name in PRICES:
            values = getattr(self, name)
            if not (np.isfinite(values) & (values > 0)).all():
                raise PlimsollError(f"expected prices above zero, found others in {name}")
        if not np.isfinite(self.settled).all():
            raise PlimsollError("expected known funding, found NaN; put 0 where none is settled")

    def __len__(self) -> int:
        return len(self.open)

    def has_step(self, rows: NDArray[np.int_]) -> NDArray[np.bool_]:
        """Return whether what is decided on a candle is carried out within its episode."""
        after = np.minimum(rows + 1, len(self) - 1)
        goes_on: NDArray[np.bool_] = self.episode[after] == self.episode[rows]
        return (rows + 1 < len(self)) & goes_on

    def first_rows(self) -> NDArray[np.int_]:
        """Return the first candle of each episode that has a step."""
        begins = np.flatnonzero(np.diff(self.episode, prepend=self.episode[0] - 1) != 0)
        firsts: NDArray[np.int_] = begins[self.has_step(begins)]
        return firsts


def market_of(candles: pd.DataFrame, span: pd.Timedelta) -> Market:
    """Return the market of a pair's candles, an episode a calendar month (UTC).

    An account begins each month without a position: what an agent sees on a candle depends on
    the candles of its month alone, so that a bot that started today sees what a backtest saw.

    Parameters
    ----------
    candles
        ``date`` (opens, UTC), prices, `SIGNALS`, and ``funding_paid`` where funding is known. A
        candle whose ``funding_paid`` is NaN is charged nothing; its signals should be NaN too.
    span
        Length of a candle.
    """
    dates = pd.DatetimeIndex(candles["date"])
    months = _months(dates)
    paid = candles["funding_paid"] if "funding_paid" in candles else pd.Series(0.0, candles.index)
    return Market(
        **{name: _numbers(candles[name]) for name in PRICES},
        settled=_numbers(paid.fillna(0.0)),
        signals=candles[list(SIGNALS)].to_numpy("float64", na_value=np.nan),
        episode=months,
        closing=(_months(dates + span) == months) & (_months(dates + 2 * span) != months),
    )


def joined(markets: "list[Market]") -> Market:
    """Return several markets one after the other; no episode goes on from one to the next.

    Raises
    ------
    PlimsollError
        Without a market.
    """
    if not markets:
        raise PlimsollError("expected a market to learn in, found none")
    episodes, beyond = [], 0
    for market in markets:
        episodes.append(market.episode - market.episode.min(initial=0) + beyond)
        beyond = int(episodes[-1].max(initial=beyond)) + 1
    together: dict[str, Any] = {
        name: np.concatenate([getattr(market, name) for market in markets])
        for name in (*PRICES, "settled", "signals", "closing")
    }
    return Market(**together, episode=np.concatenate(episodes))


def _months(dates: pd.DatetimeIndex) -> NDArray[np.int_]:
    return (dates.year * 12 + dates.month).to_numpy(dtype=np.int_)


def _numbers(column: "pd.Series[Any]") -> Floats:
    return column.to_numpy("float64", na_value=np.nan)
