import numpy as np
import pytest

from plimsoll.venue.market.base import INDEX, LAST, MARK, PREMIUM
from plimsoll.venue.market.factors import Factors, day_index
from plimsoll.venue.market.intervals import MINUTE_MS
from plimsoll.venue.market.minutes import (
    MINUTES,
    MinuteBlock,
    build_block,
    current_minute,
    market_minutes,
    minute_rows,
    series_vertices,
)
from plimsoll.venue.market.scenario import Overlay
from plimsoll.venue.market.symbols import LISTED
from tests.unit.venue.markets import NOW_MS

BTC = LISTED["BTCUSDT"]
DAY = day_index(NOW_MS)
FACTORS = Factors(7)


@pytest.fixture(scope="module")
def block() -> MinuteBlock:
    return build_block(7, BTC, FACTORS.skeleton(BTC), DAY, market_minutes(7, DAY))


def test_minutes_meet_the_hourly_anchors(block: MinuteBlock) -> None:
    anchors = FACTORS.skeleton(BTC).log_price[DAY * 24 : DAY * 24 + 25]
    assert block.vertices[::60, 0].tolist() == pytest.approx(anchors[:-1].tolist())
    assert block.vertices[59::60, 3].tolist() == pytest.approx(anchors[1:].tolist())


def test_each_minute_begins_where_the_one_before_ended(block: MinuteBlock) -> None:
    assert np.array_equal(block.vertices[1:, 0], block.vertices[:-1, 3])


def test_candles_hold_together_and_lie_on_the_filters(block: MinuteBlock) -> None:
    rows = minute_rows(block, BTC, LAST, Overlay())
    assert len(rows) == MINUTES
    assert (rows["high"] >= np.maximum(rows["open"], rows["close"])).all()
    assert (rows["low"] <= np.minimum(rows["open"], rows["close"])).all()
    assert np.array_equal(np.round(rows["close"], BTC.price_decimals), rows["close"])
    assert (rows["taker_volume"] <= rows["volume"]).all()


def test_the_index_lies_the_premium_below_the_last_price(block: MinuteBlock) -> None:
    last, index = (series_vertices(block, BTC, series, Overlay()) for series in (LAST, INDEX))
    assert (last[:, 0] - index[:, 0]).tolist() == pytest.approx(block.premium[:-1].tolist())
    mark = series_vertices(block, BTC, MARK, Overlay())
    assert (last[:, 3] - mark[:, 3]).tolist() == pytest.approx(block.mark_noise[1:].tolist())


@pytest.mark.parametrize("series", [LAST, MARK, PREMIUM])
def test_a_forming_minute_shows_nothing_of_its_rest(block: MinuteBlock, series: str) -> None:
    rows = minute_rows(block, BTC, series, Overlay())
    row = rows[600:601]
    start_ms = int(row["open_ms"][0])
    half = current_minute(block, BTC, series, Overlay(), row, start_ms + MINUTE_MS // 2)
    assert half["open"] == row["open"]
    assert half["high"] <= row["high"]
    assert half["low"] >= row["low"]
    assert half["volume"][0] == pytest.approx(row["volume"][0] / 2, abs=0.001)
    whole = current_minute(block, BTC, series, Overlay(), row, start_ms + MINUTE_MS)
    assert whole[["open", "high", "low", "close"]] == row[["open", "high", "low", "close"]]


@pytest.mark.parametrize("series", [LAST, MARK])
def test_a_minute_that_has_just_begun_has_hardly_a_range(block: MinuteBlock, series: str) -> None:
    row = minute_rows(block, BTC, series, Overlay())[600:601]
    begun = current_minute(block, BTC, series, Overlay(), row, int(row["open_ms"][0]) + 1)
    assert begun["high"] - begun["low"] < (row["high"] - row["low"]) / 10


def test_another_seed_draws_another_day(block: MinuteBlock) -> None:
    other = build_block(8, BTC, FACTORS.skeleton(BTC), DAY, market_minutes(7, DAY))
    assert not np.array_equal(other.vertices, block.vertices)
