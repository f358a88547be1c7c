"""What an account made in a span, cause by cause: price, slippage, fees, funding, and the rest."""

from dataclasses import asdict, dataclass

import numpy as np
import pandas as pd

from plimsoll.performance.fills import trade_fills, utc_ns

CENT = 0.005
"""An amount below half a cent is rounding."""


@dataclass(frozen=True)
class Causes:
    """An account's profit in a span and what it came from; the causes add up to ``made_usd``.

    Attributes
    ----------
    made_usd
        Change of equity, open positions marked at the last known price, net of closing fees.
    price_usd
        Prices that moved while positions were held, at the prices that orders were decided at.
    slippage_usd
        Fills that were worse (below 0) or better than the price their order was decided at, as
        far as that is known; what is not known is in ``price_usd``.
    fees_usd
        Fees of all fills, and the change of what closing the open positions would cost.
    funding_usd
        Funding paid (below 0) or received: of each trade its total, spread evenly over its life.
    other_usd
        What neither explains: rounding, interest, and open profit that only the exchange saw.
    """

    made_usd: float
    price_usd: float
    slippage_usd: float
    fees_usd: float
    funding_usd: float
    other_usd: float

    @property
    def steps(self) -> list[tuple[str, float]]:
        """The causes by name, in the order to show; the rest only where it is more than a cent."""
        return self.steps_above(CENT)

    def steps_above(self, least: float) -> list[tuple[str, float]]:
        """Return the causes by name; the rest only where it is ``least`` or more."""
        named = [
            ("price", self.price_usd),
            ("slippage", self.slippage_usd),
            ("fees", self.fees_usd),
            ("funding", self.funding_usd),
        ]
        rest = abs(self.other_usd) >= least
        return [*named, ("not explained", self.other_usd)] if rest else named

    def as_record(self) -> dict[str, float]:
        """Return plain values for JSON."""
        return asdict(self)


def causes_of(
    trades: pd.DataFrame,
    known: pd.DataFrame | None,
    equity: "pd.Series[float]",
    since: pd.Timestamp,
    until: pd.Timestamp,
    *,
    slippage_usd: float = 0.0,
) -> Causes:
    """Say what the change of equity after ``since`` up to ``until`` (both UTC) came from.

    ``trades``: Freqtrade's trade export over the account's whole life. ``known``: every price
    that is known of the traded pairs, a column a pair, as `known_closes_of` returns it; None
    where nothing was traded. ``equity``: the account's, over its whole life, without NaN.
    ``slippage_usd``: what fills cost beyond the price that was decided at, above 0 for a loss.

    A fill at exactly ``since`` belongs to the span before, one at ``until`` to this one.

    Raises `plimsoll.performance.errors.MeasureError` for trades that cannot be measured.
    """
    made = _at(equity, until) - _at(equity, since)
    price = fees = funding = 0.0
    if known is not None and not trades.empty:
        fills = trade_fills(trades.reset_index(drop=True))
        inside = fills[(fills["time"] > since) & (fills["time"] <= until)]
        price = _worth(fills, known, until) - _worth(fills, known, since)
        price -= float((inside["amount"] * inside["price_usd"]).sum())
        kept = _closing_fees(fills, known, until) - _closing_fees(fills, known, since)
        fees = -float(inside["fee_usd"].sum()) - kept
        funding = _funding(trades, since, until, pd.Timestamp(equity.index[-1]))
    return Causes(
        made_usd=made,
        price_usd=price + slippage_usd,
        slippage_usd=0.0 - slippage_usd,
        fees_usd=fees,
        funding_usd=funding,
        other_usd=made - price - fees - funding,
    )


def _at(equity: "pd.Series[float]", at: pd.Timestamp) -> float:
    """Return the value that stood at a time; before the first one, the first."""
    place = int(equity.index.searchsorted(at, side="right")) - 1
    return float(equity.iloc[max(place, 0)])


def _held(fills: pd.DataFrame, known: pd.DataFrame, at: pd.Timestamp) -> pd.DataFrame:
    """Return each trade's position at a time with its price: amount, mark, fee_close."""
    before = fills[fills["time"] <= at]
    held = before.groupby("trade").agg(
        pair=("pair", "first"),
        amount=("amount", "sum"),
        gross=("amount", lambda amounts: float(np.abs(amounts).sum())),
        entry=("price_usd", "last"),
        fee_close=("fee_close_fraction", "last"),
    )
    held = held[held["amount"].abs() > 1e-12 * held["gross"]]
    marks = known[known.index <= at].ffill()
    latest = marks.iloc[-1] if len(marks) else pd.Series(dtype="float64")
    return held.assign(mark=held["pair"].map(latest).fillna(held["entry"]).astype("float64"))


def _worth(fills: pd.DataFrame, known: pd.DataFrame, at: pd.Timestamp) -> float:
    held = _held(fills, known, at)
    return float((held["amount"] * held["mark"]).sum())


def _closing_fees(fills: pd.DataFrame, known: pd.DataFrame, at: pd.Timestamp) -> float:
    held = _held(fills, known, at)
    return float((held["amount"].abs() * held["mark"] * held["fee_close"]).sum())


def _funding(
    trades: pd.DataFrame, since: pd.Timestamp, until: pd.Timestamp, end: pd.Timestamp
) -> float:
    """Return each trade's funding times the share of its life that lies in the span."""
    opened = utc_ns(trades["open_date"]).astype("float64")
    closed = utc_ns(trades["close_date"].fillna(max(end, until))).astype("float64")
    first, last = float(since.as_unit("ns").value), float(until.as_unit("ns").value)
    life = np.maximum(closed - opened, 0.0)
    lived = np.clip(np.minimum(closed, last) - np.maximum(opened, first), 0.0, None)
    at_once = ((opened > first) & (opened <= last)).astype("float64")
    share = np.where(life > 0.0, lived / np.where(life > 0.0, life, 1.0), at_once)
    return float((trades["funding_fees"].to_numpy(dtype="float64") * share).sum())
