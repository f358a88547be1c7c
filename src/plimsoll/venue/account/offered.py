"""How much of a candle's volume resting orders get."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Protocol

from plimsoll.venue.market.base import LAST, Market, Window

PARTICIPATION_FRACTION = 0.1
"""Of the volume of a finest candle that reaches a resting order, what the order gets at most."""


class Execution(Protocol):
    """What counts of a fill."""

    @property
    def symbol(self) -> str:
        """The contract or coin."""

    @property
    def quantity(self) -> float | Decimal:
        """How much was traded."""

    @property
    def time_ms(self) -> int:
        """When."""

    @property
    def is_maker(self) -> bool:
        """Whether a resting order was filled."""


class Offered:
    """What of each candle is left for the resting orders of one account."""

    def __init__(self, market: Market, participation_fraction: float) -> None:
        self._market = market
        self._participation = participation_fraction
        self._volumes: dict[tuple[str, int, int], float] = {}

    def left(self, symbol: str, at_ms: int, fills: Sequence[Execution]) -> float:
        """Return what resting orders may still get of the candle that holds the instant.

        ``fills`` are the account's, oldest first.
        """
        finest = self._market.finest(symbol)
        open_ms = finest.open_ms(at_ms)
        key = (symbol, open_ms, len(self._market.overlay.events))
        if key not in self._volumes:
            window = Window(open_ms, open_ms, 1)
            rows = self._market.candles(symbol, LAST, finest, window, finest.close_ms(open_ms))
            self._volumes = {key: float(rows["volume"].sum())}
        passed = 0.0
        for fill in reversed(fills):
            if fill.time_ms < open_ms:
                break
            passed += float(fill.quantity) if fill.is_maker and fill.symbol == symbol else 0.0
        return max(self._volumes[key] * self._participation - passed, 0.0)
