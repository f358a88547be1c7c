"""Books and database on hand-made records: agreed, and each way to differ with what it is worth."""

from dataclasses import replace
from typing import Any

import pytest

from plimsoll.lab.book_agreement import BookAgreement, BookCause, agreement
from plimsoll.lab.book_sides import (
    BookedFill,
    BookedFunding,
    DatabaseOrder,
    DatabaseTrade,
    ExchangeBooks,
)

SYMBOL, SEEN_MS = "LTCUSDT", 10_000
MAKER, TAKER = 0.0002, 0.0005


def fill(order_id: str, at_ms: int, price: float, amount: float, **other: Any) -> BookedFill:
    """Return a fill; it buys, and closes nothing, unless said otherwise."""
    rate = other.pop("rate", MAKER)
    values = {"is_buy": True, "realized_usd": 0.0, **other}
    return BookedFill(
        order_id,
        SYMBOL,
        values["is_buy"],
        price,
        amount,
        price * amount * rate,
        values["realized_usd"],
        at_ms,
    )


# 10 bought in two parts at 100, 4 sold at 103, stop raised, 6 stopped out at 98; funding -0.50.
FILLS = (
    fill("1", 1000, 100.0, 6.0),
    fill("1", 2000, 100.0, 4.0),
    fill("3", 3000, 103.0, 4.0, is_buy=False, realized_usd=12.0, rate=TAKER),
    fill("4", 5000, 98.0, 6.0, is_buy=False, realized_usd=-12.0, rate=TAKER),
)
FEES_USD = 1000 * MAKER + (412 + 588) * TAKER
FUNDING = (BookedFunding(SYMBOL, -0.5, 4000),)
BOOKS = ExchangeBooks(
    opening_usd=1000.0,
    wallet_usd=1000.0 - FEES_USD - 0.5,
    orders=frozenset("1234"),
    open_orders={},
    stops=frozenset("24"),
    fills=FILLS,
    funding=FUNDING,
    positions={},
)
ORDERS = (
    DatabaseOrder("1", is_buy=True, is_stop=False, is_open=False, amount=10.0, price=100.0),
    DatabaseOrder("2", is_buy=False, is_stop=True, is_open=False, amount=0.0, price=0.0),
    DatabaseOrder("3", is_buy=False, is_stop=False, is_open=False, amount=4.0, price=103.0),
    DatabaseOrder("4", is_buy=False, is_stop=True, is_open=False, amount=6.0, price=98.0),
)
TRADE = DatabaseTrade(
    id=1,
    symbol=SYMBOL,
    is_short=False,
    is_open=False,
    amount=6.0,
    fee_open=MAKER,
    fee_close=TAKER,
    funding_usd=-0.5,
    profit_usd=-FEES_USD - 0.5,
    orders=ORDERS,
)


def compare(books: ExchangeBooks = BOOKS, *trades: DatabaseTrade) -> BookAgreement:
    compared = agreement(books, trades or [TRADE], seen_ms=SEEN_MS)
    worth = sum(one.usd or 0.0 for one in compared.differences)
    assert compared.told_usd + compared.unseen_usd + compared.rounding_usd + worth == (
        pytest.approx(compared.wallet_usd, abs=1e-9)
    ), "the bill adds up"
    return compared


def only(compared: BookAgreement) -> tuple[BookCause, Any]:
    (one,) = compared.differences
    return one.cause, one.usd


def test_equal_records_agree_and_tell_how_much_there_was() -> None:
    compared = compare()
    assert compared.agrees
    assert (compared.trades, compared.orders, compared.fills) == (1, 4, 4)
    assert (compared.orders_in_parts, compared.stops, compared.stops_hit) == (1, 2, 1)
    assert compared.funding_bookings == 1


def test_a_short_trade_agrees_as_well() -> None:
    fills = (
        fill("1", 1000, 100.0, 10.0, is_buy=False),
        fill("4", 5000, 98.0, 10.0, realized_usd=20.0, rate=TAKER),
    )
    fees = 1000 * MAKER + 980 * TAKER
    orders = (
        replace(ORDERS[0], is_buy=False),
        replace(ORDERS[3], is_buy=True, amount=10.0),
    )
    trade = replace(TRADE, is_short=True, orders=orders, profit_usd=20 - fees, funding_usd=0.0)
    books = replace(BOOKS, fills=fills, funding=(), wallet_usd=1020 - fees)
    assert compare(books, trade).agrees


def test_half_a_cent_differs_and_less_is_rounding() -> None:
    less = replace(TRADE, funding_usd=-0.496, profit_usd=-FEES_USD - 0.496)
    assert compare(BOOKS, less).agrees
    assert compare(BOOKS, less).rounding_usd == pytest.approx(-0.004)
    more = replace(TRADE, funding_usd=-0.494, profit_usd=-FEES_USD - 0.494)
    assert only(compare(BOOKS, more)) == (BookCause.FUNDING, pytest.approx(-0.006))


def test_funding_before_a_stop_is_what_freqtrade_drops_and_other_funding_is_not() -> None:
    dropped = replace(TRADE, funding_usd=0.0, profit_usd=-FEES_USD)
    compared = compare(BOOKS, dropped)
    assert only(compared) == (BookCause.STOPPED_FUNDING, pytest.approx(-0.5))
    assert not compared.agrees
    assert compared.of_freqtrade_only
    by_hand = (*ORDERS[:3], replace(ORDERS[3], is_stop=False))
    compared = compare(BOOKS, replace(dropped, orders=by_hand))
    assert only(compared) == (BookCause.FUNDING, pytest.approx(-0.5))
    assert not compared.of_freqtrade_only


@pytest.mark.parametrize("at_ms", [500, 6000])
def test_funding_before_and_after_a_trade_is_told(at_ms: int) -> None:
    books = replace(
        BOOKS,
        funding=(*FUNDING, BookedFunding(SYMBOL, -0.25, at_ms)),
        wallet_usd=BOOKS.wallet_usd - 0.25,
    )
    (one,) = compare(books).differences
    assert (one.cause, one.subject, one.usd) == (BookCause.FUNDING, SYMBOL, pytest.approx(-0.25))


def test_two_payments_alike_are_two() -> None:
    books = replace(BOOKS, funding=(*FUNDING, *FUNDING), wallet_usd=BOOKS.wallet_usd - 0.5)
    assert only(compare(books)) == (BookCause.FUNDING, pytest.approx(-0.5))


def test_another_average_price_is_worth_what_it_makes_of_the_profit() -> None:
    orders = (*ORDERS[:3], replace(ORDERS[3], price=98.1))
    trade = replace(TRADE, orders=orders, profit_usd=TRADE.profit_usd + 0.6 - 0.0003)  # type: ignore[operator]
    by_cause = compare(BOOKS, trade).by_cause()
    assert by_cause == {
        BookCause.PRICE: (1, 0.0),
        BookCause.GROSS: (1, pytest.approx(-0.6)),
    }


def test_a_part_that_the_database_missed() -> None:
    orders = (*ORDERS[:3], replace(ORDERS[3], amount=5.0))
    trade = replace(TRADE, orders=orders, profit_usd=TRADE.profit_usd)
    by_cause = compare(BOOKS, trade).by_cause()
    assert by_cause[BookCause.AMOUNT] == (1, 0.0)
    assert by_cause[BookCause.GROSS] == (1, pytest.approx(-2.0))


def test_fees_at_two_rates_of_one_side_are_freqtrades_way_and_others_are_not() -> None:
    fills = (*FILLS[:2], replace(FILLS[2], fee_usd=412 * MAKER), FILLS[3])
    saved = 412 * (TAKER - MAKER)
    books = replace(BOOKS, fills=fills, wallet_usd=BOOKS.wallet_usd + saved)
    assert only(compare(books)) == (BookCause.FEE_RATE, pytest.approx(saved))
    wrong = replace(TRADE, fee_close=0.001, profit_usd=-FEES_USD - 0.5 - 1000 * TAKER)
    assert only(compare(BOOKS, wrong)) == (BookCause.FEES, pytest.approx(0.5))


def test_freqtrades_own_sum_is_checked() -> None:
    lost = replace(TRADE, profit_usd=-FEES_USD)
    assert only(compare(BOOKS, lost)) == (BookCause.SUM, pytest.approx(-0.5))


def test_orders_of_one_side_only() -> None:
    foreign = fill("9", 6000, 98.0, 1.0)
    books = replace(
        BOOKS,
        fills=(*FILLS, foreign),
        positions={SYMBOL: 1.0},
        wallet_usd=BOOKS.wallet_usd - foreign.fee_usd,
    )
    by_cause = compare(books).by_cause()
    assert by_cause == {
        BookCause.POSITION: (1, 0.0),
        BookCause.NOT_IN_DATABASE: (1, pytest.approx(-foreign.fee_usd)),
    }
    unknown = replace(BOOKS, orders=frozenset("134"))
    assert only(compare(unknown)) == (BookCause.NOT_AT_EXCHANGE, None)


@pytest.mark.parametrize("is_at_exchange", [True, False])
def test_orders_open_on_one_side_only(is_at_exchange: bool) -> None:
    if is_at_exchange:
        compared = compare(replace(BOOKS, open_orders={"2": SYMBOL}))
    else:
        orders = (ORDERS[0], replace(ORDERS[1], is_open=True), *ORDERS[2:])
        compared = compare(BOOKS, replace(TRADE, orders=orders))
    assert only(compared) == (BookCause.OPEN_ORDER, None)


def test_an_open_trade_is_held_against_its_position() -> None:
    books = replace(
        BOOKS,
        fills=FILLS[:3],
        positions={SYMBOL: 6.0},
        open_orders={"4": SYMBOL},
        wallet_usd=1012 - 1000 * MAKER - 412 * TAKER - 0.5,
    )
    orders = (*ORDERS[:3], replace(ORDERS[3], is_open=True, amount=0.0))
    trade = replace(TRADE, is_open=True, profit_usd=None, orders=orders)
    assert compare(books, trade).agrees
    assert only(compare(replace(books, positions={SYMBOL: 5.0}), trade)) == (
        BookCause.POSITION,
        None,
    )


def test_what_came_after_the_last_look_is_told_apart() -> None:
    late = (*FILLS[:3], replace(FILLS[3], time_ms=SEEN_MS))
    orders = (*ORDERS[:3], replace(ORDERS[3], is_open=True, amount=0.0))
    trade = replace(TRADE, is_open=True, profit_usd=None, orders=orders)
    compared = compare(replace(BOOKS, fills=late), trade)
    assert compared.agrees
    assert compared.unseen_usd == pytest.approx(-12 - 588 * TAKER)


def test_bookings_of_another_kind_are_told_and_what_is_left_is_unexplained() -> None:
    cleared = replace(BOOKS, other_usd=-3.0, wallet_usd=BOOKS.wallet_usd - 3)
    assert only(compare(cleared)) == (BookCause.OTHER, pytest.approx(-3.0))
    lost = replace(BOOKS, wallet_usd=BOOKS.wallet_usd - 7)
    assert only(compare(lost)) == (BookCause.UNEXPLAINED, pytest.approx(-7.0))
