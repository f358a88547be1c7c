"""The signed answers under the active faults: positions left out, account modes.

The account itself stays what it is: one-way, isolated, with every position.
"""

from collections.abc import Sequence

from plimsoll.venue.account.ledger import Position
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import CROSS_MARGIN, HEDGE_MODE, MISSING_POSITIONS

ONE_WAY = "BOTH"


def require_position_side(exchange: Exchange, side: str | None, now_ms: int) -> None:
    """Raise `ApiError` for an order whose position side is not of the account's mode."""
    if ((side or ONE_WAY) != ONE_WAY) != is_hedged(exchange, now_ms):
        raise ApiError(-4061, "Order's position side does not match user's setting.")


def reported(exchange: Exchange, positions: Sequence[Position], now_ms: int) -> Sequence[Position]:
    """Return the positions that a report shows; each report counts as one hit of a fault."""
    for fault in exchange.faults.active(MISSING_POSITIONS, now_ms):
        if fault.draw_hit():
            positions = [one for one in positions if not fault.covers(one.symbol)]
    return positions


def is_hedged(exchange: Exchange, now_ms: int) -> bool:
    """Return whether the account says that it is in hedge mode."""
    return bool(exchange.faults.active(HEDGE_MODE, now_ms))


def position_side(exchange: Exchange, amount: float, now_ms: int) -> str:
    """Return the side that a report shows: ``BOTH`` in one-way mode, else LONG or SHORT."""
    if not is_hedged(exchange, now_ms):
        return ONE_WAY
    return "LONG" if amount > 0 else "SHORT"


def margin_type(exchange: Exchange, position: Position, now_ms: int) -> str:
    """Return the margin type that a report shows."""
    faults = exchange.faults.active(CROSS_MARGIN, now_ms)
    crossed = any(fault.covers(position.symbol) for fault in faults)
    return "cross" if crossed else position.margin_type
