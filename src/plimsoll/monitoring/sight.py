"""What a watchdog sees in one look, as values. What it does not see is ``None``, never healthy."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from plimsoll.core import Side
from plimsoll.core.books import ExchangeBooks


class Answer(StrEnum):
    """How the bot's REST API answered; ``cut`` is a connection that ends, as behind a proxy."""

    YES = "yes"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    CUT = "cut"
    DENIED = "denied"
    FAULTY = "faulty"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class BookedTrade:
    """An open trade as the bot has it, over REST or in its database; ``id`` is the bot's."""

    id: int
    pair: str
    side: Side
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSight:
    """The bot from outside.

    Attributes
    ----------
    answer, said
        How its REST API answered, and what it said when that was not well.
    state
        ``running``, ``paused`` or ``stopped``.
    looped_at
        The end of its last loop, by REST.
    traced_at
        When it last wrote in its own folder; ``None`` when that cannot be seen.
    candle_at, timeframe_seconds
        The opening of the newest candle that it has analysed, and how long a candle is.
    trades
        Its open trades, by REST.
    """

    answer: Answer
    said: str = ""
    state: str | None = None
    looped_at: datetime | None = None
    traced_at: datetime | None = None
    candle_at: datetime | None = None
    timeframe_seconds: float | None = None
    trades: tuple[BookedTrade, ...] | None = None

    @property
    def answers(self) -> bool:
        """Whether it can be asked to do something."""
        return self.answer is Answer.YES


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseSight:
    """The bot's database, read only; with its ``fault`` nothing else counts."""

    fault: str | None = None
    trades: tuple[BookedTrade, ...] = ()
    order_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSight:
    """The account at the exchange.

    Attributes
    ----------
    books
        Positions, orders and wallet, or their ``fault``.
    skew_seconds
        The exchange's clock less this machine's; ``None`` when it did not say.
    refused
        What the exchange said when it did not accept the key, or a right of it.
    moved_usd
        What was paid in since the highest equity, below zero when taken out; ``None`` when that
        was not asked, or not told.
    transfers_fault
        Why the record of transfers could not be read, where the exchange keeps one.
    """

    books: ExchangeBooks
    skew_seconds: float | None = None
    refused: str | None = None
    moved_usd: float | None = None
    transfers_fault: str | None = None

    @property
    def equity_usd(self) -> float | None:
        """The wallet with the open profit and loss; ``None`` when a part of it is not known."""
        books = self.books
        if books.fault is not None or books.wallet_usd is None:
            return None
        total = books.wallet_usd
        for one in books.positions:
            if one.mark_price is None or one.entry_price is None:
                return None
            total += one.side.sign * one.amount * (one.mark_price - one.entry_price)
        return total if abs(total) < float("inf") else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """One look. ``at`` is this machine's time, ``None`` parts are not watched at all."""

    at: datetime
    bot: BotSight
    database: DatabaseSight | None = None
    account: AccountSight | None = None
