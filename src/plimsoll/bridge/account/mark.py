"""What an exchange holds a pair to be worth, apart from the price at which an order is sent."""

import logging
from typing import Any

from freqtrade.enums import TradingMode
from freqtrade.exceptions import FreqtradeException
from freqtrade.exchange import Exchange

from plimsoll.risk.denial import positive

logger = logging.getLogger(__name__)


def mark_price(exchange: Exchange, pair: str) -> float | None:
    """Return the mark price of a pair now; ``None`` when it cannot be read.

    Of futures it is the exchange's own, which rests on an index of several markets. Where an
    exchange has none, as on spot, it is the middle of a fresh order book.

    A request that fails is tried again by Freqtrade's exchange, and counts as an error of the API.
    """
    try:
        if exchange.trading_mode == TradingMode.FUTURES and exchange.exchange_has(
            "fetchFundingRate"
        ):
            stated = exchange.fetch_funding_rate(pair).get("markPrice")
            if stated is not None:
                return _sound(stated)
        book = exchange.fetch_l2_order_book(pair, 5)
        return _sound((float(book["bids"][0][0]) + float(book["asks"][0][0])) / 2)
    except (FreqtradeException, IndexError, KeyError, TypeError, ValueError) as error:
        logger.warning("plimsoll: no mark price of %s: %s", pair, error)
        return None


def _sound(price: Any) -> float | None:
    return float(price) if positive(float(price)) else None
