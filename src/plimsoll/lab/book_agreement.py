"""Whether the exchange's own books and the bot's database tell the same, to the cent.

Both sides are plain values here; `book_records` reads them. What the exchange booked after the bot
last looked (`seen_ms`) is left out of the comparison and told apart.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from plimsoll.lab.book_sides import (
    BookedFill,
    BookedFunding,
    DatabaseTrade,
    ExchangeBooks,
)

CENT_USD = 0.01
AMOUNT_TOLERANCE = 1e-9
"""Base coins; steps of quantity are no finer than a thousandth."""
RATE_TOLERANCE = 1e-6
"""Fractions of the notional: a hundredth of a basis point."""


class BookCause(StrEnum):
    """In what the two sides differ."""

    NOT_IN_DATABASE = "order not in the database"
    NOT_AT_EXCHANGE = "order not at the exchange"
    OPEN_ORDER = "order open on one side only"
    AMOUNT = "filled amount of an order"
    PRICE = "average price of an order"
    POSITION = "open position"
    GROSS = "profit from prices"
    FEE_RATE = "fees: Freqtrade keeps one rate a side for all orders of a trade"
    FEES = "fees"
    STOPPED_FUNDING = "funding: Freqtrade drops it when a stop on the exchange closes the trade"
    FUNDING = "funding"
    OTHER = "bookings of neither trade nor funding"
    SUM = "Freqtrade's own sum"
    UNEXPLAINED = "unexplained"


FREQTRADES = frozenset({BookCause.FEE_RATE, BookCause.STOPPED_FUNDING})
"""What Freqtrade itself records otherwise than the exchange books it; see docs/known-limits.md."""


@dataclass(frozen=True, slots=True)
class BookDifference:
    """One difference: of what, and what each side says; `usd` is what it is worth in the wallet.

    ``usd`` is the exchange's less the bot's, and ``None`` where its worth is in another one.
    """

    cause: BookCause
    subject: str
    exchange: float
    database: float
    usd: float | None = None


@dataclass(frozen=True, slots=True)
class BookAgreement:
    """How far books and database agree, and how much there was to agree on.

    The worths of all differences, and `rounding_usd`, the sum of those below half a cent each, add
    up to `wallet_usd` less `told_usd`, the wallet according to the database, less `unseen_usd`,
    booked after the bot's last look.
    """

    wallet_usd: float
    told_usd: float
    unseen_usd: float
    rounding_usd: float
    trades: int
    orders: int
    fills: int
    orders_in_parts: int
    stops: int
    stops_hit: int
    funding_bookings: int
    differences: tuple[BookDifference, ...]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs by a cent."""
        return not self.differences

    @property
    def of_freqtrade_only(self) -> bool:
        """Whether nothing differs but what Freqtrade is known to leave out."""
        return all(one.cause in FREQTRADES for one in self.differences)

    def by_cause(self) -> dict[BookCause, tuple[int, float]]:
        """Return how many differences each cause has, and their worth in USD."""
        counted: dict[BookCause, tuple[int, float]] = {}
        for one in self.differences:
            number, usd = counted.get(one.cause, (0, 0.0))
            counted[one.cause] = number + 1, usd + (one.usd or 0.0)
        return counted


def agreement(
    books: ExchangeBooks, trades: Sequence[DatabaseTrade], *, seen_ms: int
) -> BookAgreement:
    """Compare books and database; bookings from ``seen_ms`` on are the exchange's alone."""
    fills = [fill for fill in books.fills if fill.time_ms < seen_ms]
    funding = [paid for paid in books.funding if paid.time_ms < seen_ms]
    unseen = [fill for fill in books.fills if fill.time_ms >= seen_ms]
    unseen_usd = sum(fill.net_usd for fill in unseen)
    unseen_usd += sum(paid.amount_usd for paid in books.funding if paid.time_ms >= seen_ms)
    by_order: dict[str, list[BookedFill]] = defaultdict(list)
    for fill in fills:
        by_order[fill.order_id].append(fill)
    told_usd = books.opening_usd + sum(trade.told_usd for trade in trades)
    money = list(_money(trades, by_order, funding))
    money.append(_worth(BookCause.OTHER, "wallet", books.other_usd, 0.0))
    rounding_usd = sum(one.usd or 0.0 for one in money if _is_rounding(one))
    rest = books.wallet_usd - unseen_usd - told_usd - sum(one.usd or 0.0 for one in money)
    money.append(_worth(BookCause.UNEXPLAINED, "wallet", rest, 0.0))
    states = chain(
        _order_differences(trades, by_order, books.orders),
        _open_orders(books, trades, {fill.order_id for fill in unseen}),
        _positions(books, trades, unseen),
    )
    stops_hit = {fill.order_id for fill in fills} & books.stops
    return BookAgreement(
        wallet_usd=books.wallet_usd,
        told_usd=told_usd,
        unseen_usd=unseen_usd,
        rounding_usd=rounding_usd,
        trades=len(trades),
        orders=sum(len(trade.orders) for trade in trades),
        fills=len(fills),
        orders_in_parts=sum(len(parts) > 1 for parts in by_order.values()),
        stops=len(books.stops),
        stops_hit=len(stops_hit),
        funding_bookings=len(funding),
        differences=(*states, *(one for one in money if not _is_rounding(one))),
    )


def _money(
    trades: Sequence[DatabaseTrade],
    by_order: Mapping[str, list[BookedFill]],
    funding: Sequence[BookedFunding],
) -> Iterator[BookDifference]:
    """Yield what differs in USD: of each trade, of orders and of funding that have none."""
    known: set[str] = set()
    left = list(funding)
    for trade in trades:
        ids = {order.id for order in trade.orders}
        known |= ids
        fills = [fill for order_id in ids for fill in by_order.get(order_id, ())]
        paid = _funding_of(trade, fills, left)
        left = [one for one in left if one not in paid]
        name = f"trade {trade.id} {trade.symbol}"
        gross = sum(fill.realized_usd for fill in fills)
        yield _worth(BookCause.GROSS, name, gross, trade.gross_usd)
        yield _fees(trade, name, by_order)
        yield _funding(trade, name, paid, by_order)
        yield _worth(BookCause.SUM, name, trade.told_usd, trade.parts_usd, sign=-1)
    for order_id in sorted(by_order.keys() - known):
        fills = by_order[order_id]
        net = sum(fill.net_usd for fill in fills)
        yield _worth(BookCause.NOT_IN_DATABASE, f"order {order_id} {fills[0].symbol}", net, 0.0)
    for one in left:
        yield _worth(BookCause.FUNDING, one.symbol, one.amount_usd, 0.0)


def _worth(
    cause: BookCause, subject: str, exchange: float, database: float, *, sign: int = 1
) -> BookDifference:
    return BookDifference(cause, subject, exchange, database, sign * (exchange - database))


def _is_rounding(one: BookDifference) -> bool:
    return abs(one.usd or 0.0) < CENT_USD / 2


def _fees(
    trade: DatabaseTrade, name: str, by_order: Mapping[str, list[BookedFill]]
) -> BookDifference:
    """Compare a trade's fees; name the cause when orders of one side paid at other rates."""
    paid = 0.0
    rates: dict[bool, list[float]] = {True: [], False: []}
    for order in trade.orders:
        fills = by_order.get(order.id, [])
        enters = order.is_buy != trade.is_short
        fees = sum(fill.fee_usd for fill in fills)
        paid += fees
        if fills:
            rates[enters].append(fees / sum(fill.amount * fill.price for fill in fills))
    mixed = any(
        max(side) - min(side) > RATE_TOLERANCE
        and min(abs(rate - kept) for rate in side) <= RATE_TOLERANCE
        for side, kept in ((rates[True], trade.fee_open), (rates[False], trade.fee_close))
        if side
    )
    return _worth(
        BookCause.FEE_RATE if mixed else BookCause.FEES, name, paid, trade.fees_usd, sign=-1
    )


def _funding(
    trade: DatabaseTrade,
    name: str,
    paid: Sequence[BookedFunding],
    by_order: Mapping[str, list[BookedFill]],
) -> BookDifference:
    """Compare a trade's funding; name the cause when what is missing was paid before its stop.

    Freqtrade keeps funding with the next order that fills, but not with a stop's.
    """
    received = sum(one.amount_usd for one in paid)
    kept_until = max(
        (
            fill.time_ms
            for order in trade.orders
            if not order.is_stop
            for fill in by_order.get(order.id, ())
        ),
        default=0,
    )
    kept = sum(one.amount_usd for one in paid if one.time_ms <= kept_until)
    stopped = any(order.is_stop and order.amount > 0 for order in trade.orders)
    dropped = stopped and not trade.is_open and abs(kept - trade.funding_usd) < CENT_USD / 2
    cause = BookCause.STOPPED_FUNDING if dropped else BookCause.FUNDING
    return _worth(cause, name, received, trade.funding_usd)


def _funding_of(
    trade: DatabaseTrade, fills: Sequence[BookedFill], funding: Iterable[BookedFunding]
) -> list[BookedFunding]:
    """Return what was paid for the trade's position, between its first and its last fill."""
    if not fills:
        return []
    first = min(fill.time_ms for fill in fills)
    last = max(fill.time_ms for fill in fills)
    return [
        paid
        for paid in funding
        if paid.symbol == trade.symbol
        and paid.time_ms >= first
        and (trade.is_open or paid.time_ms <= last)
    ]


def _order_differences(
    trades: Sequence[DatabaseTrade],
    by_order: Mapping[str, list[BookedFill]],
    at_exchange: frozenset[str],
) -> Iterator[BookDifference]:
    for trade in trades:
        for order in trade.orders:
            name = f"trade {trade.id} {trade.symbol} order {order.id}"
            fills = by_order.get(order.id, [])
            amount = sum(fill.amount for fill in fills)
            if order.id not in at_exchange:
                yield BookDifference(BookCause.NOT_AT_EXCHANGE, name, 0.0, order.amount)
            elif abs(amount - order.amount) > AMOUNT_TOLERANCE:
                yield BookDifference(BookCause.AMOUNT, name, amount, order.amount)
            elif fills:
                price = sum(fill.amount * fill.price for fill in fills) / amount
                if abs(price - order.price) * amount >= CENT_USD / 2:
                    yield BookDifference(BookCause.PRICE, name, price, order.price)


def _open_orders(
    books: ExchangeBooks, trades: Sequence[DatabaseTrade], unseen: set[str]
) -> Iterator[BookDifference]:
    """Yield orders that wait on one side only; what filled after the last look does not count."""
    waiting = {
        order.id: trade.symbol for trade in trades for order in trade.orders if order.is_open
    }
    for order_id in sorted((books.open_orders.keys() ^ waiting.keys()) - unseen):
        symbol = books.open_orders.get(order_id) or waiting[order_id]
        sides = float(order_id in books.open_orders), float(order_id in waiting)
        yield BookDifference(BookCause.OPEN_ORDER, f"order {order_id} {symbol}", *sides)


def _positions(
    books: ExchangeBooks, trades: Sequence[DatabaseTrade], unseen: Sequence[BookedFill]
) -> Iterator[BookDifference]:
    held: dict[str, float] = defaultdict(float, books.positions)
    for fill in unseen:
        held[fill.symbol] -= fill.amount if fill.is_buy else -fill.amount
    told: dict[str, float] = defaultdict(float)
    for trade in trades:
        if trade.is_open:
            told[trade.symbol] += -trade.amount if trade.is_short else trade.amount
    for symbol in sorted(held.keys() | told.keys()):
        if abs(held[symbol] - told[symbol]) > AMOUNT_TOLERANCE:
            yield BookDifference(BookCause.POSITION, symbol, held[symbol], told[symbol])
