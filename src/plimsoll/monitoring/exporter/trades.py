"""Trades in figures, summed by the bot's database itself, read only."""

import sqlite3
from typing import Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from plimsoll.core import PlimsollError, Side
from plimsoll.monitoring.bot_traces import POSTGRESQL, STATEMENT_SECONDS, reading_engine
from plimsoll.monitoring.exporter.samples import OTHER, Samples

MOST_GROUPS = 150
"""Of pair, side and tag together; the rest are summed as ``other``."""
GROUPS = text("""
SELECT pair, is_short, COALESCE(enter_tag, ''),
    SUM(CASE WHEN is_open THEN 0 ELSE 1 END),
    SUM(CASE WHEN NOT is_open AND close_profit_abs > 0 THEN 1 ELSE 0 END),
    SUM(CASE WHEN is_open THEN COALESCE(realized_profit, 0) ELSE COALESCE(close_profit_abs, 0) END)
FROM trades GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
""")
SUMS = text("""
SELECT COALESCE(SUM(COALESCE(funding_fees, 0)), 0),
    COALESCE(SUM(CASE WHEN is_open THEN 1 ELSE 0 END), 0)
FROM trades
""")
FEES = text("""
SELECT COALESCE(SUM(
    ABS(COALESCE(orders.filled, orders.amount, 0) - COALESCE(orders.ft_fee_base, 0))
    * COALESCE(orders.average, orders.price, orders.ft_price)
    * CASE WHEN orders.ft_order_side = CASE WHEN trades.is_short THEN 'sell' ELSE 'buy' END
        THEN trades.fee_open ELSE trades.fee_close END
), 0)
FROM orders JOIN trades ON orders.ft_trade_id = trades.id
WHERE orders.order_filled_date IS NOT NULL
""")
"""Of fills, in the stake currency. Freqtrade's own costs are of a side's first fill, without
leverage, and in whatever coin the exchange took."""
OPEN_ORDERS = text("SELECT COUNT(*) FROM orders WHERE ft_is_open")
COUNTED = ("trades_closed_total", "trades_won_total", "realised_profit_usd")


def read_trades(db_url: str) -> Samples:
    """Return the sums over all trades.

    Raises
    ------
    PlimsollError
        When the database cannot be read, in its own words.
    """
    try:
        engine = reading_engine(db_url)
        try:
            with engine.connect() as connection:
                if engine.dialect.name == POSTGRESQL:
                    limit = f"SET LOCAL statement_timeout = {STATEMENT_SECONDS * 1000}"
                    connection.execute(text(limit))
                groups = connection.execute(GROUPS).all()
                fees = connection.execute(FEES).scalar_one()
                sums = connection.execute(SUMS).one()
                orders = connection.execute(OPEN_ORDERS).scalar_one()
        finally:
            engine.dispose()
    except (SQLAlchemyError, sqlite3.Error, OSError, TypeError, ValueError, ImportError) as error:
        said = str(getattr(error, "orig", None) or error) or type(error).__name__
        raise PlimsollError(said.splitlines()[0]) from None
    return _samples(groups, (fees, *sums), int(orders))


def _samples(groups: Any, sums: Any, orders: int) -> Samples:
    samples, rest = Samples(), [0.0, 0.0, 0.0]
    for number, (pair, is_short, tag, *values) in enumerate(groups):
        if number >= MOST_GROUPS:
            rest = [before + float(value) for before, value in zip(rest, values, strict=True)]
            continue
        side = Side.SHORT if is_short else Side.LONG
        for name, value in zip(COUNTED, values, strict=True):
            samples.add(name, float(value), pair, side.value, tag)
    if len(groups) > MOST_GROUPS:
        for name, value in zip(COUNTED, rest, strict=True):
            samples.add(name, value, OTHER, OTHER, OTHER)
    for name, value in zip(("fees_usd", "funding_usd", "open_trades"), sums, strict=True):
        samples.add(name, float(value))
    samples.add("open_orders", float(orders))
    return samples
