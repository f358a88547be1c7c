"""The run that differs from another in its guards alone: same strategy, pairs and time."""

import json
from pathlib import Path

from plimsoll.lab.results import BacktestResult, ResultError, read_backtests
from plimsoll.performance.guard_acts import ENFORCE, GUARDS, OBSERVE, OFF

MOST_READ = 12
"""Results that are opened, the newest first; a folder may hold hundreds."""


def otherwise_guarded(result: BacktestResult) -> BacktestResult | None:
    """Return the newest stored run like this one whose guards were in another state.

    Only results in the same folder are asked, or in those beside it that `plimsoll
    backtest-compare` keeps, by their ``.meta.json`` first. ``None`` when there is none, or when
    the result does not say how its guards were.
    """
    if result.acts is None:
        return None
    candidates = [
        file
        for folder in _folders(result.path.parent)
        for file in sorted(folder.glob("*.meta.json"), key=lambda file: file.name, reverse=True)
    ]
    likely = [file for file in candidates if _may_be(file, result)]
    for meta in likely[:MOST_READ]:
        other = _strategy_of(meta, result)
        if other is None or other.acts is None or not is_same_run(other, result):
            continue
        if other.acts.guards != result.acts.guards:
            return other
    return None


def is_same_run(one: BacktestResult, other: BacktestResult) -> bool:
    """Return whether two results are of one strategy over the same candles with the same money."""
    return (
        (one.strategy, one.timeframe, one.start, one.end)
        == (other.strategy, other.timeframe, other.start, other.end)
        and set(one.pairs) == set(other.pairs)
        and one.starting_balance_usd == other.starting_balance_usd
    )


def _folders(own: Path) -> list[Path]:
    """Return a result's folder and, of a comparison that was kept, those of the other runs."""
    if own.name not in GUARDS:
        return [own]
    return [own, *(own.parent / name for name in (OFF, ENFORCE, OBSERVE) if name != own.name)]


def _may_be(meta: Path, result: BacktestResult) -> bool:
    try:
        facts = json.loads(meta.read_text(encoding="utf-8"))[result.strategy]
        span = facts["backtest_start_ts"], facts["backtest_end_ts"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    own = tuple(int(at.timestamp()) for at in (result.start, result.end))
    return bool(span == own and _zip_of(meta) != result.path)


def _strategy_of(meta: Path, result: BacktestResult) -> BacktestResult | None:
    try:
        stored = read_backtests(_zip_of(meta))
    except ResultError:
        return None
    return next((one for one in stored if one.strategy == result.strategy), None)


def _zip_of(meta: Path) -> Path:
    return meta.with_name(meta.name.replace(".meta.json", ".zip"))
