from dataclasses import replace

import numpy as np
import pytest

from plimsoll.venue.market.base import Snapshot
from plimsoll.venue.market.book import best_prices, order_book, trade_id_at, trades_between
from plimsoll.venue.market.symbols import LISTED
from tests.unit.venue.markets import NOW_MS, shared

BTC = LISTED["BTCUSDT"]
CALM = Snapshot(NOW_MS, 60_000.0, 60_000.0, 60_000.0, 1e-4, 1e-4, 10.0)


def test_bid_and_ask_lie_half_a_spread_away_on_the_tick() -> None:
    assert best_prices(BTC, CALM, 1.0) == (59_997.0, 60_003.0)
    assert best_prices(BTC, CALM, 2.0) == (59_994.0, 60_006.0)
    assert best_prices(BTC, CALM, 0.0) == (60_000.0, 60_000.0)


def test_a_bid_never_falls_below_a_tick() -> None:
    cheap = replace(CALM, last=0.1, spread_fraction=5.0)
    assert best_prices(BTC, cheap, 1.0)[0] == BTC.tick_size


def test_levels_leave_the_touch_in_both_directions_and_hold_whole_steps() -> None:
    book = order_book(BTC, CALM, levels=50, seed=7, spread_scale=1.0)
    assert (np.diff(book.bid_prices) < 0).all()
    assert (np.diff(book.ask_prices) > 0).all()
    assert book.bid_prices[0] < book.ask_prices[0]
    assert (book.bid_sizes >= BTC.step_size).all()
    assert np.array_equal(np.round(book.bid_sizes, BTC.size_decimals), book.bid_sizes)


def test_a_level_at_or_below_nothing_is_left_out() -> None:
    cheap = replace(CALM, last=1.0)
    book = order_book(BTC, cheap, levels=50, seed=7, spread_scale=1.0)
    assert len(book.bid_prices) == len(book.bid_sizes) < 50
    assert (book.bid_prices > 0).all()


def test_the_book_of_a_second_is_the_same_whenever_it_is_requested() -> None:
    first = order_book(BTC, CALM, levels=20, seed=7, spread_scale=1.0)
    later = order_book(BTC, replace(CALM, time_ms=NOW_MS + 1), levels=20, seed=7, spread_scale=1.0)
    other = order_book(BTC, CALM, levels=20, seed=8, spread_scale=1.0)
    assert np.array_equal(first.bid_sizes, later.bid_sizes)
    assert not np.array_equal(first.bid_sizes, other.bid_sizes)


def test_a_trade_has_the_same_price_size_and_side_on_every_page() -> None:
    market, last = shared(), trade_id_at(NOW_MS)
    whole = trades_between(market, "BTCUSDT", last - 20, last, NOW_MS)
    assert len(set(whole.buyer_is_maker)) == 2
    for count in range(1, 21):
        page = trades_between(market, "BTCUSDT", last - count + 1, last, NOW_MS)
        assert whole.prices[-count:].tolist() == page.prices.tolist()
        assert whole.sizes[-count:].tolist() == page.sizes.tolist()
        assert whole.buyer_is_maker[-count:] == page.buyer_is_maker


@pytest.mark.parametrize("ahead", [1, 1000])
def test_no_trade_comes_from_the_future(ahead: int) -> None:
    last = trade_id_at(NOW_MS)
    assert len(trades_between(shared(), "BTCUSDT", last + 1, last + ahead, NOW_MS).ids) == 0


def test_a_trade_has_the_same_size_whenever_it_is_asked_for() -> None:
    market = shared()
    number = trade_id_at(NOW_MS // 60_000 * 60_000 + 3_000)
    at_once = trades_between(market, "BTCUSDT", number, number, NOW_MS // 60_000 * 60_000 + 3_500)
    later = trades_between(market, "BTCUSDT", number, number, NOW_MS + 600_000)
    assert list(at_once.sizes) == list(later.sizes)
    assert at_once.buyer_is_maker == later.buyer_is_maker
