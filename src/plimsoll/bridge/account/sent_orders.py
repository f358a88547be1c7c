"""The orders that a bot has sent, by its database: what a start knows of those before it."""

from datetime import UTC, datetime

from freqtrade.persistence import Order, Trade
from sqlalchemy import select

STOP = "stoploss"


def sent_since(moment: datetime, *, at_most: int) -> list[datetime]:
    """Return when orders to enter, add to or leave a position were sent from a moment on.

    The newest ``at_most``, ascending. A stop that waits on the exchange is none of them.
    """
    newest = (
        select(Order.order_date)
        .where(Order.order_date >= moment, Order.ft_order_side != STOP)
        .order_by(Order.order_date.desc())
        .limit(at_most)
    )
    times = [one for one in Trade.session.scalars(newest) if one is not None]
    return [one.replace(tzinfo=UTC) for one in reversed(times)]
