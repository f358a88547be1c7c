"""The exchange's books beside the bot's database, read and compared from outside of the bot."""

import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

TOLERANCE = 1e-9
Get = Callable[[str], Any]


@dataclass(frozen=True, kw_only=True)
class Differences:
    """What the exchange holds and the database does not know, or the other way round."""

    orphan_orders: tuple[str, ...] = ()
    unexplained_positions: tuple[str, ...] = ()
    missing_stops: tuple[str, ...] = ()

    @property
    def agree(self) -> bool:
        """Whether there is none."""
        return not (self.orphan_orders or self.unexplained_positions or self.missing_stops)

    def __str__(self) -> str:
        return "; ".join((*self.orphan_orders, *self.unexplained_positions, *self.missing_stops))


@dataclass(frozen=True, kw_only=True)
class ExchangeSide:
    """Positions by contract, signed, and open orders with what they would close."""

    positions: dict[str, float]
    orders: dict[str, str]
    stops: dict[str, tuple[str, float]]

    @classmethod
    def read(cls, get: Get) -> "ExchangeSide":
        """Ask the exchange, as any client would."""
        risks, orders = get("/fapi/v2/positionRisk"), get("/fapi/v1/openOrders")
        stops = get("/fapi/v1/openAlgoOrders")
        amounts = {row["symbol"]: float(row["positionAmt"]) for row in risks}
        return cls(
            positions={symbol: amount for symbol, amount in amounts.items() if amount},
            orders={
                str(row["orderId"]): f"{row['symbol']} {row['side']} {row['type']}"
                for row in orders
            },
            stops={str(row["algoId"]): (row["symbol"], float(row["quantity"])) for row in stops},
        )

    @classmethod
    def of(cls, books: Mapping[str, Any]) -> "ExchangeSide":
        """Return what the exchange's own books say, whatever a fault tells its clients."""
        return cls(
            positions={row["symbol"]: float(row["amount"]) for row in books["positions"]},
            orders={
                str(row["id"]): f"{row['symbol']} {row['side']} {row['kind']}"
                for row in books["open_orders"]
            },
            stops={
                str(row["id"]): (row["symbol"], float(row["quantity"]))
                for row in books["conditional_orders"]
            },
        )

    @property
    def is_flat(self) -> bool:
        """Whether nothing is held and nothing is ordered."""
        return not (self.positions or self.orders or self.stops)


@dataclass(frozen=True, kw_only=True)
class DatabaseSide:
    """Open trades by contract with their amounts, signed, and the ids of their open orders."""

    positions: dict[str, float]
    orders: frozenset[str]

    @classmethod
    def read(cls, database: Path) -> "DatabaseSide":
        """Read the bot's database, whether it runs or not."""
        trades = rows(database, "SELECT pair, amount, is_short FROM trades WHERE is_open = 1")
        query = "SELECT order_id FROM orders JOIN trades ON trades.id = ft_trade_id WHERE"
        orders = rows(database, f"{query} ft_is_open = 1 AND is_open = 1")
        positions: dict[str, float] = {}
        for trade in trades:
            symbol = trade["pair"].split(":")[0].replace("/", "")
            amount = -trade["amount"] if trade["is_short"] else trade["amount"]
            positions[symbol] = positions.get(symbol, 0.0) + amount
        return cls(
            positions=positions,
            orders=frozenset(own_number(str(row["order_id"])) for row in orders),
        )


def own_number(order_id: str) -> str:
    """Return the number that the simulated exchange's own books have for an order's id.

    In Bybit's dialect an id is a UUID, with the number in its last eight bytes.
    """
    try:
        return str(int.from_bytes(UUID(order_id).bytes[8:]))
    except ValueError:
        return order_id


def rows(database: Path, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query; none while there is no database."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        try:
            return [dict(row) for row in connection.execute(query)]
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return []
            raise


def compare(exchange: ExchangeSide, bot: DatabaseSide) -> Differences:
    """Return what one side has and the other has not; a position without its whole stop as well."""
    orphans = [
        f"order {number} ({text})"
        for number, text in exchange.orders.items()
        if number not in bot.orders
    ]
    orphans += [
        f"stop {number} ({symbol} {amount:g})"
        for number, (symbol, amount) in exchange.stops.items()
        if number not in bot.orders
    ]
    unexplained, unprotected = [], []
    for symbol in sorted({*exchange.positions, *bot.positions}):
        there, here = exchange.positions.get(symbol, 0.0), bot.positions.get(symbol, 0.0)
        if abs(there - here) > TOLERANCE:
            unexplained.append(f"{symbol}: exchange {there:g}, database {here:g}")
        guarded = sum(amount for other, amount in exchange.stops.values() if other == symbol)
        if there and guarded < abs(there) - TOLERANCE:
            unprotected.append(f"{symbol}: {there:g} held, stops for {guarded:g}")
    return Differences(
        orphan_orders=tuple(orphans),
        unexplained_positions=tuple(unexplained),
        missing_stops=tuple(unprotected),
    )


def differences(get: Get, database: Path) -> Differences:
    """Read both sides and compare them."""
    return compare(ExchangeSide.read(get), DatabaseSide.read(database))
