"""The account at every midnight of a backtest, open positions at their last close.

Freqtrade's own notes of its wallet would not do: of perpetuals they hold what is closed, so that
a loss shows only once it is taken.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.epoch import epoch_equity
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.windows import Span

KEY = "marked_days"
"""The member of our section of a result that holds them."""


def marked_days(
    trades: pd.DataFrame, candles: Mapping[str, pd.DataFrame], span: Span, balance_usd: float
) -> "pd.Series[float]":
    """Return the account in USD at the start of a span and at every midnight until its end.

    ``trades`` (Freqtrade's export) and ``candles`` (by pair, ``date`` and ``close``) are of the
    span, whose end is that of the last candle. Raises `MeasureError`; see `epoch_equity`.
    """
    lengths = [frame["date"].diff().min() for frame in candles.values()]
    if not lengths or pd.isna(length := min(lengths)):
        raise MeasureError("marking an account needs two candles or more, found fewer")
    equity = epoch_equity(
        trades,
        candles,
        pd.Timedelta(length),
        start=span.start,
        end=span.end - pd.Timedelta(length),
        starting_balance_usd=balance_usd,
        every="24h",
    )
    first = pd.Series([balance_usd], index=pd.DatetimeIndex([span.start]).as_unit("ns"))
    return pd.concat([first, equity[equity.index > span.start]]).rename("equity_usd")


def to_record(equity: "pd.Series[float]") -> dict[str, list[Any]]:
    """Return the days as JSON holds them: milliseconds since 1970, and USD."""
    at = pd.DatetimeIndex(equity.index).as_unit("ms").asi8
    return {"at_ms": at.tolist(), "equity_usd": equity.astype("float64").tolist()}


def from_record(record: Mapping[str, Any]) -> "pd.Series[float]":
    """Read what `to_record` wrote.

    Raises
    ------
    MeasureError
        When it is of another shape.
    """
    try:
        values = np.asarray(record["equity_usd"], dtype="float64")
        at = np.asarray(record["at_ms"], dtype="int64")
        index = pd.DatetimeIndex(pd.to_datetime(at, unit="ms", utc=True)).as_unit("ns")
        return pd.Series(values, index=index, name="equity_usd")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise MeasureError(f"its marked days cannot be read ({error!r})") from None
