"""What a strategy decided before a moment must not depend on what came after it.

A strategy runs twice, on markets that are the same up to a moment. Every column of its candles,
every answer of its callbacks and every fill before that moment must be the same. `plimsoll check
--leaks` runs it; here the two runs are compared.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.checks.comparing import same_values
from plimsoll.checks.finding import Finding

SIGNALS = ("enter_long", "enter_short", "exit_long", "exit_short", "enter_tag", "exit_tag")
CANDLE_COLUMNS = frozenset({"date", "open", "high", "low", "close", "volume"})
WITHIN_CANDLE = frozenset(
    {"custom_stoploss", "custom_roi", "confirm_trade_exit", "custom_exit_price"}
)
"""Callbacks that Freqtrade asks with what the candle itself brings: its high, low or a fill."""
PARTS = {
    "custom_stake_amount": "stakes",
    "leverage": "leverage",
    "custom_entry_price": "entry prices",
    "confirm_trade_entry": "entries",
    "custom_stoploss": "stops",
    "custom_roi": "targets",
    "custom_exit": "exits",
    "custom_exit_price": "exit prices",
    "confirm_trade_exit": "exits",
    "adjust_trade_position": "position adjustments",
    "adjust_order_price": "order prices",
    "adjust_entry_price": "order prices",
    "adjust_exit_price": "order prices",
}
"""What each callback decides, in words. Callbacks that are not here decide nothing."""
LONGER = ("5m", "15m", "30m", "1h", "2h", "4h", "8h", "12h", "24h", "168h")
WHOLE_SHARE = 0.5
"""A column that differs over this share of the rows before the moment is one of the whole data."""
_RELATIVE = 1e-7


@dataclass(frozen=True, slots=True)
class Decision:
    """What a callback answered, when, and of which pair."""

    at: pd.Timestamp
    callback: str
    pair: str
    value: object


@dataclass(frozen=True, slots=True)
class Fill:
    """An order of a backtest that was filled; ``tag`` is why."""

    at: pd.Timestamp
    pair: str
    side: str
    amount: float
    price: float
    tag: str


@dataclass(frozen=True, eq=False)
class StrategyRun:
    """What a strategy did in one backtest.

    ``columns``: by pair, the candles with the strategy's columns. ``decisions`` and ``fills`` are
    in their order. ``filled_within``: the candles within which a stop, a target or a resting order
    was filled: what Freqtrade does later in such a candle depends on its high and low.
    """

    columns: Mapping[str, pd.DataFrame]
    decisions: Sequence[Decision]
    fills: Sequence[Fill]
    filled_within: frozenset[pd.Timestamp] = frozenset()


@dataclass(frozen=True, slots=True)
class Apart:
    """Where two runs differ before the moment: what, and the first place.

    ``reach`` is how many candles before the moment a column begins to differ, ``rows`` how many
    rows it has before it; both 0 for what is no column.
    """

    what: str
    part: str
    pair: str
    at: pd.Timestamp
    known: str
    other: str
    cut: pd.Timestamp
    reach: int = 0
    rows: int = 0


@dataclass
class Leaks:
    """What leaked, by column and callback, over several moments."""

    apart: dict[str, list[Apart]] = field(default_factory=dict)

    def add(self, apart: Sequence[Apart]) -> None:
        """Take what one moment showed."""
        for one in apart:
            self.apart.setdefault(one.what, []).append(one)

    def findings(self, subject: str, span: pd.Timedelta) -> list[Finding]:
        """Return a finding for each column, callback or fill that leaked."""
        return [_finding(subject, many, span) for many in self.apart.values()]


def apart_before(
    known: StrategyRun, other: StrategyRun, cut: pd.Timestamp, span: pd.Timedelta
) -> list[Apart]:
    """Return what differs before the moment from which the markets of two runs differ.

    Columns are compared in candles that had closed. Answers and fills are compared up to the
    moment, at which the past is all there is to know; within the candle that begins there only
    when neither run filled an order in it but at its open. Fills are told only where nothing else
    differs.
    """
    apart = _columns_apart(known, other, cut, span)
    quiet = cut not in known.filled_within and cut not in other.filled_within
    apart += _decisions_apart(known.decisions, other.decisions, cut, quiet=quiet)
    return apart or _fills_apart(known.fills, other.fills, cut, quiet=quiet)


def _columns_apart(
    known: StrategyRun, other: StrategyRun, cut: pd.Timestamp, span: pd.Timedelta
) -> list[Apart]:
    made: dict[str, Apart] = {}
    for pair, frame in known.columns.items():
        before = _closed(frame, cut, span)
        theirs = _closed(other.columns[pair], cut, span)
        both = before.merge(theirs, on="date", suffixes=("", "\0other"), how="left")
        for name in before.columns:
            if name in CANDLE_COLUMNS or name in made:
                continue
            second = f"{name}\0other"
            if second not in both:
                continue
            rows = _rows_apart(both[name], both[second])
            if len(rows):
                row = int(rows[0])
                made[name] = Apart(
                    what=name,
                    part="signals" if name in SIGNALS else "columns",
                    pair=pair,
                    at=both["date"].iloc[row] + span,
                    known=_text(both[name].iloc[row]),
                    other=_text(both[second].iloc[row]),
                    cut=cut,
                    reach=len(both) - row,
                    rows=len(both),
                )
    return list(made.values())


def _closed(frame: pd.DataFrame, cut: pd.Timestamp, span: pd.Timedelta) -> pd.DataFrame:
    return frame[frame["date"] + span <= cut].reset_index(drop=True)


def _rows_apart(one: "pd.Series[Any]", other: "pd.Series[Any]") -> "np.ndarray":
    """Return the rows in which two columns differ: numbers to a rounding, all else exactly."""
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
        ours, theirs = one.to_numpy("float64"), other.to_numpy("float64")
        scale = np.abs(ours[np.isfinite(ours)])
        absolute = _RELATIVE * float(np.median(scale)) if len(scale) else 0.0
        same = np.isclose(ours, theirs, rtol=_RELATIVE, atol=absolute, equal_nan=True)
    else:
        same = ((one == other) | (one.isna() & other.isna())).to_numpy(dtype=bool)
    return np.flatnonzero(~same)


def _decisions_apart(
    known: Sequence[Decision], other: Sequence[Decision], cut: pd.Timestamp, *, quiet: bool
) -> list[Apart]:
    """Return the first answers that differ, one a callback; later ones may only follow from it."""
    ours, theirs = _asked(known, cut, quiet=quiet), _asked(other, cut, quiet=quiet)
    made: dict[str, Apart] = {}
    for one, two in zip(ours, theirs, strict=False):
        if (one.at, one.callback, one.pair) != (two.at, two.callback, two.pair):
            break
        if not _same(one.value, two.value) and one.callback not in made:
            part = PARTS[one.callback]
            values = _text(one.value), _text(two.value)
            made[one.callback] = Apart(one.callback, part, one.pair, one.at, *values, cut)
    return list(made.values())


def _asked(decisions: Sequence[Decision], cut: pd.Timestamp, *, quiet: bool) -> list[Decision]:
    """Return the answers up to a moment; of the moment itself those that the past decides."""
    asked = [one for one in decisions if one.at < cut]
    if quiet:
        for one in (one for one in decisions if one.at == cut):
            if one.callback in WITHIN_CANDLE:
                break
            asked.append(one)
    return asked


def _fills_apart(
    known: Sequence[Fill], other: Sequence[Fill], cut: pd.Timestamp, *, quiet: bool
) -> list[Apart]:
    ours, theirs = (
        [one for one in fills if one.at < cut or (quiet and one.at == cut)]
        for fills in (known, other)
    )
    for number in range(max(len(ours), len(theirs))):
        one = ours[number] if number < len(ours) else None
        two = theirs[number] if number < len(theirs) else None
        if one is None or two is None or not _same_fill(one, two):
            shown = one or two
            if shown is None:
                break
            values = _fill_text(one), _fill_text(two)
            return [Apart("fills", "fills", shown.pair, shown.at, *values, cut)]
    return []


def _same_fill(one: Fill, two: Fill) -> bool:
    plain = (one.at, one.pair, one.side, one.tag) == (two.at, two.pair, two.side, two.tag)
    numbers = ((one.amount, two.amount), (one.price, two.price))
    return plain and all(same_values(a, b, relative=_RELATIVE) for a, b in numbers)


def _same(one: object, two: object) -> bool:
    if isinstance(one, tuple | list) and isinstance(two, tuple | list):
        return len(one) == len(two) and all(map(_same, one, two))
    numbers = isinstance(one, int | float | np.number), isinstance(two, int | float | np.number)
    if all(numbers):
        return same_values(float(one), float(two), relative=_RELATIVE)  # type: ignore[arg-type]
    return bool(one == two)


def _finding(subject: str, many: Sequence[Apart], span: pd.Timedelta) -> Finding:
    first = many[0]
    where = f"{first.pair} at {first.at:%Y-%m-%d %H:%M} UTC"
    said = f"{first.known}, and {first.other} with another future from {_moment(first.cut)}"
    if first.part in ("columns", "signals"):
        text = f"the column {first.what} of {where} is {said}: {_why(many, span)}"
    elif first.what == "fills":
        text = f"in {where} the backtest has {said}: something looks ahead that no column shows"
    else:
        text = f"{first.what} of {where} answers {said}: it looks ahead"
    return Finding(subject, f"{first.part} rest on the past", text)


def _why(many: Sequence[Apart], span: pd.Timedelta) -> str:
    """Return what kind of look ahead a column's differences are like."""
    if all(one.reach >= WHOLE_SHARE * one.rows for one in many):
        return "a figure of the whole data, such as a mean, a quantile, a scaler or a fitted model"
    if length := _unfinished(many, span):
        return f"like a {length} candle that had not closed"
    reaches = {one.reach for one in many}
    farthest = max(reaches)
    candles = "1 candle" if farthest == 1 else f"{farthest} candles"
    return f"it looks {'' if len(reaches) == 1 else 'up to '}{candles} ahead"


def _unfinished(many: Sequence[Apart], span: pd.Timedelta) -> str | None:
    """Return the length of candles in whose middle every difference begins at their opening."""
    for length in LONGER:
        bucket = pd.Timedelta(length)
        if bucket <= span:
            continue
        opens = [(one.at - span).floor(bucket) for one in many]
        begins = all(one.at - span == at for one, at in zip(many, opens, strict=True))
        inside = all(at < one.cut < at + bucket for one, at in zip(many, opens, strict=True))
        if begins and inside:
            return length
    return None


def _moment(at: pd.Timestamp) -> str:
    return f"{at:%Y-%m-%d %H:%M}"


def _fill_text(fill: Fill | None) -> str:
    if fill is None:
        return "no fill"
    tag = f" ({fill.tag})" if fill.tag else ""
    return f"a {fill.side} of {fill.amount:.6g} at {fill.price:.6g}{tag}"


def _text(value: object) -> str:
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, int | float | np.number):
        return f"{float(value):.6g}"
    return "nothing" if value is None else str(value)
