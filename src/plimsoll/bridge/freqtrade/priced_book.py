"""The order book by which Freqtrade has just priced an entry, for those who judge that entry.

Freqtrade reads the book of a pair right before it asks the strategy for the stake. Reading it once
more would tell the same some milliseconds later, at the cost of a request an entry.
"""

import time
from typing import Any

Sides = tuple[list[Any], list[Any]]

FRESH_SECONDS = 1.0
"""How old a book may be; a strategy's own callbacks may take their time in between."""


class PricedBook:
    """Keeps the book that priced the last entry, until it is taken or too old.

    Parameters
    ----------
    exchange
        Freqtrade's exchange object; a second listener replaces the first.
    """

    def __init__(self, exchange: Any) -> None:
        self._last: tuple[str, float, Sides] | None = None

        def _get_rate_from_ob(
            pair: str, side: str, order_book: Any, *args: Any, **kwargs: Any
        ) -> Any:
            rate = type(exchange)._get_rate_from_ob(  # noqa: SLF001 - get_rate tells no book
                exchange, pair, side, order_book, *args, **kwargs
            )
            if side == "entry":
                self._last = pair, time.monotonic(), (order_book["bids"], order_book["asks"])
            return rate

        exchange._get_rate_from_ob = _get_rate_from_ob  # noqa: SLF001

    def take(self, pair: str) -> Sides | None:
        """Return bids and asks, once; ``None`` where another entry was priced since, or it is old.

        They have as many levels as Freqtrade asked for: the best of each side at least.
        """
        last, self._last = self._last, None
        if last is None or last[0] != pair or time.monotonic() - last[1] > FRESH_SECONDS:
            return None
        return last[2]
