"""Where the price path of a contract turns: all that happens inside a candle, in a few points."""

from dataclasses import dataclass

import numpy as np

from plimsoll.venue.market.base import Market


@dataclass(frozen=True)
class Turn:
    """One point of the path; between two of them the log price is a straight line."""

    time_ms: int
    price: float


def turning_points(market: Market, symbol: str, start_ms: int, end_ms: int) -> list[Turn]:
    """Return the path from `start_ms` to `end_ms`, both included, scenarios applied.

    Prices are not rounded to the tick. It shows what has not happened yet: for whoever drives the
    clock, never for a bot.
    """
    third = max(market.finest(symbol).ms // 3, 1)
    grid = np.arange((start_ms // third + 1) * third, end_ms, third)
    knots = market.overlay.knots_between(symbol, start_ms, end_ms)
    times = np.unique(np.array([start_ms, *grid.tolist(), *knots, end_ms], dtype=np.int64))
    bent = market.overlay.price(symbol, times, market.log_path(symbol, times))
    return [
        Turn(int(time_ms), float(price))
        for time_ms, price in zip(times.tolist(), np.exp(bent).tolist(), strict=True)
    ]
