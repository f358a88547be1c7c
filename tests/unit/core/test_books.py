"""The two sets of books and a break between them, as values."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from plimsoll.core.books import (
    Break,
    BreakKind,
    ExchangeBooks,
    ExchangeOrder,
    ExchangePosition,
    held_beside,
)
from plimsoll.core.side import Side

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"


def test_books_and_breaks_know_their_moment_in_utc() -> None:
    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    with pytest.raises(ValueError, match="timezone-aware UTC"):
        ExchangeBooks(as_of=elsewhere)
    with pytest.raises(ValueError, match="timezone-aware UTC"):
        Break(kind=BreakKind.MONEY, text="money is missing", since=NOON.replace(tzinfo=None))


def test_what_is_held_of_a_pair_has_the_sign_of_its_side() -> None:
    held = [
        ExchangePosition(pair=BTC, side=Side.LONG, amount=2.0),
        ExchangePosition(pair=BTC, side=Side.SHORT, amount=0.5),
        ExchangePosition(pair=ETH, side=Side.SHORT, amount=3.0),
    ]
    books = ExchangeBooks(as_of=NOON, positions=tuple(held))
    assert [books.signed_amount(pair) for pair in (BTC, ETH, "SOL/USDT:USDT")] == [1.5, -3.0, 0.0]


def test_a_position_is_valued_at_its_mark_or_else_at_its_entry() -> None:
    held = {"pair": BTC, "side": Side.LONG, "amount": 1.0}
    assert ExchangePosition(**held, entry_price=100.0, mark_price=90.0).price == 90
    assert ExchangePosition(**held, entry_price=100.0).price == 100
    assert ExchangePosition(**held).price is None


@pytest.mark.parametrize(
    ("name", "prefix", "named"),
    [
        ("x-kit-7f", "x-kit-", True),
        ("web_abc", "x-kit-", False),
        (None, "x-kit-", False),
        ("web_abc", None, False),
        ("web_abc", "", False),
    ],
)
def test_an_order_is_told_by_the_name_that_its_sender_gave_it(
    name: str | None, prefix: str | None, named: bool
) -> None:
    order = ExchangeOrder(id="1", pair=BTC, side=Side.LONG, amount=1.0, client_id=name)
    assert order.is_named(prefix) is named


def test_a_break_is_the_same_by_what_it_is_about_and_has_an_age() -> None:
    one = Break(kind=BreakKind.FOREIGN_ORDER, text="1", since=NOON, pair=BTC, order="1")
    other = Break(kind=BreakKind.FOREIGN_ORDER, text="2", since=NOON, pair=BTC, order="2")
    assert one.key != other.key
    assert one.age_seconds(NOON + timedelta(seconds=40)) == 40


@pytest.mark.parametrize(
    ("kind", "held", "booked", "changes", "beside"),
    [
        (BreakKind.UNEXPLAINED_POSITION, -5.0, 0.0, {}, {BTC: -5.0}),
        (BreakKind.WRONG_SIZE, 5.0, 3.0, {}, {BTC: 2.0}),
        (BreakKind.WRONG_SIZE, 3.0, 5.0, {}, {}),
        (BreakKind.UNEXPLAINED_POSITION, 5.0, 0.0, {"unseen": True}, {}),
        (BreakKind.MISSING_STOP, 5.0, 3.0, {}, {}),
    ],
)
def test_what_the_exchange_holds_beside_the_trades_is_known_by_its_breaks(
    kind: BreakKind, held: float, booked: float, changes: dict[str, bool], beside: object
) -> None:
    seen = Break(
        kind=kind, text="", since=NOON, pair=BTC, exchange=held, database=booked, **changes
    )
    assert held_beside([seen]) == beside
