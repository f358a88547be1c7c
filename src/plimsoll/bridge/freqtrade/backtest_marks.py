"""Mark the account of a backtest of perpetuals at every midnight, for its exported result."""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_data
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_seconds

from plimsoll.performance.errors import MeasureError
from plimsoll.performance.marked_days import marked_days, to_record
from plimsoll.performance.windows import Span

logger = logging.getLogger(__name__)


def marked_record(
    config: Mapping[str, Any],
    trades: pd.DataFrame,
    pairs: list[str],
    first: datetime,
    last: datetime,
    balance_usd: float,
) -> dict[str, list[Any]] | None:
    """Return the account at every midnight, as JSON holds it; ``None`` without candles for it.

    ``first`` and ``last`` are the opens of the first and last candle traded. Of spot there is
    nothing to add: Freqtrade's wallet holds the coins, and values them.
    """
    if config.get("trading_mode", "spot") == "spot":
        return None
    try:
        candles = _candles(config, sorted({*trades["pair"]}) or pairs[:1], first, last)
        length = pd.Timedelta(seconds=timeframe_to_seconds(config["timeframe"]))
        span = Span(pd.Timestamp(first), pd.Timestamp(last) + length)
        return to_record(marked_days(trades, candles, span, balance_usd))
    except (MeasureError, KeyError, OSError, ValueError) as error:
        logger.warning("plimsoll: the days of this result are not marked: %s", error)
        return None


def _candles(
    config: Mapping[str, Any], pairs: list[str], first: datetime, last: datetime
) -> dict[str, pd.DataFrame]:
    span = TimeRange("date", "date", int(first.timestamp()), int(last.timestamp()))
    return load_data(
        config["datadir"],
        config["timeframe"],
        pairs,
        timerange=span,
        data_format=config["dataformat_ohlcv"],
        candle_type=CandleType.from_string(str(config.get("candle_type_def", "futures"))),
    )
