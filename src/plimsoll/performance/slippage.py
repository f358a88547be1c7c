"""What fills cost beyond the price at which their orders were decided, and whether it drifts."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd

BPS = 10_000.0
COLUMNS = ("time", "pair", "amount", "asked", "price")
"""Columns of the fills: UTC time, pair, signed amount in base units (above 0: bought), price that
the order was decided at (NaN where nobody wrote it down), price of the fill."""


@dataclass(frozen=True)
class Slippage:
    """What the fills of a span cost beyond the price that was decided at.

    Attributes
    ----------
    fills, priced
        Fills of the span, and those of them whose decided price is on record.
    cost_usd
        Of those, above 0 for a loss.
    cost_bps
        The same in basis points of their notional; NaN without any.
    """

    fills: int
    priced: int
    cost_usd: float
    cost_bps: float

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON; NaN becomes None."""
        known = np.isfinite(self.cost_bps)
        return {**asdict(self), "cost_bps": self.cost_bps if known else None}


def fills_frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return fills with `COLUMNS`, by time."""
    frame = pd.DataFrame.from_records([dict(row) for row in rows], columns=list(COLUMNS))
    frame["time"] = pd.to_datetime(frame["time"], utc=True)
    for name in ("amount", "asked", "price"):
        frame[name] = frame[name].astype("float64")
    return frame.sort_values("time", kind="stable").reset_index(drop=True)


def requested_fills(trades: pd.DataFrame) -> pd.DataFrame:
    """Return the fills of trades with the rates that Freqtrade says it asked for.

    ``trades``: Freqtrade's export with ``open_rate_requested`` and ``close_rate_requested``. They
    are of a trade's first entry and last exit; where a side has several filled orders, what was
    asked for of each is not known.
    """
    rows = []
    for trade in trades.to_dict("records"):
        orders = trade.get("orders") or []
        filled = [one for one in orders if one.get("order_filled_timestamp") is not None]
        for entry, name in ((True, "open_rate_requested"), (False, "close_rate_requested")):
            side = [one for one in filled if bool(one["ft_is_entry"]) is entry]
            asked = trade.get(name) if len(side) == 1 else None
            sign = 1.0 if entry is not bool(trade["is_short"]) else -1.0
            rows += [
                {
                    "time": pd.Timestamp(one["order_filled_timestamp"], unit="ms", tz="UTC"),
                    "pair": trade["pair"],
                    "amount": sign * float(one.get("filled") or one["amount"]),
                    "asked": np.nan if asked is None else float(asked),
                    "price": float(one["safe_price"]),
                }
                for one in side
            ]
    return fills_frame(rows)


def slippage(fills: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp) -> Slippage:
    """Measure the fills after ``since`` up to ``until``; ``fills`` has `COLUMNS`.

    Buying above the decided price costs, and selling below it; a better price counts against it.
    """
    inside = fills[(fills["time"] > since) & (fills["time"] <= until)]
    known = inside[inside["asked"] > 0.0]
    cost = float((known["amount"] * (known["price"] - known["asked"])).sum())
    notional = float((known["amount"].abs() * known["asked"]).sum())
    bps = cost / notional * BPS if notional > 0.0 else float("nan")
    return Slippage(len(inside), len(known), cost, bps)
