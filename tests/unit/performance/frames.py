"""Trade and price frames in the shape of Freqtrade's export."""

from typing import Any

import numpy as np
import pandas as pd

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def utc(text: str) -> pd.Timestamp:
    return pd.Timestamp(text, tz="UTC")


def hours(count: int, start: str = "2024-01-01") -> pd.DatetimeIndex:
    return pd.date_range(start, periods=count, freq="h", tz="UTC")


def trade(
    opened: pd.Timestamp,
    closed: pd.Timestamp | None,
    open_rate: float,
    close_rate: float,
    *,
    amount: float = 1.0,
    side: str = "long",
    fee: float = 0.0,
    funding_usd: float = 0.0,
    pair: str = BTC,
    **more: Any,
) -> dict[str, Any]:
    """One row of the export; its profit is reckoned by hand here, apart from the code."""
    direction = 1.0 if side == "long" else -1.0
    profit = direction * amount * (close_rate - open_rate)
    profit += funding_usd - fee * amount * (open_rate + close_rate)
    return {
        "pair": pair,
        "open_date": opened,
        "close_date": pd.NaT if closed is None else closed,
        "open_rate": open_rate,
        "close_rate": close_rate if closed is not None else np.nan,
        "amount": amount,
        "is_short": side == "short",
        "fee_open": fee,
        "fee_close": fee,
        "funding_fees": funding_usd,
        "profit_abs": profit if closed is not None else np.nan,
    } | more


def trades_frame(*rows: dict[str, Any]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows))
    for name in ("open_date", "close_date"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def closes_frame(*values: float, pair: str = BTC, start: str = "2024-01-01") -> pd.DataFrame:
    return pd.DataFrame({pair: np.asarray(values, dtype=float)}, index=hours(len(values), start))
