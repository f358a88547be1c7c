"""Two results of ``Backtesting.backtest``: equal to the last bit, or the first difference."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

NOT_COMPARED = ("config",)
"""The strategy's own config object, of each of both."""
LOCK_FIELDS = ("pair", "side", "reason", "lock_time", "lock_end_time", "active")
MISSING = "(missing)"


@dataclass(frozen=True, slots=True)
class Difference:
    """Where two results differ first, and what is there."""

    trade: int | None
    field: str
    freqtrade: Any
    lane: Any

    def __str__(self) -> str:
        where = self.field if self.trade is None else f"trade {self.trade}, {self.field}"
        return f"{where}\n  Freqtrade  {_shown(self.freqtrade)}\n  fast lane  {_shown(self.lane)}"


def first_difference(freqtrade: Mapping[str, Any], lane: Mapping[str, Any]) -> Difference | None:
    """Return the first difference: trades in their order, then counts, balance and locks."""
    told = _trades(freqtrade["results"], lane["results"])
    if told is not None:
        return told
    names = [one for one in freqtrade if one not in NOT_COMPARED and one != "results"]
    for name in [*names, *(one for one in lane if one not in freqtrade)]:
        one, other = freqtrade.get(name, MISSING), lane.get(name, MISSING)
        told = _apart(one, other, name)
        if told is not None:
            return told
    return None


def _trades(one: pd.DataFrame, other: pd.DataFrame) -> Difference | None:
    if list(one.columns) != list(other.columns):
        return Difference(None, "columns of trades", list(one.columns), list(other.columns))
    rows, others = one.to_dict("records"), other.to_dict("records")
    for number, (row, same) in enumerate(zip(rows, others, strict=False)):
        for name in row:
            told = _apart(row[name], same[name], str(name))
            if told is not None:
                return Difference(number, told.field, told.freqtrade, told.lane)
    if len(rows) != len(others):
        longer = rows if len(rows) > len(others) else others
        extra = _of_trade(longer[min(len(rows), len(others))])
        return Difference(
            None, "number of trades", f"{len(rows)}", f"{len(others)}; the next: {extra}"
        )
    if [str(kind) for kind in one.dtypes] != [str(kind) for kind in other.dtypes]:
        return Difference(None, "types of columns", dict(one.dtypes), dict(other.dtypes))
    return None


def _of_trade(row: Mapping[Any, Any]) -> str:
    names = ("pair", "is_short", "open_date", "open_rate", "close_date", "close_rate")
    return ", ".join(f"{name} {row[name]}" for name in (*names, "exit_reason"))


def _apart(one: Any, other: Any, field: str) -> Difference | None:
    """Return where two values differ first; NaN equals NaN, -0.0 is not 0.0."""
    if isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame):
        told = _trades(one, other)
        return told and Difference(told.trade, f"{field}: {told.field}", told.freqtrade, told.lane)
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for name in [*one, *(key for key in other if key not in one)]:
            told = _apart(one.get(name, MISSING), other.get(name, MISSING), f"{field}[{name!r}]")
            if told is not None:
                return told
        return None
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        for number, (value, same) in enumerate(zip(one, other, strict=False)):
            told = _apart(value, same, f"{field}[{number}]")
            if told is not None:
                return told
        if len(one) != len(other):
            return Difference(None, f"length of {field}", len(one), len(other))
        return None
    if hasattr(one, "lock_end_time") and hasattr(other, "lock_end_time"):
        return _apart(_lock(one), _lock(other), field)
    compound = pd.DataFrame | Mapping | list | tuple
    is_same = not isinstance(one, compound) and not isinstance(other, compound)
    return None if is_same and _same(one, other) else Difference(None, field, one, other)


def _lock(lock: Any) -> dict[str, Any]:
    return {name: getattr(lock, name) for name in LOCK_FIELDS}


def _same(one: Any, other: Any) -> bool:
    floats = float | np.floating
    if isinstance(one, floats) and isinstance(other, floats):
        if math.isnan(one) and math.isnan(other):
            return True
        return struct.pack("<d", one) == struct.pack("<d", other)
    if one is pd.NaT and other is pd.NaT:
        return True
    if isinstance(one, floats) or isinstance(other, floats):
        return False
    if isinstance(one, bool | np.bool_) != isinstance(other, bool | np.bool_):
        return False
    return bool(one == other)


def _shown(value: Any) -> str:
    if isinstance(value, float | np.floating):
        return f"{float(value)!r} ({float(value).hex()})"
    return f"{value!r}"[:600]
