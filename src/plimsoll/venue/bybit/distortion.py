"""Public answers as clients see them under the active faults."""

from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import STALE_BOOK, STALE_CANDLES, WRONG_CANDLES

NEWEST = 2
"""Candles of an answer that a wrong one spoils: the one that forms, and the last that closed."""


def candle_time(exchange: Exchange, symbol: str, now_ms: int) -> int:
    """Return the instant of which a contract's candles tell."""
    frozen_ms = exchange.faults.frozen_ms(STALE_CANDLES, symbol, now_ms)
    return now_ms if frozen_ms is None else frozen_ms


def book_time(exchange: Exchange, symbol: str, now_ms: int) -> int:
    """Return the instant of which a contract's book tells."""
    frozen_ms = exchange.faults.frozen_ms(STALE_BOOK, symbol, now_ms)
    return now_ms if frozen_ms is None else frozen_ms


def spoil_candles(exchange: Exchange, rows: list[list[str]], symbol: str, now_ms: int) -> None:
    """Shift low and close of the newest candles, which come first. In place."""
    factor = exchange.faults.price_factor(symbol, now_ms, WRONG_CANDLES)
    decimals = exchange.market.specs[symbol].price_decimals
    for row in rows[:NEWEST] if factor != 1.0 else ():
        for place in (3, 4):
            row[place] = f"{float(row[place]) * factor:.{decimals}f}"


def shifted(exchange: Exchange, text: str, symbol: str, factor: float) -> str:
    """Return a price off by a factor, with the contract's decimals."""
    if factor == 1.0:
        return text
    decimals = exchange.market.specs[symbol].price_decimals
    return f"{float(text) * factor:.{decimals}f}"
