"""The equity of an account whose prices are known in part: at fills, in candles, at some moments.

A bot's database has every fill, and no price between them.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from plimsoll.performance.equity import equity_curve
from plimsoll.performance.fills import filled_amount, trade_fills, utc_ns

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
    loss of the positions of that moment whose pairs are known by their fills alone. It is kept
    until the next mark, in proportion to how much of them is still open at no newer price: a
    later fill says what its pair made, and what the mark had seen of it is not added to that. A
    mark of a moment without a position changes nothing.

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
    loose, priced = _priced_by_fills(trades, known)
    pairs = trades["pair"].tolist()
    notional = (trades["amount"] * trades["open_rate"]).abs().to_numpy(dtype="float64")
    mark_ns = utc_ns(pd.DatetimeIndex(marks.index))
    slots = np.searchsorted(at_ns, mark_ns)
    for row, slot in enumerate(slots):
        if slot >= len(at_ns) or at_ns[slot] != mark_ns[row]:
            continue
        held = (opened <= mark_ns[row]) & (closed > mark_ns[row])
        held = held & loose if bool((held & loose).any()) else held
        whole = float(notional[held].sum())
        if not whole > 0.0:
            continue
        last = slots[row + 1] if row + 1 < len(slots) else len(at_ns)
        span = slice(slot, max(int(last), int(slot) + 1))
        ends = closed.copy()
        for place in np.flatnonzero(held & loose):
            ends[place] = min(ends[place], _first_after(priced[pairs[place]], mark_ns[row]))
        left = [float(notional[held & (ends > at)].sum()) / whole for at in at_ns[span]]
        values[span] = model[span] + (float(marks.iloc[row]) - model[slot]) * np.array(left)
    return pd.Series(values, index=equity.index, name="equity_usd")


def _priced_by_fills(
    trades: pd.DataFrame, known: pd.DataFrame
) -> tuple[NDArray[np.bool_], dict[str, NDArray[np.int64]]]:
    """Return which trades are of pairs that fills alone price, and when each pair has a price."""
    fills = trade_fills(trades)
    at_fill = {pair: set(utc_ns(rows["time"]).tolist()) for pair, rows in fills.groupby("pair")}
    priced = {
        str(pair): utc_ns(pd.DatetimeIndex(known.index[known[pair].notna()])) for pair in known
    }
    bare = {pair for pair, times in priced.items() if at_fill.get(pair, set()) >= {*times.tolist()}}
    return trades["pair"].isin(bare).to_numpy(dtype="bool"), priced


def _first_after(times: NDArray[np.int64], at: int) -> int:
    """Return the first of rising times after ``at``; the end of time without one."""
    place = int(np.searchsorted(times, at, side="right"))
    return int(times[place]) if place < len(times) else np.iinfo("int64").max


def trades_within(
    trades: pd.DataFrame,
    since: pd.Timestamp | None,
    until: pd.Timestamp | None,
    *,
    ended: pd.Timestamp | None = None,
) -> pd.DataFrame:
    """Return the trades that were open at any time of a span, as they stood at its end.

    A trade that closed before ``since`` or opened after ``until`` is left out. One that closed
    after ``until`` is open: without close, profit and exit reason, with the orders filled by
    then, what they make of its entry, amount and stake, and with the share of its funding that
    its life had by then; that of one which is open still runs to ``ended``, the last moment on
    record, where it is known. One that was open at ``since`` is whole. None is no bound.
    """
    made = trades
    if since is not None:
        made = made[made["close_date"].isna() | (made["close_date"] >= since)]
    if until is None:
        return made.reset_index(drop=True)
    made = made[made["open_date"] <= until].copy()
    later = made["close_date"] > until
    last = made["close_date"] if ended is None else made["close_date"].fillna(ended)
    longer = last > until
    if longer.any():
        life = last[longer] - made.loc[longer, "open_date"]
        lived = (until - made.loc[longer, "open_date"]) / life
        made.loc[longer, "funding_fees"] *= lived
    if later.any():
        made.loc[later, ["close_rate", "profit_abs"]] = np.nan
        made.loc[later, "close_date"] = pd.NaT
        if "exit_reason" in made:
            made.loc[later, "exit_reason"] = ""
    if "orders" in made:
        bound_ms = until.timestamp() * 1000.0
        kept = [[one for one in orders if _filled_by(one, bound_ms)] for orders in made["orders"]]
        counts = zip(made["orders"], kept, strict=True)
        made["orders"] = kept
        for row, (all_of_it, orders) in zip(made.index, counts, strict=True):
            if orders and len(orders) < len(all_of_it):
                _stand_back(made, row, orders)
    return made.reset_index(drop=True)


def _stand_back(made: pd.DataFrame, row: Any, orders: list[dict[str, object]]) -> None:
    """Set a trade's entry, amount and stake to what these orders of it make, as Freqtrade does."""
    amount = worth = 0.0
    for order in orders:
        if not isinstance(order.get("order_filled_timestamp"), int | float):
            continue
        filled = filled_amount(order)
        if order["ft_is_entry"]:
            amount, worth = amount + filled, worth + filled * float(str(order["safe_price"]))
        elif amount > 0.0:
            amount, worth = amount - filled, worth * (1.0 - filled / amount)
    if not amount > 0.0:
        return
    made.loc[row, ["amount", "open_rate"]] = [amount, worth / amount]
    if "stake_amount" in made:
        leverage = float(made["leverage"].to_dict()[row]) if "leverage" in made else 1.0
        made.loc[row, "stake_amount"] = worth / leverage


def _filled_by(order: dict[str, object], bound_ms: float) -> bool:
    filled = order.get("order_filled_timestamp")
    return not isinstance(filled, int | float) or filled <= bound_ms
