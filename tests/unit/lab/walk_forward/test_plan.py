"""Which windows a walk-forward has."""

import pandas as pd
import pytest

from plimsoll.core import UsageError
from plimsoll.lab.search.configuration import hyperopt_config, with_timerange
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.walk_forward.plan import (
    WindowRequest,
    days_text,
    moments,
    pairs_of,
    span_of,
    timerange_of,
    windows_of,
)
from plimsoll.performance.windows import Span, WindowKind
from tests.support.search_ground import FIRST, PAIRS, SearchGround

DAY = pd.Timedelta(days=1)
SPAN = Span(FIRST, FIRST + 90 * DAY)


def test_six_windows_that_train_three_tests_long_fill_a_span() -> None:
    windows = windows_of(WindowRequest(), SPAN)
    assert len(windows) == 6
    assert windows[0].test.length == 10 * DAY
    assert windows[0].train.length == 30 * DAY
    assert windows[-1].test.end == SPAN.end


def test_lengths_that_are_given_are_taken() -> None:
    asked = WindowRequest(train_days=20, test_days=5, kind=WindowKind.ANCHORED, windows=3)
    windows = windows_of(asked, SPAN)
    assert [one.train.start for one in windows] == [FIRST] * 3
    assert windows[2].train.length == 30 * DAY
    assert windows[2].test.length == 5 * DAY


def test_purge_and_embargo_lie_before_a_test() -> None:
    asked = WindowRequest(train_days=20, test_days=5, purge_days=1, embargo_days=2)
    first = windows_of(asked, SPAN)[0]
    assert first.test.start - first.train.end == 3 * DAY


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (WindowRequest(train_days=80, test_days=30), "one window needs 110 days"),
        (WindowRequest(windows=200), "200 windows need 203 days"),
        (WindowRequest(windows=9, train_days=60, test_days=10), "found room for 3"),
    ],
)
def test_data_too_short_for_the_windows_is_told(asked: WindowRequest, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        windows_of(asked, SPAN)


def test_a_span_begins_at_midnight_after_the_warm_up(ground: SearchGround) -> None:
    config = with_timerange(hyperopt_config(ground.arguments()), "20250601-20250610")
    assert span_of(config, list(PAIRS), 161).start == FIRST + DAY
    assert span_of(config, list(PAIRS), 0).start == FIRST
    assert span_of(config, list(PAIRS), 161).end == FIRST + 9 * DAY


def test_a_span_ends_where_the_data_do(ground: SearchGround) -> None:
    config = with_timerange(hyperopt_config(ground.arguments()), "20250605-")
    span = span_of(config, list(PAIRS), 161)
    assert (span.start, span.end) == (FIRST + 4 * DAY, FIRST + 12 * DAY)


def test_a_span_without_data_is_told(ground: SearchGround) -> None:
    config = hyperopt_config(ground.arguments())
    with pytest.raises(UsageError, match="run freqtrade download-data first"):
        span_of(config, ["XRP/USDT:USDT"], 161)
    with pytest.raises(UsageError, match="no data is left between"):
        span_of(with_timerange(config, "20250701-"), list(PAIRS), 161)


def test_a_timerange_ends_with_the_last_candle_of_a_span() -> None:
    span = Span(FIRST, FIRST + DAY)
    since, until = map(int, timerange_of(span, "5m").split("-"))
    assert pd.Timestamp(since, unit="s", tz="UTC") == FIRST
    assert pd.Timestamp(until, unit="s", tz="UTC") == FIRST + DAY - pd.Timedelta(minutes=5)
    assert days_text(span) == "20250601-20250602"
    assert moments(span) == ["2025-06-01T00:00:00Z", "2025-06-02T00:00:00Z"]


def test_pairs_are_those_that_a_pairlist_keeps_on_any_span(ground: SearchGround) -> None:
    config = hyperopt_config(ground.arguments())
    exchange = Epochs(config).exchange
    config["pairlists"] = [{"method": "StaticPairList"}, {"method": "QualityPairList"}]
    early, later = Span(FIRST, FIRST + DAY), Span(FIRST + 4 * DAY, FIRST + 5 * DAY)
    assert pairs_of(config, exchange, [early]) == []
    assert pairs_of(config, exchange, [early, later]) == sorted(PAIRS)
