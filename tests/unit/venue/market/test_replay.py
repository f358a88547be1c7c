from pathlib import Path

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.public import ENDPOINTS
from plimsoll.venue.api.statistics import STATISTICS
from plimsoll.venue.clock import Clock
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import LAST, MARK, PREMIUM, Window
from plimsoll.venue.market.intervals import HOUR_MS, INTERVALS, MINUTE_MS
from plimsoll.venue.market.replay import ReplayMarket
from tests.unit.venue.folders import START, write_folder
from tests.unit.venue.markets import span

START_MS = int(START.timestamp() * 1000)
END_MS = START_MS + 72 * HOUR_MS


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def market(folder: Path) -> ReplayMarket:
    return ReplayMarket.open(folder, None)


def _file(folder: Path, name: str) -> pd.DataFrame:
    return pd.read_feather(folder / "futures" / f"BTC_USDT_USDT-{name}.feather")


@pytest.mark.parametrize(
    ("path", "name", "key"),
    [
        ("/fapi/v1/klines", "5m-futures", "symbol"),
        ("/fapi/v1/klines", "1h-futures", "symbol"),
        ("/fapi/v1/markPriceKlines", "1h-mark", "symbol"),
    ],
)
def test_published_candles_read_back_to_the_very_floats(
    folder: Path, market: ReplayMarket, path: str, name: str, key: str
) -> None:
    exchange = Exchange(market, Clock(END_MS, stepped=True))
    asked = {key: "BTCUSDT", "interval": name[:2], "startTime": "0", "limit": "1500"}
    answer = ENDPOINTS[path](exchange, asked, END_MS)
    assert isinstance(answer, bytes)
    rows = np.array([[float(cell) for cell in row[:6]] for row in orjson.loads(answer)])
    source = _file(folder, name)
    opens = source["date"].astype("datetime64[ms, UTC]").astype("int64")
    assert rows[:, 0].tolist() == opens.tolist()
    for column, field in enumerate(("open", "high", "low", "close", "volume"), start=1):
        assert rows[:, column].tolist() == source[field].tolist()


def test_funding_and_open_interest_read_back_to_the_very_floats(
    folder: Path, market: ReplayMarket
) -> None:
    exchange = Exchange(market, Clock(END_MS, stepped=True))
    asked = {"symbol": "BTCUSDT", "limit": "500", "period": "5m"}
    rates = ENDPOINTS["/fapi/v1/fundingRate"](exchange, asked, END_MS)
    expected = _file(folder, "1h-funding_rate")["funding_rate"].tolist()
    assert [float(row["fundingRate"]) for row in rates] == expected
    shown = STATISTICS["/futures/data/openInterestHist"](exchange, asked, END_MS)
    source = _file(folder, "5m-open_interest").iloc[-500:]
    assert [float(row["sumOpenInterest"]) for row in shown] == source[
        "open_interest_amount"
    ].tolist()
    assert [float(row["sumOpenInterestValue"]) for row in shown] == source[
        "open_interest_value"
    ].tolist()


@settings(max_examples=80, deadline=None)
@given(st.integers(START_MS + MINUTE_MS, END_MS - 1), st.sampled_from(["5m", "15m", "1h", "4h"]))
def test_nothing_of_the_future_shows(now_ms: int, code: str) -> None:
    # The same folder cut off at the clock must give the same closed candles and forming open.
    market = _SHARED["market"]
    interval = INTERVALS[code]
    rows = market.candles("BTCUSDT", LAST, interval, Window(None, None, 5), now_ms)
    assert np.all(rows["open_ms"] <= now_ms)
    fine = span(market, "BTCUSDT", "5m", START_MS, END_MS)
    for row in rows:
        known = fine[(fine["open_ms"] >= row["open_ms"]) & (fine["open_ms"] <= now_ms)]
        end_ms = interval.close_ms(int(row["open_ms"]))
        closed = known[known["open_ms"] < end_ms]
        assert row["open"] == closed["open"][0]
        past = closed[closed["open_ms"] + 5 * MINUTE_MS <= now_ms]
        if end_ms <= now_ms:
            assert (row["high"], row["low"]) == (closed["high"].max(), closed["low"].min())
            assert row["close"] == closed["close"][-1]
        else:
            assert row["high"] <= closed["high"].max()
            assert row["low"] >= closed["low"].min()
            assert row["volume"] <= closed["volume"].sum() + 1e-6
            if len(past):
                assert row["high"] >= past["high"].max()
                assert row["low"] <= past["low"].min()
    assert rows["close"][-1] == pytest.approx(market.snapshot("BTCUSDT", now_ms).last, abs=0.011)


_SHARED: dict[str, ReplayMarket] = {}


@pytest.fixture(autouse=True, scope="module")
def _share(market: ReplayMarket) -> None:
    _SHARED["market"] = market


def test_a_candle_closes_exactly_at_its_end(market: ReplayMarket) -> None:
    five, window = INTERVALS["5m"], Window(START_MS, START_MS, 1)
    end_ms = START_MS + 5 * MINUTE_MS
    whole = market.candles("BTCUSDT", LAST, five, window, end_ms)
    young = market.candles("BTCUSDT", LAST, five, window, START_MS)
    assert young["high"][0] == young["low"][0] == young["open"][0] == whole["open"][0]
    assert young["volume"][0] == 0.0
    assert whole["high"][0] > whole["open"][0]


def test_what_the_folder_lacks_is_merged_or_empty(market: ReplayMarket) -> None:
    quarter = span(market, "BTCUSDT", "15m", START_MS, END_MS)
    fine = span(market, "BTCUSDT", "5m", START_MS, END_MS)
    assert len(quarter) == len(fine) // 3
    assert quarter["high"].tolist() == fine["high"].reshape(-1, 3).max(axis=1).tolist()
    assert len(span(market, "BTCUSDT", "1m", START_MS, END_MS)) == 0
    assert len(span(market, "BTCUSDT", "5m", START_MS, END_MS, MARK)) == 0
    assert len(span(market, "BTCUSDT", "1h", START_MS, END_MS, PREMIUM)) == 0


def test_funding_is_not_known_before_its_time(market: ReplayMarket) -> None:
    at_ms = START_MS + 8 * HOUR_MS
    window = Window(None, None, 10)
    assert len(market.funding("BTCUSDT", window, at_ms - 1)) == 0
    assert len(market.funding("BTCUSDT", window, at_ms)) == 1


def test_a_hole_in_the_data_stays_a_hole(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    path = folder / "futures" / "BTC_USDT_USDT-5m-futures.feather"
    frame = pd.read_feather(path)
    frame.drop(range(100, 200)).reset_index(drop=True).to_feather(path)
    market = ReplayMarket.open(folder, "BTCUSDT")
    inside_ms = START_MS + 150 * 5 * MINUTE_MS + 1000
    rows = market.candles("BTCUSDT", LAST, INTERVALS["5m"], Window(None, None, 3), inside_ms)
    assert rows["open_ms"].tolist() == [START_MS + n * 5 * MINUTE_MS for n in (97, 98, 99)]
    assert market.snapshot("BTCUSDT", inside_ms).last > 0


def test_a_scenario_bends_all_timeframes_alike(folder: Path) -> None:
    market = ReplayMarket.open(folder, None)
    now_ms = START_MS + 30 * HOUR_MS + 137_000
    plain = span(market, "BTCUSDT", "1h", START_MS, START_MS + 30 * HOUR_MS)
    exchange = Exchange(market, Clock(now_ms, stepped=True))
    exchange.start_scenario("flash-crash")
    again = span(market, "BTCUSDT", "1h", START_MS, START_MS + 30 * HOUR_MS)
    assert np.array_equal(plain, again)
    first = START_MS + 30 * HOUR_MS
    fine = span(market, "BTCUSDT", "5m", first, first + 5 * HOUR_MS)
    hours = span(market, "BTCUSDT", "1h", first, first + 5 * HOUR_MS)
    assert hours["low"].tolist() == fine["low"].reshape(-1, 12).min(axis=1).tolist()
    assert hours["close"].tolist() == fine["close"][11::12].tolist()
    assert hours["low"].min() < 0.86 * plain["close"][-1]
    forming_ms = first + 30 * MINUTE_MS
    forming = market.candles("BTCUSDT", LAST, INTERVALS["1h"], Window(None, None, 1), forming_ms)
    assert forming["close"][0] == pytest.approx(market.snapshot("BTCUSDT", forming_ms).last)


def test_a_funding_spike_raises_the_rates_that_follow_and_no_earlier_one(folder: Path) -> None:
    market = ReplayMarket.open(folder, None)
    window = Window(None, None, 20)
    usual = market.funding("BTCUSDT", window, END_MS)["rate"]
    now_ms = START_MS + 30 * HOUR_MS
    Exchange(market, Clock(now_ms, stepped=True)).start_scenario("funding-spike", magnitude=0.002)
    rows = market.funding("BTCUSDT", window, END_MS)
    raised = rows["rate"] - usual
    assert np.all(raised[rows["time_ms"] <= now_ms] == 0.0)
    assert raised.max() == pytest.approx(0.002, rel=0.02)


@pytest.mark.parametrize(
    ("wreck", "message"),
    [
        ("missing", "expected a freqtrade data folder"),
        ("empty", "no pairs in"),
        ("broken", "cannot read .*BTC_USDT_USDT-5m-futures.feather"),
        ("columns", "cannot read .*BTC_USDT_USDT-5m-futures.feather"),
    ],
)
def test_a_folder_that_cannot_be_replayed_is_refused(
    tmp_path: Path, wreck: str, message: str
) -> None:
    folder = tmp_path / "data"
    if wreck != "missing":
        (folder / "futures").mkdir(parents=True)
    path = folder / "futures" / "BTC_USDT_USDT-5m-futures.feather"
    if wreck == "broken":
        path.write_bytes(b"not a feather")
    if wreck == "columns":
        pd.DataFrame({"date": [START], "open": [1.0]}).to_feather(path)
    with pytest.raises(UsageError, match=message):
        ReplayMarket.open(folder, None)


def test_a_start_outside_the_data_or_an_unknown_pair_is_refused(
    folder: Path, market: ReplayMarket
) -> None:
    with pytest.raises(UsageError, match=r"the data span 2024-03-01T00:00:00.000Z to 2024-03-04"):
        market.check_now(END_MS + 1)
    with pytest.raises(UsageError, match="unknown symbol SOLUSDT; this market has BTCUSDT, ETH"):
        ReplayMarket.open(folder, "SOL/USDT:USDT")


@pytest.mark.data
def test_the_real_folder_is_served_float_for_float(real_data: Path) -> None:
    market = ReplayMarket.open(real_data, "ETHUSDT")
    source = pd.read_feather(real_data / "futures" / "ETH_USDT_USDT-15m-futures.feather")
    window = Window(None, None, 10**7)
    rows = market.candles("ETHUSDT", LAST, INTERVALS["15m"], window, market.last_ms)
    assert rows["close"].tolist() == source["close"].tolist()
    assert rows["volume"].tolist() == source["volume"].tolist()
