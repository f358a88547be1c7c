"""Funding of a backtest: Freqtrade charges none where a rate or its mark candle is missing."""

import logging
from collections.abc import Mapping
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_data
from freqtrade.enums import CandleType, RunMode, TradingMode
from freqtrade.strategy import timeframe_to_seconds

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.candles.funding_coverage import FundingGap, funding_gaps
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

REMEDY = (
    'run "plimsoll data backfill --kinds funding,mark", choose another timerange, or set '
    "plimsoll.allow_missing_funding to true"
)


def require_funding_of_backtest(
    strategy: Any, settings: PlimsollSettings, candles: Mapping[str, pd.DataFrame]
) -> None:
    """Refuse a futures backtest that would hold positions free of funding, or say so loudly.

    Parameters
    ----------
    strategy
        The strategy that is backtested: its config, data provider and warm-up.
    settings
        Whether missing funding is allowed.
    candles
        The candles of each pair, warm-up included; columns ``date, …``.

    Raises
    ------
    PlimsollError
        One line with every pair whose funding has gaps, and what to do.
    """
    config = strategy.config
    backtests = config.get("runmode") in (RunMode.BACKTEST, RunMode.HYPEROPT)
    if not backtests or config.get("trading_mode") != TradingMode.FUTURES or not candles:
        return
    charged = _charged(strategy, list(candles))
    gaps_of = {
        pair: gaps
        for pair, frame in candles.items()
        if (span := _traded(strategy, frame)) is not None
        and (gaps := funding_gaps(charged[pair], start=span[0], end=span[1]))
    }
    if not gaps_of:
        return
    lines = [f"{pair} {_words(gaps)}" for pair, gaps in gaps_of.items()]
    if not settings.allow_missing_funding:
        raise PlimsollError(
            f"expected funding for the whole backtest, which charges none where it is missing; "
            f"found gaps in {'; '.join(lines)}; {REMEDY}"
        )
    for line in lines:
        logger.warning("plimsoll: no funding is charged in the gaps of %s", line)


def _charged(strategy: Any, pairs: list[str]) -> "dict[str, pd.Series[pd.Timestamp]]":
    """Return when each pair is charged, by Freqtrade's own reading of the files."""
    config, exchange = strategy.config, strategy.dp._exchange  # noqa: SLF001 - DataProvider offers no exchange
    common: dict[str, Any] = {
        "datadir": config["datadir"],
        "pairs": pairs,
        "timerange": None,
        "startup_candles": 0,
        "data_format": config["dataformat_ohlcv"],
    }
    rates = load_data(
        timeframe=exchange.get_option("funding_fee_timeframe"),
        fill_up_missing=False,
        candle_type=CandleType.FUNDING_RATE,
        **common,
    )
    marks = load_data(
        timeframe=exchange.get_option("mark_ohlcv_timeframe"),
        candle_type=CandleType.from_string(exchange.get_option("mark_ohlcv_price")),
        **common,
    )
    fallback = config.get("futures_funding_rate")
    nothing = pd.Series(dtype="datetime64[ms, UTC]")

    def dates(pair: str) -> "pd.Series[pd.Timestamp]":
        if pair not in rates or pair not in marks:
            return nothing
        joined = exchange.combine_funding_and_mark(rates[pair], marks[pair].copy(), fallback)
        charged: pd.Series[pd.Timestamp] = joined.dropna(subset=["open_fund", "open_mark"])["date"]
        return charged

    return {pair: dates(pair) for pair in pairs}


def _traded(strategy: Any, candles: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp] | None:
    """Return first and last moment at which a pair can be held; ``None`` when it never can."""
    if candles.empty:
        return None
    length = timeframe_to_seconds(strategy.timeframe)
    warm_up = pd.Timedelta(seconds=length * strategy.startup_candle_count)
    start, end = candles["date"].iloc[0] + warm_up, candles["date"].iloc[-1]
    timerange = strategy.config.get("timerange")
    begins = TimeRange.parse_timerange(timerange).startdt if timerange else None
    if begins is not None:
        start = max(start, pd.Timestamp(begins))
    return (start, end) if start < end else None


def _words(gaps: list[FundingGap]) -> str:
    worst = max(gaps, key=lambda gap: gap.hours)
    hours = sum(gap.hours for gap in gaps)
    more = f" and {len(gaps) - 1} more, {hours:,.0f} h in all" if len(gaps) > 1 else ""
    return f"({worst.hours:,.0f} h from {worst.first:%Y-%m-%d %H:%M} UTC{more})"
