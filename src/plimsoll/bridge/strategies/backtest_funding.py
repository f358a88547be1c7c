"""Funding of a backtest: Freqtrade charges none where a rate is missing.

Holes between mark candles it fills with the close before them and charges at that price.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.converter import ohlcv_fill_up_missing_data
from freqtrade.data.history import load_data
from freqtrade.enums import CandleType, RunMode, TradingMode
from freqtrade.strategy import timeframe_to_seconds

from plimsoll.bridge.config.settings import PlimsollSettings
from plimsoll.candles.funding_coverage import (
    LONGEST_INTERVAL,
    CarriedMarks,
    FundingGap,
    carried_marks,
    funding_gaps,
)
from plimsoll.core import PlimsollError

logger = logging.getLogger(__name__)

REMEDY = (
    'run "plimsoll data backfill --kinds funding,mark", choose another timerange, or set '
    "plimsoll.allow_missing_funding to true"
)


def require_funding_of_backtest(
    strategy: Any, settings: PlimsollSettings, candles: Mapping[str, pd.DataFrame]
) -> None:
    """Refuse a futures backtest that charges no funding, or at stale marks, or say so loudly.

    A mark price is stale when it was carried forward for more than the longest interval between
    two fundings; fundings charged at younger ones are named in the log and allowed.

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
    if settings.allow_missing_funding and not logger.isEnabledFor(logging.WARNING):
        return  # nothing would be refused, and nobody told
    payments = _payments(strategy, list(candles))
    refused: list[str] = []
    named: list[str] = []
    for pair, frame in candles.items():
        span = _traded(strategy, frame)
        if span is None:
            continue
        paid = payments[pair]
        gaps = funding_gaps(paid.charged, start=span[0], end=span[1])
        carried = carried_marks(paid.rates, paid.marks, start=span[0], end=span[1])
        if gaps:
            refused.append(f"{pair} {_words(gaps)}")
        if carried is not None:
            stale = carried.longest > LONGEST_INTERVAL
            (refused if stale else named).append(f"{pair} {_carried_words(carried)}")
    if refused and not settings.allow_missing_funding:
        raise PlimsollError(
            f"expected funding for the whole backtest, which charges none where it is missing and "
            f"holes of the mark candles at the price before them; found gaps in "
            f"{'; '.join(refused)}; {REMEDY}"
        )
    for line in [*refused, *named]:
        logger.warning("plimsoll: funding is not charged as the exchange did in %s", line)


@dataclass(frozen=True, eq=False)
class _Payments:
    """A pair's fundings: when a backtest charges them, the stored rates and the stored marks."""

    charged: "pd.Series[pd.Timestamp]"
    rates: pd.DataFrame
    marks: pd.DataFrame


def _payments(strategy: Any, pairs: list[str]) -> dict[str, _Payments]:
    """Return what each pair is charged on, by Freqtrade's own reading of the files."""
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
    mark_length = exchange.get_option("mark_ohlcv_timeframe")
    mark_type = CandleType.from_string(exchange.get_option("mark_ohlcv_price"))
    stored = load_data(
        timeframe=mark_length, fill_up_missing=False, candle_type=mark_type, **common
    )
    fallback = config.get("futures_funding_rate")
    nothing = pd.Series(dtype="datetime64[ms, UTC]")
    no_rates = pd.DataFrame({"date": nothing, "funding_rate": pd.Series(dtype="float64")})
    no_marks = pd.DataFrame({"date": nothing, "open": pd.Series(dtype="float64")})

    def of(pair: str) -> _Payments:
        if pair not in rates or pair not in stored or stored[pair].empty:
            return _Payments(nothing, no_rates, no_marks)
        filled = ohlcv_fill_up_missing_data(stored[pair], mark_length, pair, mark_type)
        joined = exchange.combine_funding_and_mark(rates[pair], filled, fallback)
        charged = joined.dropna(subset=["open_fund", "open_mark"])["date"]
        return _Payments(charged, no_rates if rates[pair].empty else rates[pair], stored[pair])

    return {pair: of(pair) for pair in pairs}


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


def _carried_words(carried: CarriedMarks) -> str:
    count = "1 funding" if carried.fundings == 1 else f"{carried.fundings:,} fundings"
    return (
        f"({count} from {carried.first:%Y-%m-%d %H:%M} UTC at mark prices "
        f"carried forward for up to {carried.hours:,.0f} h)"
    )
