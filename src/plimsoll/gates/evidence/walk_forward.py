"""A walk-forward run: its record, and the stitched result of the days that it tested."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.gates.evidence.results import StoredResult, limits_of, made_with, open_result
from plimsoll.gates.evidence.results import contradictions as result_contradictions
from plimsoll.gates.kinds import Kind
from plimsoll.gates.precision import YEAR, deepest_fall, precision_of
from plimsoll.gates.reading import EvidenceError, Reading, moment, number
from plimsoll.gates.subject import flat_parameters
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import trade_fills, utc_ns
from plimsoll.performance.measures import DAYS_PER_YEAR
from plimsoll.performance.plausible import TradeResults, too_good

FORMAT = 1
STATED = 1e-3
"""Relative: what a stated figure may differ by from the one that its own days give."""
SAME_RETURN = 1e-6
SAME_TOTAL = 1e-3


def read_walk_forward(content: bytes, result: bytes | None) -> Reading:
    """Read a walk-forward run; figures are those of its days and trades, not what it states.

    ``result`` is the stitched result that it names; ``None`` when that is not there.

    Raises
    ------
    EvidenceError
        When it is no such record, or its result cannot be read.
    """
    record = parsed(content)
    if result is None:
        raise EvidenceError(f"the result that it names, {record.get('result_file')}, is missing")
    try:
        return _read(record, open_result(result, str(record["strategy"])))
    except (KeyError, TypeError, ValueError, AttributeError, MeasureError) as error:
        raise EvidenceError(f"it is no readable walk-forward record ({error!r})") from None


def parsed(content: bytes) -> dict[str, Any]:
    """Return a walk-forward record as it is written; raises `EvidenceError` for another file."""
    try:
        record = json.loads(content)
    except ValueError as error:
        raise EvidenceError(f"it is no walk-forward record ({error})") from None
    if not isinstance(record, dict) or "windows" not in record:
        raise EvidenceError("it is no walk-forward record")
    if record.get("format") != FORMAT:
        raise EvidenceError(f"expected format {FORMAT} of it, found {record.get('format')}")
    return record


def _read(record: Mapping[str, Any], result: StoredResult) -> Reading:
    spans = [tuple(day_of(at) for at in window["test"]) for window in record["windows"]]
    if not spans:
        raise EvidenceError("it has no window")
    stated = record["out_of_sample"]
    returns = _stated_returns(stated, spans[0][0])
    faults = [*_window_faults(spans), *result_contradictions(result)]
    faults += _return_faults(stated, returns, result)
    if unsure := sum(window.get("confirmed") is False for window in record["windows"]):
        faults.append(f"Freqtrade did not confirm {unsure} of its {len(spans)} windows")
    made_at = record.get("at") or record.get("made_at")
    written_ts = float(result.statistics["backtest_run_end_ts"])
    own = made_with(result)
    own.pop("parameters")  # each window has its own: `facts` has those of the last
    return Reading(
        kind=Kind.WALK_FORWARD,
        strategy=str(record["strategy"]),
        identity=f"{record['strategy']} {record.get('run_id')} {made_at}",
        made_at=datetime.fromtimestamp(written_ts, UTC)
        if made_at is None
        else moment(made_at, "at"),
        figures=tested_figures(
            returns, result.trades, spans, number(result.statistics, "starting_balance")
        ),
        made_with=own,
        series={"returns": returns},
        facts={
            "first": spans[0][0],
            "last": spans[-1][1],
            "data": record["data_fingerprint"],
            "pairs": list(result.statistics["pairlist"]),
            "timeframe": str(result.statistics["timeframe"]),
            "trials": number(record, "trials"),
            "parameters": _parameters(record["windows"][-1]),
            "limits": limits_of(result.config),
            "trades": result.trades,
        },
        faults=tuple(faults),
    )


def tested_figures(
    returns: "pd.Series[float]",
    trades: pd.DataFrame,
    spans: Sequence[tuple[pd.Timestamp, ...]],
    starting_balance_usd: float,
) -> dict[str, float]:
    """Return what the gates measure of tested days, by name.

    ``returns`` are daily, by the midnight that ends each day; ``trades`` is Freqtrade's export;
    ``spans`` are the tests, begin and end of each. NaN where a figure is not defined.
    """
    precision = precision_of(returns)
    return {
        "days": float(len(returns)),
        "trades": float(len(trades)),
        "sharpe": precision.sharpe,
        "sharpe_low": precision.sharpe_low,
        "mean_low": precision.mean_low,
        "drawdown": deepest_fall(returns),
        "profitable_windows": _profitable(returns, spans),
        "too_good": _too_good(returns, trades, precision.sharpe_low),
        **_pace(trades, returns, starting_balance_usd),
    }


def day_of(value: Any) -> pd.Timestamp:
    """Return a moment of a window: ISO text, or milliseconds since 1970; UTC."""
    at = pd.Timestamp(value, unit="ms") if isinstance(value, int | float) else pd.Timestamp(value)
    if pd.isna(at):
        raise EvidenceError(f"expected a moment of a window, found {value!r}")
    return at.tz_localize("UTC") if at.tzinfo is None else at.tz_convert("UTC")


def _stated_returns(stated: Mapping[str, Any], first: pd.Timestamp) -> "pd.Series[float]":
    """Return the recorded daily returns, by the midnight that ends each day."""
    values = np.asarray(stated["daily_returns"], dtype="float64")
    if values.ndim != 1 or not len(values):
        raise EvidenceError("it has no daily returns")
    if not np.isfinite(values).all() or bool((values <= -1.0).any()):
        raise EvidenceError("a daily return is no number, or loses more than everything")
    days = pd.date_range(first.floor("D") + pd.Timedelta(days=1), periods=len(values), freq="D")
    return pd.Series(values, index=days)


def _window_faults(spans: Sequence[tuple[pd.Timestamp, ...]]) -> Iterator[str]:
    if any(end <= start for start, end in spans):
        yield "a window ends before it begins"
    if any(later[0] < earlier[1] for earlier, later in pairwise(spans)):
        yield "its windows overlap: a day counts twice"


def _return_faults(
    stated: Mapping[str, Any], returns: "pd.Series[float]", result: StoredResult
) -> Iterator[str]:
    """Yield what of the stated figures the days, the wallet or the trades contradict."""
    own = {
        "days": float(len(returns)),
        "sharpe": _plain_sharpe(returns),
        "drawdown_fraction": deepest_fall(returns),
    }
    for name, value in own.items():
        if name in stated and _apart(number(stated, name), value):
            yield f"it states {name} {stated[name]:.4g}, its days give {value:.4g}"
    start = number(result.statistics, "starting_balance")
    grown = number(result.statistics, "final_balance") / start
    told = _growth(returns)
    if abs(told - grown) > SAME_TOTAL * max(1.0, grown):
        yield f"its days made {told - 1:.2%}, its trades {grown - 1:.2%}"
    yield from _flat_faults(returns, result)


def _flat_faults(returns: "pd.Series[float]", result: StoredResult) -> Iterator[str]:
    """Yield the first midnight without a position at which the days are not what trades left.

    Between such midnights a day is worth what the market said of open positions, which a result
    of perpetuals does not hold.
    """
    start = number(result.statistics, "starting_balance")
    at = utc_ns(pd.DatetimeIndex(returns.index))
    opened = np.sort(utc_ns(result.trades["open_date"]))
    closed = utc_ns(result.trades["close_date"])
    order = np.argsort(closed, kind="stable")
    profits = result.trades["profit_abs"].to_numpy("float64")[order]
    made = np.concatenate([[0.0], np.cumsum(profits)])
    ended = np.searchsorted(closed[order], at, side="left")
    flat = np.searchsorted(opened, at, side="right") == ended
    told = np.cumprod(1.0 + returns.to_numpy("float64"))
    wallet = 1.0 + made[ended] / start
    wrong = np.flatnonzero(flat & (np.abs(told - wallet) > SAME_RETURN * np.maximum(1.0, wallet)))
    if len(wrong):
        day = int(wrong[0])
        yield (
            f"it states {told[day] - 1:.4%} until {returns.index[day]:%Y-%m-%d} 00:00, when "
            f"nothing was open and its wallet made {wallet[day] - 1:.4%}"
        )


def _plain_sharpe(returns: "pd.Series[float]") -> float:
    deviation = float(returns.std(ddof=1))
    return float(returns.mean()) / deviation * YEAR if deviation > 0 else float("nan")


def _apart(stated: float, own: float) -> bool:
    return not abs(stated - own) <= STATED * max(1.0, abs(own))


def _profitable(returns: "pd.Series[float]", spans: Sequence[tuple[pd.Timestamp, ...]]) -> float:
    made = [
        _growth(returns[(returns.index > start) & (returns.index <= end)]) for start, end in spans
    ]
    return sum(one > 1.0 for one in made) / len(made)


def _growth(returns: "pd.Series[float]") -> float:
    return float(np.prod(1.0 + returns.to_numpy(dtype="float64")))


def _too_good(returns: "pd.Series[float]", trades: pd.DataFrame, sharpe_low: float) -> float:
    """Return for how many reasons the days and trades are not to be believed."""
    results = None
    if len(trades):
        profits = trades["profit_ratio"].to_numpy("float64")
        held = (trades["close_date"] - trades["open_date"]).dt.total_seconds() / 86_400.0
        results = TradeResults(
            trades=len(trades),
            mean=float(profits.mean()),
            deviation=float(profits.std(ddof=1)) if len(trades) > 1 else 0.0,
            held_days=float(held.mean()),
            win_rate_fraction=float((profits > 0).mean()),
        )
    yearly = len(trades) / max(1, len(returns)) * DAYS_PER_YEAR
    return float(len(too_good(sharpe_low=sharpe_low, trades_per_year=yearly, trades=results)))


def _pace(trades: pd.DataFrame, returns: "pd.Series[float]", start_usd: float) -> dict[str, float]:
    """Return how long positions are held, and how much is traded in a day."""
    if trades.empty:
        return {"holding_minutes": float("nan"), "daily_turnover": 0.0}
    held = (trades["close_date"] - trades["open_date"]).dt.total_seconds() / 60.0
    fills = trade_fills(trades)
    notional = float((fills["amount"].abs() * fills["price_usd"]).sum())
    equity = start_usd * float(np.cumprod(1.0 + returns.to_numpy("float64")).mean())
    return {
        "holding_minutes": float(held.median()),
        "daily_turnover": notional / equity / len(returns),
    }


def _parameters(window: Mapping[str, Any]) -> dict[str, Any]:
    best = window.get("best_params") or {}
    return flat_parameters(best)
