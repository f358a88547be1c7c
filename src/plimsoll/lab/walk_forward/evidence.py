"""What a walk-forward leaves for the gates and for people."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.gates.places import walk_forward_folder
from plimsoll.performance.fills import utc_ns
from plimsoll.performance.measures import DAYS_PER_YEAR, daily_returns
from plimsoll.performance.windows import Span

FORMAT = 1


def out_of_sample(equity: "pd.Series[float]", span: Span, final_balance: float) -> dict[str, Any]:
    """Return the figures of the tested days: a return a day, Sharpe a year, deepest fall.

    The last day ends with the balance that is left once every position is closed.
    """
    end = pd.Series([final_balance], index=pd.DatetimeIndex([span.end]).as_unit("ns"))
    whole = pd.concat([equity[equity.index < span.end], end])
    returns = daily_returns(whole)
    return {"days": len(returns), "daily_returns": returns.tolist(), **figures_of(returns)}


def figures_of(returns: "pd.Series[float]") -> dict[str, Any]:
    """Return total return, yearly Sharpe ratio and deepest fall of daily returns, for a record."""
    values = returns.to_numpy(dtype="float64")
    grown = np.concatenate([[1.0], np.cumprod(1.0 + values)])
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    sharpe = float(values.mean()) / spread * math.sqrt(DAYS_PER_YEAR) if spread > 0 else None
    return {
        "total_return_fraction": float(grown[-1] - 1.0),
        "sharpe": sharpe,
        "drawdown_fraction": float((1.0 - grown / np.maximum.accumulate(grown)).max()),
    }


def within(returns: "pd.Series[float]", span: Span) -> "pd.Series[float]":
    """Return the returns of the days of a span; each stands at the midnight that ends its day."""
    at = utc_ns(pd.DatetimeIndex(returns.index))
    start, end = (pd.Timestamp(one).value for one in (span.start, span.end))
    return returns[(at > start) & (at <= end)]


def write(userdir: Path, name: str, record: dict[str, Any]) -> Path:
    """Write a record among the evidence, whole or not at all; return its file."""
    folder = walk_forward_folder(userdir)
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.json"
    half = file.with_suffix(".half")
    half.write_text(json.dumps(_plain(record), indent=1), encoding="utf-8")
    half.replace(file)
    return file


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
