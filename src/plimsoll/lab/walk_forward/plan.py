"""Which windows a walk-forward has: from what is asked for and what data there is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history import get_datahandler
from freqtrade.enums import CandleType
from freqtrade.exchange import timeframe_to_seconds
from freqtrade.plugins.pairlistmanager import PairListManager

from plimsoll.core import UsageError
from plimsoll.lab.search.configuration import Config, quiet, with_timerange
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.windows import (
    DAY,
    Gaps,
    Span,
    WalkWindow,
    WindowKind,
    longest_test,
    walk_windows,
)

WINDOWS = 6
TRAIN_TESTS = 3.0
"""How many times as long as a test a training is, where nobody says."""


@dataclass(frozen=True, slots=True)
class WindowRequest:
    """How the span is cut: so many windows, or spans of so many days; ``None`` for what follows.

    ``train_tests`` is the length of a training in tests, where ``train_days`` is not given.
    """

    windows: int | None = None
    train_days: float | None = None
    test_days: float | None = None
    train_tests: float = TRAIN_TESTS
    kind: WindowKind = WindowKind.ROLLING
    purge_days: float = 0.0
    embargo_days: float = 0.0


def pairs_of(config: Config, exchange: Any, spans: Iterable[Span]) -> list[str]:
    """Return the pairs that are traded on any of the spans.

    A pairlist that judges the candles before a backtest begins may keep other pairs in each.
    """
    kept = set()
    for span in spans:
        made = with_timerange(config, timerange_of(span, str(config["timeframe"])))
        with quiet():
            manager = PairListManager(exchange, made, DataProvider(made, exchange))
            manager.refresh_pairlist()
        kept |= {*manager.whitelist}
    return sorted(kept)


def span_of(config: Config, pairs: list[str], warm_up_candles: int) -> Span:
    """Return what can be cut into windows: the ``timerange``, as far as there is data for it.

    Days before it are needed to warm up; where they are missing, the span begins later.

    Raises
    ------
    UsageError
        When a pair has no candles.
    """
    length = pd.Timedelta(seconds=timeframe_to_seconds(str(config["timeframe"])))
    handler = get_datahandler(config["datadir"], config["dataformat_ohlcv"])
    kind = config.get("candle_type_def", CandleType.SPOT)
    bounds = []
    for pair in pairs:
        first, last, count = handler.ohlcv_data_min_max(pair, str(config["timeframe"]), kind)
        if count:
            bounds.append((pd.Timestamp(first), pd.Timestamp(last) + length))
    if not bounds:
        raise UsageError(
            f"no candles of {config['timeframe']} in {config['datadir']} for {', '.join(pairs)}; "
            "run freqtrade download-data first"
        )
    asked = TimeRange.parse_timerange(config.get("timerange"))
    begin = min(first for first, _ in bounds) + warm_up_candles * length
    end = max(last for _, last in bounds)
    if asked.startdt is not None:
        begin = max(begin, pd.Timestamp(asked.startdt))
    if asked.stopdt is not None:
        end = min(end, pd.Timestamp(asked.stopdt))
    begin = begin.ceil(DAY)
    if not end > begin:
        raise UsageError(
            f"no data is left between {begin:%Y-%m-%d %H:%M} and {end:%Y-%m-%d %H:%M} UTC after "
            f"{warm_up_candles} candles of warm-up; get more data or take another --timerange"
        )
    return Span(begin, end)


def windows_of(request: WindowRequest, span: Span) -> tuple[WalkWindow, ...]:
    """Return the windows of a span.

    Raises
    ------
    UsageError
        When it is too short for them, with how many days they need.
    """
    gaps = Gaps(DAY * request.purge_days, DAY * request.embargo_days)
    try:
        test = (
            longest_test(
                span,
                windows=request.windows or WINDOWS,
                train_tests=request.train_tests,
                gaps=gaps,
            )
            if request.test_days is None
            else DAY * request.test_days
        )
        train = (
            test * request.train_tests if request.train_days is None else DAY * request.train_days
        )
        made = walk_windows(span, train=train, test=test, kind=request.kind, gaps=gaps)
    except MeasureError as error:
        raise UsageError(str(error)) from None
    if request.windows is not None and len(made) < request.windows:
        raise UsageError(
            f"expected {request.windows} windows, found room for {len(made)} in {span}; give more "
            "data, or shorter windows"
        )
    return made[: request.windows]


def timerange_of(span: Span, timeframe: str) -> str:
    """Return a span as Freqtrade's ``timerange``, whose end is the last candle of it."""
    last = span.end - pd.Timedelta(seconds=timeframe_to_seconds(timeframe))
    return f"{int(span.start.timestamp())}-{int(last.timestamp())}"


def moments(span: Span) -> list[str]:
    """Return the ends of a span as text, for a record."""
    return [f"{one:%Y-%m-%dT%H:%M:%SZ}" for one in (span.start, span.end)]


def days_text(span: Span) -> str:
    """Return a span as the days of a ``timerange``."""
    return f"{span.start:%Y%m%d}-{span.end:%Y%m%d}"


def now_text() -> str:
    """Return the present moment as text, for a record."""
    return f"{datetime.now(tz=UTC):%Y-%m-%dT%H:%M:%SZ}"


def spans_record(windows: tuple[WalkWindow, ...]) -> list[dict[str, Any]]:
    """Return windows as plain values."""
    return [{"train": moments(one.train), "test": moments(one.test)} for one in windows]
