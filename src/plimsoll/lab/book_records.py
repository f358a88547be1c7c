"""Read the two sides of `book_agreement`: the exchange's books, and Freqtrade's database."""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from plimsoll.core import UsageError
from plimsoll.lab.book_agreement import BookAgreement, agreement
from plimsoll.lab.book_sides import (
    BookedFill,
    BookedFunding,
    DatabaseOrder,
    DatabaseTrade,
    ExchangeBooks,
)

FUNDING, FILLED = "FUNDING_FEE", frozenset({"REALIZED_PNL", "COMMISSION"})


def compare_books(
    books: Path, database: Path, *, opening_usd: float, seen_ms: int
) -> BookAgreement:
    """Compare the answer of ``GET /plimsoll/books``, saved in a file, with an SQLite database.

    ``opening_usd`` is the account's first balance, ``seen_ms`` when the bot last looked.

    Raises
    ------
    UsageError
        When one of them cannot be read.
    """
    try:
        answer = json.loads(books.read_text(encoding="utf-8"))
        sides = exchange_books(answer, opening_usd), database_trades(database)
    except (OSError, ValueError, KeyError, sqlite3.Error) as error:
        raise UsageError(f"cannot compare {books} with {database}: {error}") from error
    return agreement(*sides, seen_ms=seen_ms)


def exchange_books(answer: Mapping[str, Any], opening_usd: float) -> ExchangeBooks:
    """Return the books that ``GET /plimsoll/books`` answered; an order's child counts as it."""
    waiting = [*answer["open_orders"], *answer["conditional_orders"]]
    orders = [*waiting, *answer["closed_orders"]]
    parents = {one["id"]: one["parent_id"] or one["id"] for one in orders}
    income = [(one["kind"], float(one["amount_usd"])) for one in answer["income"]]
    return ExchangeBooks(
        opening_usd=opening_usd,
        wallet_usd=answer["wallet_usd"],
        orders=frozenset(str(one["id"]) for one in orders),
        open_orders={str(parents[one["id"]]): one["symbol"] for one in waiting},
        stops=frozenset(str(one["id"]) for one in orders if one["trigger_price"] > 0),
        fills=tuple(_fill(one, parents) for one in answer["fills"]),
        funding=tuple(
            BookedFunding(one["symbol"], one["amount_usd"], one["time_ms"])
            for one in answer["income"]
            if one["kind"] == FUNDING
        ),
        positions={one["symbol"]: one["amount"] for one in answer["positions"]},
        other_usd=sum(amount for kind, amount in income if kind not in (FUNDING, *FILLED)),
    )


def _fill(one: Mapping[str, Any], parents: Mapping[int, int]) -> BookedFill:
    return BookedFill(
        order_id=str(parents.get(one["order_id"], one["order_id"])),
        symbol=one["symbol"],
        is_buy=one["side"] == "BUY",
        price=one["price"],
        amount=one["quantity"],
        fee_usd=one["fee_usd"],
        realized_usd=one["realized_usd"],
        time_ms=one["time_ms"],
    )


def database_trades(database: Path) -> list[DatabaseTrade]:
    """Return the trades of Freqtrade's SQLite database with their orders, oldest first."""
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        connection.row_factory = sqlite3.Row
        trades = connection.execute("SELECT * FROM trades ORDER BY id").fetchall()
        orders = connection.execute("SELECT * FROM orders ORDER BY id").fetchall()
    of_trade: dict[int, list[DatabaseOrder]] = defaultdict(list)
    for row in orders:
        of_trade[row["ft_trade_id"]].append(_order(row))
    return [_trade(row, tuple(of_trade[row["id"]])) for row in trades]


def _order(row: sqlite3.Row) -> DatabaseOrder:
    return DatabaseOrder(
        id=str(row["order_id"]),
        is_buy=row["side"] == "buy",
        is_stop=row["ft_order_side"] == "stoploss",
        is_open=bool(row["ft_is_open"]),
        amount=float(row["filled"] or 0.0),
        price=float(row["average"] or row["price"] or 0.0),
    )


def _trade(row: sqlite3.Row, orders: tuple[DatabaseOrder, ...]) -> DatabaseTrade:
    return DatabaseTrade(
        id=row["id"],
        symbol=row["pair"].partition(":")[0].replace("/", ""),
        is_short=bool(row["is_short"]),
        is_open=bool(row["is_open"]),
        amount=float(row["amount"] or 0.0),
        fee_open=float(row["fee_open"] or 0.0),
        fee_close=float(row["fee_close"] or 0.0),
        funding_usd=float(row["funding_fees"] or 0.0),
        profit_usd=None if row["is_open"] else row["close_profit_abs"],
        orders=orders,
    )
