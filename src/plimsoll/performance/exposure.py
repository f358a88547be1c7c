"""What was held over time, and what trading and holding it cost."""

import numpy as np
import pandas as pd

from plimsoll.performance.fills import trade_fills, utc_ns


def exposure_curve(
    trades: pd.DataFrame, closes: pd.DataFrame, equity: "pd.Series[float]"
) -> pd.DataFrame:
    """Return the notional of open positions as a fraction of equity, at each close.

    ``closes``: a column a traded pair on a UTC index; NaN closes keep the last known one, and a
    position without any is valued at its entry price. ``equity``: the account on the same index.

    Returns ``long_fraction``, ``short_fraction`` (both 0 or more) and ``net_fraction`` on the
    index of ``closes``; NaN where equity is 0 or less.
    """
    index = pd.DatetimeIndex(closes.index)
    longs, shorts = np.zeros(len(index)), np.zeros(len(index))
    at_ns = utc_ns(index)
    fills = trade_fills(trades)
    fills["short"] = trades["is_short"].to_numpy(dtype="bool")[fills["trade"]]
    for (pair, is_short), rows in fills.groupby(["pair", "short"], sort=True):
        slots = np.searchsorted(at_ns, utc_ns(rows["time"]), side="left")
        amounts = rows["amount"].to_numpy(dtype="float64")
        added = np.bincount(slots, weights=amounts, minlength=len(index) + 1)[: len(index)]
        held = np.abs(np.cumsum(added))
        held[held < 1e-12 * max(float(np.abs(amounts).sum()), 1e-300)] = 0.0
        price = closes[pair].ffill().fillna(float(rows["price_usd"].iloc[0])).to_numpy("float64")
        side = shorts if is_short else longs
        side += held * price
    whole = equity.reindex(index).to_numpy(dtype="float64")
    whole = np.where(whole > 0.0, whole, np.nan)
    frame = {"long_fraction": longs / whole, "short_fraction": shorts / whole}
    return pd.DataFrame(
        {**frame, "net_fraction": frame["long_fraction"] - frame["short_fraction"]}, index=index
    )


def cost_curves(trades: pd.DataFrame, index: pd.DatetimeIndex) -> pd.DataFrame:
    """Return fees and funding paid so far, at each time of a rising UTC index.

    ``fees_usd`` is booked at each fill; ``funding_usd`` at the end of each closed trade, negative
    when received. Funding of open trades is booked at the last time.
    """
    fills = trade_fills(trades)
    ends = trades["close_date"].fillna(index[-1])
    return pd.DataFrame(
        {
            "fees_usd": _so_far(fills["time"], fills["fee_usd"], index),
            "funding_usd": _so_far(ends, -trades["funding_fees"], index),
        },
        index=index,
    )


def _so_far(
    times: "pd.Series[pd.Timestamp]", amounts: "pd.Series[float]", index: pd.DatetimeIndex
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    slots = np.searchsorted(utc_ns(index), utc_ns(times), side="left")
    weights = amounts.to_numpy(dtype="float64")
    added = np.bincount(slots, weights=weights, minlength=len(index) + 1)[: len(index)]
    return np.asarray(np.cumsum(added), dtype="float64")
