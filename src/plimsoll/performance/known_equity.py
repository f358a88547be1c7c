"""The equity of an account whose prices are known in part: at fills, in candles, at some moments.

A bot's database has every fill, and no price between them.
"""

import numpy as np
import pandas as pd

from plimsoll.performance.equity import equity_curve
from plimsoll.performance.fills import trade_fills, utc_ns

MOMENT = pd.Timedelta(seconds=1)


def known_closes_of(
    trades: pd.DataFrame,
    closes: pd.DataFrame | None,
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    also: pd.DatetimeIndex | None = None,
) -> pd.DataFrame:
    """Return every price that is known of the traded pairs, a column a pair, NaN where none is.

    ``closes``: candles' closes at the time each was known, for the pairs that have any; None for
    none. The price of a fill is known at its time. The index holds every such time from
    ``start`` to ``end`` (UTC, both included), each midnight between them and the times in
    ``also``, so that an account measured on it has a value every day.
    """
    fills = trade_fills(trades)
    days = pd.date_range(start.ceil("D"), end, freq="D")
    index = pd.DatetimeIndex([start, end]).append([days, pd.DatetimeIndex(fills["time"])])
    if also is not None:
        index = index.append(also)
    if closes is not None:
        index = index.append(pd.DatetimeIndex(closes.index))
    index = pd.DatetimeIndex(index).as_unit("ns").unique().sort_values()
    index = index[(index >= start) & (index <= end)]
    known = pd.DataFrame(index=index)
    for pair in sorted(set(trades["pair"])):
        rows = fills[fills["pair"] == pair]
        at_fill = rows.groupby("time")["price_usd"].last()
        if closes is not None and pair in closes.columns:
            candles = closes[pair].dropna()
            candles.index = pd.DatetimeIndex(candles.index).as_unit("ns")
            at_fill = candles.combine_first(at_fill)
        at_fill.index = pd.DatetimeIndex(at_fill.index).as_unit("ns")
        known[pair] = at_fill.reindex(index).astype("float64")
    return known


def known_equity(
    trades: pd.DataFrame,
    known: pd.DataFrame,
    starting_balance_usd: float,
    marks: "pd.Series[float] | None" = None,
) -> "pd.Series[float]":
    """Value an account with the prices that are known; `equity_curve` says how.

    ``trades``: Freqtrade's trade export. ``known``: from `known_closes_of`. A position whose
    pair has no later price stands at the last one, at worst at that of its own fill: its open
    profit is then 0 less fees.

    ``marks``: equity at moments of ``known``'s index at which somebody measured it (UTC). The
    value there is the mark's. What a mark shows beyond the known prices is the open profit or
    loss of the positions of that moment; it is kept until the next mark, in proportion to how
    much of them is still open. A mark of a moment without a position changes nothing.

    Returns equity on ``known``'s index, without NaN. Raises `MeasureError` as `equity_curve`.
    """
    equity = equity_curve(trades, known, starting_balance_usd)
    if marks is None or marks.empty or trades.empty:
        return equity
    at_ns = utc_ns(pd.DatetimeIndex(equity.index))
    values = equity.to_numpy(dtype="float64").copy()
    model = values.copy()
    opened = utc_ns(trades["open_date"])
    closed = utc_ns(trades["close_date"].fillna(equity.index[-1] + MOMENT))
    notional = (trades["amount"] * trades["open_rate"]).abs().to_numpy(dtype="float64")
    mark_ns = utc_ns(pd.DatetimeIndex(marks.index))
    slots = np.searchsorted(at_ns, mark_ns)
    for row, slot in enumerate(slots):
        if slot >= len(at_ns) or at_ns[slot] != mark_ns[row]:
            continue
        held = (opened <= mark_ns[row]) & (closed > mark_ns[row])
        whole = float(notional[held].sum())
        if not whole > 0.0:
            continue
        last = slots[row + 1] if row + 1 < len(slots) else len(at_ns)
        span = slice(slot, max(int(last), int(slot) + 1))
        left = [float(notional[held & (closed > at)].sum()) / whole for at in at_ns[span]]
        values[span] = model[span] + (float(marks.iloc[row]) - model[slot]) * np.array(left)
    return pd.Series(values, index=equity.index, name="equity_usd")


def trades_within(
    trades: pd.DataFrame, since: pd.Timestamp | None, until: pd.Timestamp | None
) -> pd.DataFrame:
    """Return the trades that were open at any time of a span, as they stood at its end.

    A trade that closed before ``since`` or opened after ``until`` is left out. One that closed
    after ``until`` is open: without close, profit and exit reason, with the orders filled by
    then, and with the share of its funding that its life had by then. One that was open at
    ``since`` is whole. None is no bound.
    """
    made = trades
    if since is not None:
        made = made[made["close_date"].isna() | (made["close_date"] >= since)]
    if until is None:
        return made.reset_index(drop=True)
    made = made[made["open_date"] <= until].copy()
    later = made["close_date"] > until
    if later.any():
        life = made.loc[later, "close_date"] - made.loc[later, "open_date"]
        lived = (until - made.loc[later, "open_date"]) / life
        made.loc[later, "funding_fees"] *= lived
        made.loc[later, ["close_rate", "profit_abs"]] = np.nan
        made.loc[later, "close_date"] = pd.NaT
        if "exit_reason" in made:
            made.loc[later, "exit_reason"] = ""
    if "orders" in made:
        bound_ms = until.timestamp() * 1000.0
        made["orders"] = [
            [one for one in orders if _filled_by(one, bound_ms)] for orders in made["orders"]
        ]
    return made.reset_index(drop=True)


def _filled_by(order: dict[str, object], bound_ms: float) -> bool:
    filled = order.get("order_filled_timestamp")
    return not isinstance(filled, int | float) or filled <= bound_ms
