"""Lets a position be closed at market while the exchange tells no price of it.

Freqtrade asks for the price of an exit before it asks the strategy whether there is one, and again
for its message. An order at market needs none: without this, nothing would be closed for as long as
the order book cannot be read.
"""

import logging
from collections.abc import Callable
from typing import Any

from freqtrade.exceptions import FreqtradeException

logger = logging.getLogger(__name__)


def told_price(exchange: Any, pair: str, *, is_short: bool) -> float:
    """Return the price of an exit now, by the exchange alone.

    Raises
    ------
    FreqtradeException
        When it tells none.
    """
    asked = type(exchange).get_rate
    return float(asked(exchange, pair, refresh=True, side="exit", is_short=is_short))


def close_without_price(exchange: Any, substitute: Callable[[str], float | None]) -> None:
    """Let an exit have a substitute from now on where the exchange tells no price.

    Parameters
    ----------
    exchange
        Freqtrade's exchange object; a second call replaces the first.
    substitute
        Returns the price to close a pair at; ``None`` where nothing is to be closed.
    """

    def get_rate(pair: str, refresh: bool, side: str, *args: Any, **kwargs: Any) -> float:  # noqa: FBT001 - as Freqtrade's
        try:
            return float(type(exchange).get_rate(exchange, pair, refresh, side, *args, **kwargs))
        except FreqtradeException as error:
            price = substitute(pair) if side == "exit" else None
            if price is None:
                raise
            logger.warning("plimsoll: %s is closed at market without a price: %s", pair, error)
            return price

    exchange.get_rate = get_rate
