"""Candles behind a bot's trades, where they are on disk, and what holding would have made."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from plimsoll.lab.disk_candles import DiskCandles

HELD_EQUALLY = "Traded pairs held in equal parts (no costs)"
REGIME_DAYS = 250
"""Candles of the benchmark from before the run, so that its first day has a regime."""


def closes_on_disk(candles: "Mapping[str, DiskCandles]") -> pd.DataFrame | None:
    """Return the known closes of all pairs that have candles; ``None`` without any."""
    from plimsoll.lab.results import known_closes

    columns = [known_closes({pair: one.frame}, one.timeframe) for pair, one in candles.items()]
    return pd.concat(columns, axis=1).sort_index() if columns else None


def candles_of(
    trades: pd.DataFrame,
    config: Mapping[str, Any] | None,
    datadir: Path | None,
    benchmark: str | None,
    span: tuple[pd.Timestamp, pd.Timestamp],
) -> "tuple[dict[str, DiskCandles], list[str]]":
    """Return the candles of the traded pairs and the benchmark, and what is missing in words.

    They are looked for in ``datadir``, else where Freqtrade keeps them.
    """
    from plimsoll.control.trade_history import timeframe_of
    from plimsoll.lab.disk_candles import OTHER_TIMEFRAMES, candle_folder, candles_on_disk

    userdir = Path(str((config or {}).get("user_data_dir") or "user_data"))
    exchange = str(trades["exchange"].iloc[-1])
    folder = datadir or candle_folder(config or {}, userdir, exchange)
    minutes = trades["timeframe"].dropna()
    own = timeframe_of(float(minutes.iloc[-1])) if len(minutes) else ""
    own = str((config or {}).get("timeframe") or own)
    pairs = sorted({*trades["pair"], *([benchmark] if benchmark is not None else [])})
    modes = {str(getattr(mode, "value", mode)).lower() for mode in trades["trading_mode"]}
    candles = candles_on_disk(
        folder,
        pairs,
        [own, *OTHER_TIMEFRAMES],
        start=span[0] - pd.Timedelta(days=REGIME_DAYS),
        end=span[1],
        futures="futures" in modes or any(":" in pair for pair in pairs),
    )
    missing = [pair for pair in pairs if pair not in candles]
    return candles, [no_candles(folder, missing, own)] if missing else []


def benchmark_of(
    named: str | None,
    candles: "Mapping[str, DiskCandles]",
    pairs: Sequence[str],
    equity: "pd.Series[float]",
) -> tuple[dict[str, Any], list[str]]:
    """Return what of a record is about holding instead, and remarks about what is not known.

    ``named`` is the pair to hold; without one, all ``pairs`` that have candles are held in equal
    parts. The balance lies in cash until a pair has a price.
    """
    from plimsoll.performance.equity import buy_and_hold_curve

    held = [named] if named is not None else [pair for pair in pairs if pair in candles]
    closes = closes_on_disk({pair: candles[pair] for pair in held if pair in candles})
    if closes is None:
        return {}, []
    start, end = equity.index[0], equity.index[-1]
    index = closes.index.union(pd.DatetimeIndex([start, end]))
    filled = closes.reindex(index).ffill()
    inside = filled[(filled.index >= start) & (filled.index <= end)].dropna(axis=1, how="all")
    if inside.empty or inside.shape[1] == 0:
        return {}, []
    market = closes.columns[0]
    return {
        "benchmark": buy_and_hold_curve(inside, float(equity.iloc[0])),
        "benchmark_name": f"{named} held (no costs)" if named is not None else HELD_EQUALLY,
        "market": closes[market].dropna(),
        "market_name": str(market),
    }, _stale(closes, end)


def _stale(closes: pd.DataFrame, end: pd.Timestamp) -> list[str]:
    last = closes.index[-1]
    if end - last <= pd.Timedelta(days=1):
        return []
    said = f"the candles on disk end at {last:%Y-%m-%d %H:%M}, {(end - last).days} days before "
    return [f"{said}the run does: the benchmark stands still from there"]


def no_candles(datadir: Path, pairs: Sequence[str], timeframe: str) -> str:
    """Say that there are no candles, and how to have some."""
    return (
        f"no candles of {', '.join(pairs)} in {datadir}: without them there is no benchmark "
        "and no price behind the trades, and open positions stand at the last price that the "
        f"bot traded at; freqtrade download-data --timeframes {timeframe or '1h'} --pairs "
        f"{' '.join(pairs)} brings them"
    )
