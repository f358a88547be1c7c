"""The fills behind Freqtrade's trade records: one row for each change of a position."""

from collections.abc import Hashable, Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.errors import MeasureError

TRADE_COLUMNS = (
    "pair",
    "open_date",
    "close_date",
    "open_rate",
    "close_rate",
    "amount",
    "is_short",
    "fee_open",
    "fee_close",
    "funding_fees",
    "profit_abs",
)
"""Columns of Freqtrade's trade export that every measure needs. ``orders`` is used when present.

``amount`` is in base units, rates and profits in the stake currency (called USD here), fees are
fractions of notional, ``funding_fees`` is positive when received. An open trade has a ``NaT``
``close_date``.
"""

NS_PER_DAY = 86_400_000_000_000

FILL_COLUMNS = ("trade", "pair", "time", "amount", "price_usd", "fee_usd", "fee_close_fraction")

_UNMATCHED_FRACTION_LIMIT = 0.01
"""A spot fee taken in base units leaves up to this share of a position unmatched by its exits."""


def no_trades() -> pd.DataFrame:
    """Return the trades frame of an account that never traded."""
    frame = pd.DataFrame({name: pd.Series(dtype="float64") for name in TRADE_COLUMNS})
    for name in ("open_date", "close_date"):
        frame[name] = pd.Series(dtype="datetime64[ns, UTC]")
    frame["pair"] = frame["pair"].astype("object")
    frame["is_short"] = frame["is_short"].astype("bool")
    return frame


def check_trades(trades: pd.DataFrame) -> None:
    """Raise `MeasureError` unless ``trades`` has `TRADE_COLUMNS` with usable values.

    NaN is refused in every number but the ``close_rate`` and ``profit_abs`` of an open trade.
    """
    missing = [name for name in TRADE_COLUMNS if name not in trades.columns]
    if missing:
        raise MeasureError(
            f"the trades frame needs the columns {', '.join(TRADE_COLUMNS)}; "
            f"{', '.join(missing)} not found; pass a Freqtrade trade export"
        )
    if trades.empty:
        return
    for name in ("open_date", "close_date"):
        if not isinstance(trades[name].dtype, pd.DatetimeTZDtype):
            raise MeasureError(f"trades.{name} must be a UTC time, found {trades[name].dtype}")
    closed = trades["close_date"].notna()
    always = ("open_rate", "amount", "fee_open", "fee_close", "funding_fees")
    for name, rows in [(n, trades) for n in always] + [
        (n, trades[closed]) for n in ("close_rate", "profit_abs")
    ]:
        values = rows[name].to_numpy(dtype="float64", na_value=np.nan)
        if not np.isfinite(values).all():
            bad = rows.index[~np.isfinite(values)][0]
            raise MeasureError(f"trades.{name} must be a finite number; row {bad} holds none")
    if bool((trades["close_date"] < trades["open_date"]).any()):
        raise MeasureError("a trade closes before it opens; check open_date and close_date")


def utc_ns(times: "pd.Series[Any] | pd.DatetimeIndex") -> np.ndarray:
    """Return times as int64 nanoseconds since 1970 UTC, whatever the unit they are stored in."""
    return np.asarray(pd.DatetimeIndex(times).as_unit("ns").asi8)


def trade_fills(trades: pd.DataFrame) -> pd.DataFrame:
    """Expand trades into fills.

    Trades with an ``orders`` list (Freqtrade's export) give one row a filled order, so that
    scale-ins and partial exits stand where they happened; others give one entry and one exit.
    What the exits of a closed trade leave unmatched (rounding, a spot fee in base units) goes
    to its last exit.

    Returns a frame with `FILL_COLUMNS`, a row a fill: ``trade`` is the row position in
    ``trades``, ``amount`` the signed change of the position in base units, ``time`` UTC,
    ``fee_usd`` the fee of the fill, ``fee_close_fraction`` the rate of the later exit.

    Raises `MeasureError` for missing columns, numbers of trades or orders that are not finite, or
    orders that do not close a closed trade within 1 %.
    """
    check_trades(trades)
    columns = [name for name in (*TRADE_COLUMNS, "orders") if name in trades.columns]
    records = trades[columns].to_dict("records")
    rows = [row for i, record in enumerate(records) for row in _fills_of(_Trade(i, record))]
    frame = pd.DataFrame.from_records(rows, columns=list(FILL_COLUMNS))
    if not np.isfinite(frame[["amount", "price_usd"]].to_numpy(dtype="float64")).all():
        raise MeasureError("an order is filled with no finite amount or price")
    frame["time"] = pd.to_datetime(frame["time"], unit="ns", utc=True)
    return frame


def _fills_of(trade: "_Trade") -> list[tuple[Any, ...]]:
    fills = list(trade.order_fills())
    if trade.closed_ns is not None:
        fills = trade.matched(fills or list(trade.plain_fills()))
    elif not trade.orders:
        fills = list(trade.plain_fills())
    return [
        (trade.position, trade.pair, at, amount, price, abs(amount) * price * fee, trade.fee_close)
        for at, amount, price, fee in fills
    ]


_Fill = tuple[int, float, float, float]
"""(time ns, signed base amount, price, fee fraction)"""


class _Trade:
    """One row of the export."""

    def __init__(self, position: int, record: Mapping[Hashable, Any]) -> None:
        self.position = position
        self.pair = str(record["pair"])
        self.label = f"trade {position} of {self.pair} opened {record['open_date']}"
        self.sign = -1.0 if bool(record["is_short"]) else 1.0
        self.fee_open = float(record["fee_open"])
        self.fee_close = float(record["fee_close"])
        self.opened_ns = record["open_date"].as_unit("ns").value
        closed = record["close_date"]
        self.closed_ns = None if pd.isna(closed) else closed.as_unit("ns").value
        self.amount = float(record["amount"])
        self.open_rate = float(record["open_rate"])
        self.close_rate = float(record["close_rate"])
        orders = record.get("orders")
        self.orders = list(orders) if isinstance(orders, list | tuple | np.ndarray) else []

    def plain_fills(self) -> Iterator[_Fill]:
        yield self.opened_ns, self.sign * self.amount, self.open_rate, self.fee_open
        if self.closed_ns is not None:
            yield self.closed_ns, -self.sign * self.amount, self.close_rate, self.fee_close

    def order_fills(self) -> Iterator[_Fill]:
        for order in self.orders:
            filled_ms = order.get("order_filled_timestamp")
            if filled_ms is None:
                continue
            is_entry = bool(order["ft_is_entry"])
            sign = self.sign if is_entry else -self.sign
            fee = self.fee_open if is_entry else self.fee_close
            yield (
                int(filled_ms) * 1_000_000,
                sign * filled_amount(order),
                float(order["safe_price"]),
                fee,
            )

    def matched(self, fills: list[_Fill]) -> list[_Fill]:
        unmatched = sum(fill[1] for fill in fills)
        gross = sum(abs(fill[1]) for fill in fills)
        if abs(unmatched) > _UNMATCHED_FRACTION_LIMIT * gross:
            raise MeasureError(
                f"{self.label}: its orders leave {unmatched:g} of {gross / 2:g} open, "
                "but the trade is closed; the record is damaged"
            )
        at, amount, price, fee = fills[-1]
        return [*fills[:-1], (at, amount - unmatched, price, fee)]


def filled_amount(order: Mapping[str, Any]) -> float:
    """Return what an order of the export changed a position by, a spot fee in base units taken."""
    filled = order.get("filled")
    if filled is None:
        return float(order["amount"])
    return float(filled) - float(order.get("ft_fee_base") or 0.0)
