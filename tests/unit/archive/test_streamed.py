"""Each trade once, best prices now and then; what is missing is noted as missing."""

from itertools import pairwise
from math import inf, nan
from typing import Any

import pytest

from plimsoll.archive.recording import Gap
from plimsoll.archive.streamed import (
    BACK_MS,
    CANNOT_BE,
    FAR_MS,
    NOT_SENT,
    QUOTE_AT_LEAST_MS,
    WENT_BACK,
    Depth,
    Quotes,
    Trades,
)


def trade(number: object, at: int, **changed: Any) -> dict[str, Any]:
    whole = {"id": str(number), "timestamp": at, "side": "buy", "price": 100.0, "amount": 2.0}
    return whole | changed


def quote(at: int, bid: float = 99.0, ask: float = 101.0, **changed: Any) -> dict[str, Any]:
    whole = {"timestamp": at, "bid": bid, "ask": ask, "bidVolume": 1.0, "askVolume": 2.0}
    return whole | changed


def test_a_trade_that_is_sent_again_is_taken_once() -> None:
    trades = Trades(is_numbered=True)
    first, _ = trades.take([trade(1, 10), trade(2, 20)])
    again, gaps = trades.take([trade(1, 10), trade(2, 20), trade(3, 30)])
    assert [row[1] for row in [*first, *again]] == ["1", "2", "3"]
    assert gaps == []


def test_numbers_out_of_order_within_a_flush_are_no_gap() -> None:
    rows, gaps = Trades(is_numbered=True).take([trade(3, 30), trade(1, 10), trade(2, 20)])
    assert [row[0] for row in rows] == [10, 20, 30]
    assert gaps == []


def test_a_number_left_out_is_a_gap_of_so_many() -> None:
    trades = Trades(is_numbered=True)
    trades.take([trade(7, 10)])
    _, gaps = trades.take([trade(10, 40)])
    assert gaps == [Gap(10, 40, "the exchange sent no such trades", 2)]


def test_a_lost_connection_that_lost_no_trade_is_no_gap() -> None:
    trades = Trades(is_numbered=True)
    trades.take([trade(7, 10)])
    trades.broken = "NetworkError"
    _, gaps = trades.take([trade(8, 9000)])
    assert gaps == []


def test_without_numbers_a_lost_connection_is_a_gap() -> None:
    trades = Trades(is_numbered=False)
    trades.take([trade("a", 10)])
    trades.broken = "NetworkError"
    rows, gaps = trades.take([trade("a", 10), trade("b", 9000)])
    assert [row[1] for row in rows] == ["b"]
    assert gaps == [Gap(10, 9000, "NetworkError")]


def test_a_restart_goes_on_after_the_last_number() -> None:
    trades = Trades(True, "41", 5, "the recorder was not running")
    rows, gaps = trades.take([trade(41, 5), trade(44, 99)])
    assert [row[1] for row in rows] == ["44"]
    assert gaps == [Gap(5, 99, "the recorder was not running", 2)]


@pytest.mark.parametrize(
    "changed",
    [
        {"price": nan},
        {"price": None},
        {"price": 0.0},
        {"amount": -1.0},
        {"amount": float("inf")},
        {"side": None},
        {"side": "unknown"},
        {"timestamp": None},
    ],
    ids=str,
)
def test_a_trade_that_cannot_be_is_left_out_and_leaves_a_gap(changed: dict[str, Any]) -> None:
    trades = Trades(is_numbered=True)
    trades.take([trade(1, 10)])
    rows, gaps = trades.take([trade(2, 20, **changed), trade(3, 30)])
    assert [row[1] for row in rows] == ["3"]
    assert (trades.refused, len(gaps), gaps[0].lost) == (1, 1, 1)


def test_a_trade_whose_number_is_none_is_not_taken() -> None:
    rows, _ = Trades(is_numbered=True).take([trade("x", 10), trade(1, 20)])
    assert [row[1] for row in rows] == ["1"]


def test_best_prices_are_kept_when_they_change_and_once_a_second() -> None:
    quotes = Quotes()
    for at in range(0, 3000, 50):
        quotes.hear(quote(1000 + at, bid=99.0 if at < 2000 else 99.5))
    rows, gaps = quotes.take()
    assert gaps == []
    assert [row[0] for row in rows] == [1050, 2050, 3050, 3950][: len(rows)]
    assert all(
        later[1:] != earlier[1:] or later[0] - earlier[0] >= QUOTE_AT_LEAST_MS
        for earlier, later in pairwise(rows)
    )


def test_the_last_price_of_an_interval_is_the_one_that_is_kept() -> None:
    quotes = Quotes()
    quotes.hear(quote(1000, bid=98.0))
    quotes.hear(quote(1099, bid=98.5))
    quotes.hear(quote(1100, bid=97.0))
    rows, _ = quotes.take()
    assert [row[:2] for row in rows] == [(1099, 98.5), (1100, 97.0)]


def test_a_price_of_before_the_last_one_is_left_out() -> None:
    quotes = Quotes()
    quotes.hear(quote(2000))
    quotes.take()
    quotes.hear(quote(1500, bid=90.0))
    assert quotes.take() == ([], [])


@pytest.mark.parametrize(
    "changed",
    [
        {"bid": nan},
        {"bid": None},
        {"bid": 101.0},
        {"ask": 0.0},
        {"bidVolume": nan},
        {"timestamp": None},
    ],
    ids=str,
)
def test_prices_that_cannot_be_are_left_out(changed: dict[str, Any]) -> None:
    quotes = Quotes()
    quotes.hear(quote(1000) | changed)
    assert quotes.take() == ([], [])
    assert quotes.refused == 1
    quotes.hear(quote(9000))
    assert quotes.take()[1] == []


def test_prices_that_cannot_be_leave_a_gap_where_the_last_ones_would_be_stale() -> None:
    quotes = Quotes()
    quotes.hear(quote(1000))
    for at in range(2000, 60_000, 1000):
        quotes.hear(quote(at, bid=102.0))
    quotes.hear(quote(60_000))
    rows, gaps = quotes.take()
    assert [row[0] for row in rows] == [1000, 60_000]
    assert gaps == [Gap(1000, 60_000, CANNOT_BE)]
    assert quotes.refused == 58


def test_prices_after_a_lost_connection_leave_a_gap_before_them() -> None:
    quotes = Quotes()
    quotes.hear(quote(1000))
    quotes.take()
    quotes.broken = "silent"
    quotes.hear(quote(9000))
    rows, gaps = quotes.take()
    assert [row[0] for row in rows] == [9000]
    assert gaps == [Gap(1000, 9000, "silent")]


def book(at: int, nonce: int, **changed: Any) -> dict[str, Any]:
    """A book of three levels as Binance writes them: numbers as text, best first."""
    whole = {
        "timestamp": at,
        "nonce": nonce,
        "previous": nonce - 1,
        "bids": [["99.0", "1.0"], ["98.5", "2.0"], ["98.0", "3.0"]],
        "asks": [["101.0", "4.0"], ["101.5", "5.0"], ["102.0", "6.0"]],
    }
    return whole | changed


def test_depth_is_kept_as_prices_and_amounts_best_first() -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 1))
    rows, gaps = depth.take()
    bids = (99.0, 98.5, 98.0), (1.0, 2.0, 3.0)
    assert rows == [(1000, *bids, (101.0, 101.5, 102.0), (4.0, 5.0, 6.0))]
    assert (gaps, depth.refused) == ([], 0)


def test_depth_is_kept_when_a_level_changes_and_once_a_second() -> None:
    depth = Depth(levels=5)
    third = {"bids": [["99.0", "1.0"], ["98.5", "2.0"], ["98.0", "7.0"]]}
    for number in range(30):
        changed = third if number >= 20 else {}
        depth.hear(book(1000 + 100 * number, number, **changed))
    rows, gaps = depth.take()
    assert [row[0] for row in rows] == [1000, 2000, 3000]
    assert [row[2][2] for row in rows] == [3.0, 3.0, 7.0]
    assert gaps == []


def test_the_last_depth_of_a_tenth_of_a_second_is_the_one_that_is_kept() -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 1))
    depth.hear(book(1099, 2, bids=[["98.0", "1"]]))
    depth.hear(book(1100, 3, bids=[["97.0", "1"]]))
    assert [row[:2] for row in depth.take()[0]] == [(1099, (98.0,)), (1100, (97.0,))]


@pytest.mark.parametrize(
    "changed",
    [
        {"bids": [["101.0", "1"]]},
        {"bids": [["102.5", "1"]]},
        {"bids": [["98.0", "1"], ["99.0", "1"]]},
        {"bids": [["99.0", "1"], ["99.0", "1"]]},
        {"asks": [["102.0", "1"], ["101.0", "1"]]},
        {"bids": []},
        {"asks": None},
        {"asks": 7},
        {"asks": [["101.0"]]},
        {"asks": [["101.0", "0"]]},
        {"asks": [["101.0", "-1"]]},
        {"asks": [["101.0", nan]]},
        {"asks": [[inf, "1"]]},
        {"asks": [["x", "1"]]},
        {"asks": [[None, "1"]]},
        {"bids": [["0", "1"]]},
        {"bids": [[str(99 - one), "1"] for one in range(6)]},
        {"timestamp": None},
        {"timestamp": nan},
        {"timestamp": 0},
        {"nonce": None},
        {"nonce": "2"},
    ],
    ids=str,
)
def test_a_book_that_cannot_be_is_left_out_and_counted_and_leaves_a_gap(
    changed: dict[str, Any],
) -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 1))
    depth.hear(book(1100, 2) | changed)
    depth.hear(book(1200, 3))
    rows, gaps = depth.take()
    assert [row[0] for row in rows] == [1000]  # the third one is the first one again
    assert (depth.refused, gaps) == (1, [Gap(1000, 1200, CANNOT_BE)])


def test_a_book_that_was_not_sent_leaves_a_gap() -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 1))
    depth.hear(book(1200, 3, bids=[["98.0", "1"]]))
    rows, gaps = depth.take()
    assert [row[0] for row in rows] == [1000, 1200]
    assert gaps == [Gap(1000, 1200, NOT_SENT)]


def test_a_book_that_is_sent_again_is_taken_once_and_is_no_gap() -> None:
    depth = Depth(levels=5)
    for number in (7, 8, 8, 7, 9):
        depth.hear(book(1000 + 100 * number, number, bids=[[str(90 + number), "1"]]))
    rows, gaps = depth.take()
    assert [row[1] for row in rows] == [(97.0,), (98.0,), (99.0,)]
    assert (gaps, depth.refused) == ([], 0)


def test_an_exchange_that_does_not_name_the_book_before_is_believed() -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 1, previous=None))
    depth.hear(book(1200, 9, previous=None))
    assert depth.take()[1] == []


def test_depth_after_a_lost_connection_leaves_a_gap_whatever_its_number() -> None:
    depth = Depth(levels=5)
    depth.hear(book(1000, 8))
    depth.take()
    depth.broken = "NetworkError"
    depth.hear(book(9000, 3))
    rows, gaps = depth.take()
    assert [row[0] for row in rows] == [9000]
    assert gaps == [Gap(1000, 9000, "NetworkError")]


FUTURE = 4_000_000_000_000
"""A day in the year 2096."""


def test_one_price_of_a_far_time_does_not_make_the_future_recorded() -> None:
    quotes = Quotes()
    quotes.hear(quote(1000))
    quotes.hear(quote(FUTURE, bid=98.0))
    assert quotes.take()[0][-1][0] == 1000
    quotes.hear(quote(2000, bid=98.5))
    rows, gaps = quotes.take()
    assert [row[0] for row in rows] == [2000]
    assert gaps == [Gap(1000, 2000, CANNOT_BE)]
    assert quotes.refused == 1


def test_prices_after_a_long_pause_are_all_kept() -> None:
    quotes = Quotes(1000, "the recorder was not running")
    quotes.hear(quote(FUTURE))
    assert quotes.take() == ([], [])
    quotes.hear(quote(FUTURE + 200, bid=98.0))
    rows, gaps = quotes.take()
    assert [row[0] for row in rows] == [FUTURE, FUTURE + 200]
    assert gaps == [Gap(1000, FUTURE, "the recorder was not running")]
    assert quotes.refused == 0


def test_a_clock_that_goes_back_is_counted_and_what_it_makes_doubtful_is_a_gap() -> None:
    quotes, back = Quotes(), 500_000 - BACK_MS - 1
    quotes.hear(quote(500_000))
    quotes.hear(quote(back))
    quotes.hear(quote(back - 1000))
    rows, gaps = quotes.take()
    assert [row[0] for row in rows] == [500_000]
    assert gaps == [Gap(back - 1, 500_001, WENT_BACK)]
    assert quotes.refused == 2
    quotes.hear(quote(500_100))
    assert quotes.take()[1] == []


@pytest.mark.parametrize("is_numbered", [True, False])
def test_one_trade_of_a_far_time_is_left_out_when_the_next_one_denies_it(
    is_numbered: bool,
) -> None:
    trades = Trades(is_numbered)
    trades.take([trade(1, 1000)])
    assert trades.take([trade(2, FUTURE)]) == ([], [])
    rows, gaps = trades.take([trade(3, 3000), trade(4, 4000)])
    assert [row[0] for row in rows] == [3000, 4000]
    assert [(gap.from_ms, gap.to_ms) for gap in gaps] == [(1000, 3000)]
    assert (trades.refused, trades.last_ms) == (1, 4000)


@pytest.mark.parametrize("is_numbered", [True, False])
def test_trades_after_a_long_pause_are_all_kept(is_numbered: bool) -> None:
    trades = Trades(is_numbered, "1", 1000)
    assert trades.take([trade(2, 1000 + FAR_MS + 1)]) == ([], [])
    rows, gaps = trades.take([trade(3, 1000 + FAR_MS + 2)])
    assert [row[1] for row in rows] == ["2", "3"]
    assert (gaps, trades.refused) == ([], 0)


def test_trades_whose_time_goes_back_make_the_time_between_doubtful() -> None:
    trades, back = Trades(is_numbered=True), 500_000 - BACK_MS - 1
    rows, gaps = trades.take([trade(1, 500_000), trade(2, back), trade(3, back + 10)])
    assert len(rows) == 3
    assert gaps == [Gap(back - 1, 500_001, WENT_BACK)]


@pytest.mark.parametrize("number", ["²", "x", "-1", "1.5"])
def test_a_last_number_that_is_none_is_unknown_and_a_gap(number: str) -> None:
    trades = Trades(is_numbered=True, last_id=number, last_ms=1000, broken="nobody listened")
    assert trades.take([trade(number, 1500)]) == ([], [])
    rows, gaps = trades.take([trade(7, 2000)])
    assert ([row[1] for row in rows], gaps) == (["7"], [Gap(1000, 2000, "nobody listened")])


def test_a_trade_without_number_is_refused_once() -> None:
    trades = Trades(is_numbered=False)
    bad = trade("b", 20, price=0.0)
    _, gaps = trades.take([trade("a", 10), bad, trade("c", 30)])
    assert [(gap.from_ms, gap.to_ms) for gap in gaps] == [(10, 30)]
    assert trades.take([trade("d", 40)])[1] == []
    assert trades.refused == 1


def test_numbers_that_begin_anew_are_counted_as_refused() -> None:
    trades = Trades(is_numbered=True)
    trades.take([trade(100, 1000)])
    assert trades.take([trade(100, 1000), trade(1, 2000), trade(2, 3000)]) == ([], [])
    assert trades.refused == 2
