"""What the exchange holds, what the bot believes it holds, and where the two differ."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from plimsoll.core.side import Side


class BreakKind(StrEnum):
    """How the exchange's books and the bot's can differ."""

    UNREADABLE_BOOKS = "unreadable_books"
    HEDGE_MODE = "hedge_mode"
    CROSS_MARGIN = "cross_margin"
    UNEXPLAINED_POSITION = "unexplained_position"
    MISSING_POSITION = "missing_position"
    WRONG_SIZE = "wrong_size"
    WRONG_SIDE = "wrong_side"
    MISSING_STOP = "missing_stop"
    STOP_WITHOUT_POSITION = "stop_without_position"
    UNKNOWN_ORDER = "unknown_order"
    FOREIGN_ORDER = "foreign_order"
    MONEY = "money"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePosition:
    """A position as the exchange reports it; ``None`` is what it does not tell.

    Attributes
    ----------
    amount
        In the base currency, positive for both sides.
    cross
        Whether the whole account backs it, instead of a margin of its own.
    """

    pair: str
    side: Side
    amount: float
    entry_price: float | None = None
    mark_price: float | None = None
    cross: bool | None = None

    @property
    def price(self) -> float | None:
        """The price to value it by: the mark, or the entry where there is no mark."""
        return self.entry_price if self.mark_price is None else self.mark_price


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeOrder:
    """An order as the exchange reports it.

    Attributes
    ----------
    client_id
        What its sender called it; ``None`` when the exchange keeps no such name.
    side
        ``Side.LONG`` buys, ``Side.SHORT`` sells.
    amount, filled
        In the base currency; what is filled of an open order is in the position already.
    price
        Its limit or its trigger; ``None`` at market.
    conditional
        Whether it waits for a trigger, as a stop does.
    """

    id: str
    pair: str
    side: Side
    amount: float
    filled: float = 0.0
    price: float | None = None
    client_id: str | None = None
    conditional: bool = False
    reduce_only: bool = False
    placed_at: datetime | None = None

    def is_named(self, prefix: str | None) -> bool:
        """Whether its sender's name for it begins with a prefix."""
        return bool(prefix) and (self.client_id or "").startswith(prefix or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Transfer:
    """Money that a person moved: above zero into the account, below zero out of it."""

    id: str
    at: datetime
    amount_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeBooks:
    """The account as the exchange reports it, in the stake currency (USD).

    Attributes
    ----------
    as_of
        When it was read; timezone-aware, UTC.
    fault
        Why it could not be read; nothing else counts then, and nothing of it means flat.
    positions, orders
        What is open, of every pair, conditional orders included.
    done
        Orders of the last days that are no longer open, for the pairs that were looked into.
    wallet_usd
        The whole wallet without the profit and loss of open positions; ``None`` when unknown.
    margin_usd
        The part of it that backs positions; ``None`` when unknown.
    transfers
        Money that was moved since the moment that was asked for; ``None`` when the exchange
        keeps no record that can be read.
    hedge_mode
        Whether a pair may be held long and short at once; ``None`` when it does not tell.
    steps
        The smallest amount of each pair that can be traded, in the base currency.
    coins
        What a spot account has of each currency, free and in orders together; ``None`` where
        there are positions. Which of the coins are the bot's, `plimsoll.risk.coins` says.
    """

    as_of: datetime
    fault: str | None = None
    positions: tuple[ExchangePosition, ...] = ()
    orders: tuple[ExchangeOrder, ...] = ()
    done: tuple[ExchangeOrder, ...] = ()
    wallet_usd: float | None = None
    margin_usd: float | None = None
    transfers: tuple[Transfer, ...] | None = None
    hedge_mode: bool | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    coins: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        """Refuse a moment that is not UTC."""
        _refuse_other_zones(self.as_of)

    def signed_amount(self, pair: str) -> float:
        """Return what is held of a pair, below zero when short."""
        return sum(one.amount * one.side.sign for one in self.positions if one.pair == pair)


@dataclass(frozen=True, slots=True, kw_only=True)
class BotTrade:
    """An open trade as the bot's database has it.

    Attributes
    ----------
    amount
        In the base currency, what is booked as filled; 0 while the entry rests.
    price
        What to value it by: its entry.
    entering, leaving
        What its open orders may add to the position, and take from it, at most.
    stop_expected
        Whether a stop order is to stand on the exchange for it.
    fee_amount
        What its entries may have paid as fees in the base currency, at most; 0 where fees are
        known to be paid in another.
    """

    pair: str
    side: Side
    amount: float
    price: float
    entering: float = 0.0
    leaving: float = 0.0
    stop_expected: bool = False
    fee_amount: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BotBooks:
    """The account as the bot's database has it.

    Attributes
    ----------
    trades
        The open trades.
    order_ids
        The exchange's ids of every order in the database.
    prefix
        What the names of the bot's own orders begin with; ``None`` when the exchange takes no
        such names, so that orders are known by the database alone.
    ordered_at
        When the bot last sent an order, by pair.
    isolated
        Whether each position is to have a margin of its own.
    earned_usd
        What the trades have put into the wallet so far, below zero for a loss: realised profit
        and loss, fees and funding; ``None`` when unknown.
    capital_usd, capital_at
        The wallet without what was earned, when it was last accepted, and when that was;
        ``None`` before the first time.
    peer_prefixes, peer_orders, peer_pairs
        Names and ids of orders of other bots on this account, and the pairs that they trade.
    """

    trades: tuple[BotTrade, ...] = ()
    order_ids: frozenset[str] = frozenset()
    prefix: str | None = None
    ordered_at: Mapping[str, datetime] = field(default_factory=dict)
    isolated: bool = True
    earned_usd: float | None = None
    capital_usd: float | None = None
    capital_at: datetime | None = None
    peer_prefixes: tuple[str, ...] = ()
    peer_orders: frozenset[str] = frozenset()
    peer_pairs: frozenset[str] = frozenset()

    def is_peers(self, order: ExchangeOrder) -> bool:
        """Whether another bot of the fleet sent an order, and looks after it."""
        named = any(order.is_named(prefix) for prefix in self.peer_prefixes)
        return named or order.id in self.peer_orders


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """One difference between the exchange's books and the bot's.

    Attributes
    ----------
    kind
        What differs.
    text
        A sentence that says so in plain English.
    since
        When it was first seen; timezone-aware, UTC.
    pair, order
        What it is about; ``None`` where it is about the account.
    exchange, database
        The two figures: signed amounts in the base currency, USD of money; ``None`` where
        there is no figure.
    size_usd
        How large it is; ``None`` when that cannot be known, which counts as larger than any.
    ours
        Whether the bot owns it beyond doubt.
    settling
        Whether an order of the bot's own that has just been sent may explain it: entries wait,
        but nobody is told yet.
    unseen
        Whether the latest look no longer showed it: it ends with the next that does not.
    """

    kind: BreakKind
    text: str
    since: datetime
    pair: str | None = None
    order: str | None = None
    exchange: float | None = None
    database: float | None = None
    size_usd: float | None = None
    ours: bool = False
    settling: bool = False
    unseen: bool = False

    def __post_init__(self) -> None:
        """Refuse a moment that is not UTC."""
        _refuse_other_zones(self.since)

    @property
    def key(self) -> tuple[BreakKind, str | None, str | None]:
        """What makes it the same break from one look to the next."""
        return self.kind, self.pair, self.order

    def age_seconds(self, now: datetime) -> float:
        """Return how long it has been there."""
        return (now - self.since).total_seconds()


def held_beside(breaks: Iterable[Break]) -> dict[str, float]:
    """Return what the exchange holds beside the trades, by pair, below zero when short.

    As of the last look: what it no longer showed is not held.
    """
    return {
        str(one.pair): (one.exchange or 0.0) - (one.database or 0.0)
        for one in breaks
        if one.kind in (BreakKind.UNEXPLAINED_POSITION, BreakKind.WRONG_SIZE)
        and not one.unseen
        and not abs(one.exchange or 0.0) <= abs(one.database or 0.0)
    }


def _refuse_other_zones(moment: datetime) -> None:
    if moment.utcoffset() != timedelta(0):
        message = f"expected a timezone-aware UTC moment, found {moment!r}"
        raise ValueError(message)
