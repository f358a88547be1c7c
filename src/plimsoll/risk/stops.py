"""Where a position is closed at a loss: one rule for its size and for its order."""

from collections.abc import Iterable

from plimsoll.core import Side


def nearest_stop_price(
    stops: Iterable[tuple[float, float]], *, side: Side, widest_fraction: float, leverage: float
) -> float | None:
    """Return the price of the nearest stop; ``None`` when there is none.

    Each of ``stops`` is the price that it is measured from and its distance from there, in
    price units. None lies farther away than ``widest_fraction`` of a position's margin can pay
    for: that share, over the leverage, of the price it is measured from. An infinite distance
    is as wide as that.
    """
    sign, nearest = side.sign, None
    for origin, distance in stops:
        price = origin - sign * min(distance, origin * widest_fraction / leverage)
        if nearest is None or sign * price > sign * nearest:
            nearest = price
    return nearest
