"""The past of a running bot's panel: fetched once, kept, and cut at a midnight."""

from typing import Any

import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import CandleType, RunMode

from plimsoll.bridge.strategies.panel_past import PanelPast
from tests.unit.bridge.strategies.test_panel import PAIRS, START, hours

WHOLE = hours(60)
HOURLY = (PAIRS[0], "1h", "futures")
FUNDING = (PAIRS[0], "1h", "funding_rate")


class Exchange:
    """Serves candles of a span, and keeps what was asked of it."""

    def __init__(self, candles: pd.DataFrame = WHOLE) -> None:
        self.candles = candles
        self.asked: list[tuple[Any, ...]] = []

    def get_historic_ohlcv(
        self, pair: str, timeframe: str, since: int, kind: CandleType, *, until_ms: int
    ) -> pd.DataFrame:
        begin, end = (pd.Timestamp(at, unit="ms", tz="UTC") for at in (since, until_ms))
        self.asked.append((pair, timeframe, kind, begin, end))
        # An exchange answers with whole calls, beyond what was asked for.
        late = end + pd.Timedelta(hours=20)
        return self.candles[self.candles["date"].between(begin, late)]


def asked(exchange: Exchange) -> DataProvider:
    return DataProvider({"runmode": RunMode.DRY_RUN, "candle_type_def": "futures"}, exchange)


def test_what_came_before_the_fetched_candles_is_asked_for_once() -> None:
    exchange, past = Exchange(), PanelPast({"1h": 30})
    found = past.joined(asked(exchange), HOURLY, WHOLE.iloc[-100:-1])
    begin = WHOLE["date"].iloc[-2].floor("D") - pd.Timedelta(days=30)
    expected = WHOLE.iloc[:-1][lambda frame: frame["date"] >= begin]
    pd.testing.assert_frame_equal(found, expected.reset_index(drop=True))
    first = WHOLE["date"].iloc[-100]
    assert exchange.asked == [(*HOURLY[:2], CandleType.FUTURES, begin, first)]
    again = past.joined(asked(exchange), HOURLY, WHOLE.iloc[-100:])
    assert len(exchange.asked) == 1
    assert again["date"].tolist() == [*expected["date"], WHOLE["date"].iloc[-1]]


def test_the_past_begins_at_the_same_midnight_all_day() -> None:
    exchange, past = Exchange(), PanelPast({"1h": 10})
    begins = set()
    for ends in range(25, 1, -1):
        found = past.joined(asked(exchange), HOURLY, WHOLE.iloc[-100 - ends : -ends])
        begins.add(found["date"].iloc[0])
    newest = WHOLE["date"].iloc[-2].floor("D")
    assert begins == {newest - pd.Timedelta(days=10), newest - pd.Timedelta(days=11)}


def test_a_gap_after_a_pause_is_asked_for_and_nothing_else() -> None:
    exchange, past = Exchange(), PanelPast({"1h": 30})
    past.joined(asked(exchange), HOURLY, WHOLE.iloc[-400:-300])
    found = past.joined(asked(exchange), HOURLY, WHOLE.iloc[-50:])
    _, gap = exchange.asked
    assert gap[3:] == (WHOLE["date"].iloc[-300], WHOLE["date"].iloc[-50])
    assert found["date"].diff().iloc[1:].eq(pd.Timedelta(hours=1)).all()


def test_funding_has_days_of_its_own() -> None:
    rates = pd.DataFrame(
        {"date": pd.date_range(START, periods=180, freq="8h"), "funding_rate": 1e-4}
    )
    exchange, past = Exchange(rates), PanelPast({"funding": 40, "1d": 9})
    found = past.joined(asked(exchange), FUNDING, rates.iloc[-30:])
    assert found["date"].iloc[0] == rates["date"].iloc[-1].floor("D") - pd.Timedelta(days=40)
    past.joined(asked(exchange), FUNDING, rates.iloc[-30:])
    assert len(exchange.asked) == 1


@pytest.mark.parametrize("fetched", [WHOLE.iloc[-100:], pd.DataFrame()])
def test_what_is_not_named_is_left_to_freqtrade(fetched: pd.DataFrame) -> None:
    exchange = Exchange()
    assert PanelPast({"4h": 30}).joined(asked(exchange), HOURLY, fetched) is fetched
    assert exchange.asked == []


def test_a_pair_without_any_candle_yet_is_left_to_freqtrade() -> None:
    exchange, nothing = Exchange(), pd.DataFrame()
    assert PanelPast({"1h": 30}).joined(asked(exchange), HOURLY, nothing) is nothing
    assert exchange.asked == []


def test_a_pair_that_was_listed_later_has_what_there_is() -> None:
    exchange, past = Exchange(), PanelPast({"1h": 300})
    found = past.joined(asked(exchange), HOURLY, WHOLE.iloc[-100:])
    assert found["date"].tolist() == WHOLE["date"].tolist()
    past.joined(asked(exchange), HOURLY, WHOLE.iloc[-100:])
    assert len(exchange.asked) == 1
