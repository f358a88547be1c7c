"""Positions and orders at an exchange in words."""

from plimsoll.core.books import ExchangeOrder, ExchangePosition
from plimsoll.core.side import Side


def position_words(one: ExchangePosition) -> str:
    """Return a position in words."""
    entry = "" if one.entry_price is None else f" at {one.entry_price:g}"
    return f"{one.pair} {one.side.value} {one.amount:g}{entry}"


def order_words(one: ExchangeOrder) -> str:
    """Return an order in words."""
    verb = "buy" if one.side is Side.LONG else "sell"
    price = "" if one.price is None else f" at {one.price:g}"
    return f"{one.pair} {verb} {one.amount - one.filled:g}{price}"
