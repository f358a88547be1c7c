import hashlib
import subprocess
import sys
from decimal import Decimal

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.render import klines_json
from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.base import INDEX, LAST, MARK, PREMIUM, SERIES, Rows, Window
from plimsoll.venue.market.intervals import HOUR_MS, INTERVALS, MINUTE_MS
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.market.synthetic import SyntheticMarket
from tests.unit.venue.markets import NOW_MS, fresh, shared, span

FIRST, END = "2025-02-01", "2025-02-04"


def _bytes(market: SyntheticMarket, symbol: str, code: str, series: str = LAST) -> bytes:
    rows = span(market, symbol, code, FIRST, END, series)
    return klines_json(rows, INTERVALS[code], market.specs[symbol], series, exact=False)


def test_same_seed_gives_the_same_bytes_whatever_was_asked_before() -> None:
    first, second = fresh(), fresh(symbols="ETHUSDT,BTCUSDT,SOLUSDT")
    expected = _bytes(first, "BTCUSDT", "1m")
    span(second, "ETHUSDT", "1h", "2024-01-01", "2024-01-20")
    second.snapshot("SOLUSDT", NOW_MS)
    second.funding("BTCUSDT", Window(None, None, 50), NOW_MS)
    _bytes(second, "BTCUSDT", "4h", MARK)
    assert _bytes(second, "BTCUSDT", "1m") == expected


def test_a_contract_is_the_same_alone_among_others_and_after_them() -> None:
    alone, among = fresh(symbols="SOLUSDT"), fresh(symbols=",".join(LISTED))
    for symbol in ("XRPUSDT", "BTCUSDT", "HBARUSDT"):
        span(among, symbol, "5m", "2025-01-30", "2025-02-03")
    for code in ("1m", "1h", "1d"):
        assert _bytes(alone, "SOLUSDT", code) == _bytes(among, "SOLUSDT", code)


def test_same_seed_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import hashlib; from tests.unit.venue.market.test_synthetic import _bytes, fresh; "
        "print(hashlib.sha256(_bytes(fresh(), 'ETHUSDT', '5m')).hexdigest())"
    )
    child = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    expected = hashlib.sha256(_bytes(fresh(), "ETHUSDT", "5m")).hexdigest()
    assert child.stdout.strip() == expected


def test_another_seed_is_another_market() -> None:
    assert _bytes(fresh(7), "BTCUSDT", "1h") != _bytes(fresh(8), "BTCUSDT", "1h")


@pytest.mark.parametrize("coarse", ["5m", "15m", "1h", "8h", "1d"])
def test_minutes_add_up_to_coarser_candles_exactly_as_published(coarse: str) -> None:
    market = shared()
    fine = orjson.loads(_bytes(market, "SOLUSDT", "1m"))
    for candle in orjson.loads(_bytes(market, "SOLUSDT", coarse)):
        inside = [row for row in fine if candle[0] <= row[0] <= candle[6]]
        assert len(inside) == INTERVALS[coarse].ms // MINUTE_MS
        assert candle[1] == inside[0][1]
        assert candle[4] == inside[-1][4]
        assert Decimal(candle[2]) == max(Decimal(row[2]) for row in inside)
        assert Decimal(candle[3]) == min(Decimal(row[3]) for row in inside)
        assert Decimal(candle[5]) == sum(Decimal(row[5]) for row in inside)
        assert Decimal(candle[9]) == sum(Decimal(row[9]) for row in inside)
        assert candle[8] == sum(row[8] for row in inside)


@pytest.mark.parametrize("series", [LAST, MARK, INDEX])
def test_candles_are_well_formed_and_continuous(series: str) -> None:
    rows = span(shared(), "XRPUSDT", "1m", FIRST, END, series)
    assert len(rows) == 3 * 1440
    assert np.all(rows["low"] <= np.minimum(rows["open"], rows["close"]))
    assert np.all(rows["high"] >= np.maximum(rows["open"], rows["close"]))
    assert np.all(rows["low"] > 0)
    assert np.array_equal(rows["open"][1:], rows["close"][:-1])
    if series == LAST:
        assert np.all(rows["volume"] > 0)
        assert np.all(rows["taker_volume"] <= rows["volume"])


@settings(max_examples=60, deadline=None)
@given(
    st.integers(parse_utc_ms("2025-02-01"), parse_utc_ms("2025-02-05")),
    st.integers(1, 3 * HOUR_MS),
    st.sampled_from(["1m", "5m", "1h", "1d", "1w"]),
    st.sampled_from(SERIES),
)
def test_nothing_changes_once_it_is_closed_and_nothing_later_shows(
    now_ms: int, later_ms: int, code: str, series: str
) -> None:
    market, interval = shared(), INTERVALS[code]
    window = Window(None, now_ms, 4)
    now = market.candles("BTCUSDT", series, interval, window, now_ms)
    then = market.candles("BTCUSDT", series, interval, window, now_ms + later_ms)
    assert now["open_ms"].tolist() == then["open_ms"].tolist()
    assert np.array_equal(now[:-1], then[:-1])
    assert now["open"][-1] == then["open"][-1]
    assert now["high"][-1] <= then["high"][-1]
    assert now["low"][-1] >= then["low"][-1]
    assert now["volume"][-1] <= then["volume"][-1] + 1e-9
    last = market.snapshot("BTCUSDT", now_ms)
    close = {LAST: last.last, MARK: last.mark, INDEX: last.index}.get(series)
    if close is not None:
        assert now["close"][-1] == pytest.approx(close, rel=1e-12, abs=1e-7)


def test_the_forming_candle_becomes_the_closed_one() -> None:
    market, hour = shared(), INTERVALS["1h"]
    end_ms = parse_utc_ms("2025-02-01T05:00:00Z")
    forming = market.candles("BTCUSDT", LAST, hour, Window(None, None, 1), end_ms - 1)
    closed = market.candles("BTCUSDT", LAST, hour, Window(end_ms - HOUR_MS, None, 1), end_ms)
    for name in ("open_ms", "open", "high", "low"):
        assert forming[name][0] == closed[name][0]
    assert forming["volume"][0] == pytest.approx(closed["volume"][0], rel=1e-4)


def test_series_agree_with_each_other() -> None:
    market = shared()
    by_series = {series: span(market, "ETHUSDT", "1m", FIRST, END, series) for series in SERIES}
    last, mark = by_series[LAST]["close"], by_series[MARK]["close"]
    assert np.percentile(np.abs(last / mark - 1), 99) < 7e-4  # ETH 2024-01 → 2025-06: 5.2 bp
    premium = last / by_series[INDEX]["close"] - 1
    assert np.max(np.abs(premium - by_series[PREMIUM]["close"])) < 1e-5


def test_a_candle_before_the_listing_does_not_exist_and_zero_is_the_first() -> None:
    market = fresh(symbols="ARBUSDT")
    listed_ms = LISTED["ARBUSDT"].listed_ms
    rows = market.candles("ARBUSDT", LAST, INTERVALS["1h"], Window(0, None, 3), NOW_MS)
    assert rows["open_ms"].tolist() == [listed_ms, listed_ms + HOUR_MS, listed_ms + 2 * HOUR_MS]


@pytest.mark.parametrize("code", ["3d", "1w", "1M"])
def test_candles_longer_than_a_day_have_the_days_they_hold(code: str) -> None:
    market, interval = shared(), INTERVALS[code]
    rows = market.candles("BTCUSDT", LAST, interval, Window(None, None, 3), NOW_MS)
    assert len(rows) == 3
    open_ms = int(rows["open_ms"][1])
    days = span(market, "BTCUSDT", "1d", open_ms, interval.close_ms(open_ms))
    assert rows["high"][1] == days["high"].max()
    assert rows["open"][1] == days["open"][0]
    assert rows["volume"][1] == pytest.approx(days["volume"].sum())


def test_a_long_market_stays_sane() -> None:
    for symbol in shared().specs:
        rows = span(shared(), symbol, "1d", "2024-01-01", "2024-12-31")
        typical = LISTED[symbol].typical_price_usd
        assert rows["low"].min() / typical > 0.02
        assert rows["high"].max() / typical < 50


def test_open_interest_is_asked_at_any_period_and_agrees() -> None:
    market = shared()
    fine = market.open_interest("BTCUSDT", INTERVALS["5m"], Window(None, None, 13), NOW_MS)
    hour = market.open_interest("BTCUSDT", INTERVALS["1h"], Window(None, None, 1), NOW_MS)
    match: Rows = fine[fine["time_ms"] == hour["time_ms"][0]]
    assert match.tolist() == hour.tolist()


def test_an_instant_outside_the_market_s_life_is_refused() -> None:
    with pytest.raises(UsageError, match="lives from 2023-03-24"):
        fresh(symbols="BTCUSDT,ARBUSDT").check_now(parse_utc_ms("2022-01-01"))
    fresh().check_now(NOW_MS)


def test_every_listed_symbol_stands_in_freqtrade_s_leverage_tiers() -> None:
    from pathlib import Path

    import freqtrade.exchange as package

    tiers = Path(package.__file__).with_name("binance_leverage_tiers.json")
    known = orjson.loads(tiers.read_bytes())
    assert len(LISTED) >= 20
    assert [spec.pair for spec in LISTED.values() if spec.pair not in known] == []
