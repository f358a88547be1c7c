"""Positions and orders as a person reads them."""

from plimsoll.core import Side
from plimsoll.core.books import ExchangeOrder, ExchangePosition
from plimsoll.core.books_words import order_words, position_words

BTC = "BTC/USDT:USDT"
HELD = ExchangePosition(pair=BTC, side=Side.LONG, amount=0.079, entry_price=50_000.0)
ENTRY = ExchangeOrder(id="8", pair=BTC, side=Side.LONG, amount=1.0, filled=0.25, price=49_000.0)


def test_words_name_pair_side_and_what_is_left_of_an_order() -> None:
    assert position_words(HELD) == f"{BTC} long 0.079 at 50000"
    assert order_words(ENTRY) == f"{BTC} buy 0.75 at 49000"
