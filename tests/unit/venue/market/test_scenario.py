import math

import numpy as np
import pytest

from plimsoll.core.errors import UsageError
from plimsoll.venue.clock import Clock
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import INDEX, LAST, MARK, PREMIUM, Window
from plimsoll.venue.market.intervals import HOUR_MS, INTERVALS, MINUTE_MS
from plimsoll.venue.market.scenario import SCENARIOS
from tests.unit.venue.markets import NOW_MS, exchange_at, fresh, shared, span

PRICED = ("flash-crash", "slow-bleed", "rally", "move", "flat")
DAY_AFTER_MS = NOW_MS + 24 * HOUR_MS


def _started(name: str, **options: object) -> Exchange:
    exchange = exchange_at()
    exchange.start_scenario(name, **options)  # type: ignore[arg-type]
    return exchange


@pytest.mark.parametrize("name", PRICED)
def test_what_was_published_before_the_start_stays(name: str) -> None:
    exchange = exchange_at()
    market = exchange.market
    hour, window = INTERVALS["1h"], Window(None, None, 20)
    before = {s: market.candles("BTCUSDT", s, hour, window, NOW_MS) for s in (LAST, MARK, INDEX)}
    shown = market.snapshot("BTCUSDT", NOW_MS)
    exchange.start_scenario(name)
    for series, rows in before.items():
        after = market.candles("BTCUSDT", series, hour, window, NOW_MS)
        assert np.array_equal(rows, after), series
    assert market.snapshot("BTCUSDT", NOW_MS).last == shown.last


@pytest.mark.parametrize("name", PRICED)
@pytest.mark.parametrize("series", [LAST, MARK, INDEX])
def test_candles_stay_consistent_through_a_scenario(name: str, series: str) -> None:
    market = _started(name).market
    first = NOW_MS // HOUR_MS * HOUR_MS - HOUR_MS
    minutes = span(market, "BTCUSDT", "1m", first, first + 20 * HOUR_MS, series)
    assert np.array_equal(minutes["open"][1:], minutes["close"][:-1])
    hours = span(market, "BTCUSDT", "1h", first, first + 20 * HOUR_MS, series)
    assert hours["high"].tolist() == minutes["high"].reshape(-1, 60).max(axis=1).tolist()
    assert hours["low"].tolist() == minutes["low"].reshape(-1, 60).min(axis=1).tolist()
    assert hours["close"].tolist() == minutes["close"][59::60].tolist()


def test_every_price_inside_a_crash_lies_within_its_candle() -> None:
    market = _started("flash-crash").market
    minute = INTERVALS["1m"]
    for offset_ms in range(0, 40 * MINUTE_MS, 7_300):
        now_ms = NOW_MS + offset_ms
        last = market.snapshot("BTCUSDT", now_ms).last
        open_ms = minute.open_ms(now_ms)
        whole = span(market, "BTCUSDT", "1m", open_ms, open_ms + MINUTE_MS)
        assert whole["low"][0] <= last <= whole["high"][0]
        forming = market.candles("BTCUSDT", LAST, minute, Window(None, None, 1), now_ms)
        assert forming["close"][0] == last


def test_a_flash_crash_falls_by_its_magnitude_and_recovers_half() -> None:
    crashed, calm = _started("flash-crash", magnitude=-0.3).market, shared()
    low_ms = NOW_MS + round(0.2 * 1800 * 1000)
    ratio = crashed.snapshot("BTCUSDT", low_ms).last / calm.snapshot("BTCUSDT", low_ms).last
    assert ratio == pytest.approx(0.7, rel=1e-4)
    ratio = (
        crashed.snapshot("BTCUSDT", DAY_AFTER_MS).last / calm.snapshot("BTCUSDT", DAY_AFTER_MS).last
    )
    assert ratio == pytest.approx(math.sqrt(0.7), rel=1e-4)


def test_a_positive_magnitude_is_a_squeeze() -> None:
    squeezed, calm = _started("flash-crash", magnitude=0.25).market, shared()
    top_ms = NOW_MS + 360_000
    ratio = squeezed.snapshot("ETHUSDT", top_ms).last / calm.snapshot("ETHUSDT", top_ms).last
    assert ratio == pytest.approx(1.25, rel=1e-4)


def test_a_crash_flushes_open_interest_and_widens_spreads() -> None:
    crashed, calm = _started("flash-crash").market, shared()
    at_ms, window = NOW_MS + 1_200_000, Window(None, None, 1)
    five = INTERVALS["5m"]
    left = crashed.open_interest("BTCUSDT", five, window, at_ms)["amount"][0]
    had = calm.open_interest("BTCUSDT", five, window, at_ms)["amount"][0]
    assert 0.7 < left / had < 0.9
    wide = crashed.snapshot("BTCUSDT", at_ms).spread_fraction
    assert wide > 5 * calm.snapshot("BTCUSDT", at_ms).spread_fraction


def test_only_the_named_contract_is_touched() -> None:
    market = _started("flash-crash", symbols=["BTCUSDT"]).market
    assert market.snapshot("ETHUSDT", NOW_MS + 360_000) == shared().snapshot(
        "ETHUSDT", NOW_MS + 360_000
    )


def test_a_funding_spike_raises_premium_and_rate_but_not_the_price() -> None:
    market, calm = _started("funding-spike", magnitude=0.002).market, shared()
    at_ms = NOW_MS + 10 * HOUR_MS
    assert market.snapshot("BTCUSDT", at_ms).last == calm.snapshot("BTCUSDT", at_ms).last
    window = Window(at_ms - HOUR_MS, at_ms, 1)
    shown = market.candles("BTCUSDT", PREMIUM, INTERVALS["1h"], window, at_ms)["close"][0]
    usual = calm.candles("BTCUSDT", PREMIUM, INTERVALS["1h"], window, at_ms)["close"][0]
    assert shown - usual == pytest.approx(0.002, abs=1e-5)
    rate = market.funding("BTCUSDT", Window(None, None, 1), at_ms)["rate"][0]
    assert 0.001 < rate < 0.0035


def test_a_flat_market_barely_moves_and_then_moves_as_before() -> None:
    flat, calm = _started("flat", duration_seconds=7200.0).market, shared()
    first = (NOW_MS // MINUTE_MS + 1) * MINUTE_MS
    rows = span(flat, "BTCUSDT", "1m", first, first + 100 * MINUTE_MS)
    usual = span(calm, "BTCUSDT", "1m", first, first + 100 * MINUTE_MS)
    moved = np.log(rows["high"].max() / rows["low"].min())
    assert moved < 0.05 * np.log(usual["high"].max() / usual["low"].min())
    later = NOW_MS + 4 * HOUR_MS
    after = span(flat, "BTCUSDT", "1m", later - later % MINUTE_MS, later + HOUR_MS)
    same = span(calm, "BTCUSDT", "1m", later - later % MINUTE_MS, later + HOUR_MS)
    assert np.allclose(np.diff(np.log(after["close"])), np.diff(np.log(same["close"])), atol=1e-5)


def test_scenarios_add_up_in_the_order_in_which_they_start() -> None:
    clock = Clock(NOW_MS, stepped=True)
    exchange = Exchange(fresh(), clock)
    exchange.start_scenario("rally", magnitude=0.10)
    clock.step(86_400)
    exchange.start_scenario("flash-crash", magnitude=-0.19)
    at_ms = clock.now_ms() + 86_400_000
    ratio = exchange.snapshot("BTCUSDT", at_ms).last / shared().snapshot("BTCUSDT", at_ms).last
    assert ratio == pytest.approx(1.10 * math.sqrt(0.81), rel=1e-4)


def test_an_outage_ends_by_itself() -> None:
    exchange = _started("outage", duration_seconds=30.0)
    overlay = exchange.market.overlay
    assert overlay.outage_until_ms(NOW_MS - 1) is None
    assert overlay.outage_until_ms(NOW_MS) == NOW_MS + 30_000
    assert overlay.outage_until_ms(NOW_MS + 30_000) is None


@pytest.mark.parametrize(
    ("wish", "message"),
    [
        ({"name": "boom"}, 'unknown scenario "boom"; there are flash-crash'),
        ({"name": "rally", "symbols": ["FOOUSDT"]}, "unknown symbol FOOUSDT; served are BTCUSDT"),
        ({"name": "rally", "magnitude": -0.99}, "expected a magnitude"),
        ({"name": "rally", "magnitude": float("nan")}, "expected a magnitude"),
        ({"name": "flat", "magnitude": 2.0}, "takes a magnitude between 0 and 1"),
        ({"name": "rally", "duration_seconds": 0.0}, "expected duration_seconds"),
        ({"name": "rally", "duration_seconds": float("nan")}, "expected duration_seconds"),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused(wish: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        exchange_at().start_scenario(**wish)  # type: ignore[arg-type]


def test_every_scenario_says_what_it_does() -> None:
    assert set(SCENARIOS) == {
        "flash-crash",
        "slow-bleed",
        "rally",
        "move",
        "funding-spike",
        "flat",
        "outage",
    }
    assert all(len(scenario.description) > 20 for scenario in SCENARIOS.values())
