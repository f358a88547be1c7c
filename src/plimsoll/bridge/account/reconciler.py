"""Holds the exchange's books against the database's: at the start, at a cadence, after fills."""

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Literal

from freqtrade.enums import TradingMode
from freqtrade.exchange import Exchange
from freqtrade.persistence import Trade

from plimsoll.bridge.account.bot_books import bookings, bot_books
from plimsoll.bridge.account.capital import Capital, read_capital, store_capital
from plimsoll.bridge.account.closed_trades import ClosedTrades
from plimsoll.bridge.account.exchange_books import (
    UNREADABLE,
    can_be_read,
    done_orders,
    marks_of,
    read_books,
)
from plimsoll.bridge.account.peers import PeerBooks, with_peers
from plimsoll.bridge.account.recovery import FAILURES, OF_A_TRADE, Mended, Mender
from plimsoll.bridge.freqtrade.order_ids import name_orders
from plimsoll.bridge.freqtrade.running_bot import bot_of
from plimsoll.core import PlimsollError
from plimsoll.core.books import BotBooks, Break, BreakKind, ExchangeBooks
from plimsoll.risk import RiskProfile
from plimsoll.risk.coins import Arrivals
from plimsoll.risk.reconciliation import (
    breaks,
    missed,
    transferred_usd,
    unexplained_amount,
    unexplained_money_usd,
)
from plimsoll.risk.unexplained import unexplained_profit_usd

logger = logging.getLogger(__name__)

LOOKS_WITH_A_BREAK = 3
"""How many times as often the exchange is asked while a break is there."""

LATE_RECORDS = timedelta(days=7)
"""How late a transfer may come on record: as much is always asked for again."""

Event = Literal["begun", "ended", "mended", "failed", "transfer", "accepted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What people are to know of the books, and what the decision log keeps.

    Attributes
    ----------
    event
        A break has begun or ended, it was mended or that failed, or money was moved.
    text
        A sentence for the people.
    age_seconds
        How old the break is, 0 for a transfer.
    """

    event: Event
    text: str
    age_seconds: float = 0.0
    about: Break | None = None
    amount_usd: float | None = None


class Reconciler:
    """The breaks of a live account, what is unexplained in USD, and its capital.

    Of a spot account there is neither: its money is Freqtrade's own figure.

    Parameters
    ----------
    exchange
        Freqtrade's own, whose orders carry the bot's prefix from now on.
    stops_on_exchange
        Whether the strategy keeps its stops on the exchange, asked at each look.
    bot
        Returns Freqtrade's bot, through which trades are recovered.

    Attributes
    ----------
    counts_money
        Whether the account's capital is known.
    peers
        Returns the books of the other bots on this account, ``None`` for one that told nothing.
    """

    def __init__(
        self,
        profile: RiskProfile,
        exchange: Exchange,
        closed: ClosedTrades,
        *,
        stops_on_exchange: Callable[[], bool],
        bot: Callable[[], Any | None],
    ) -> None:
        self._profile, self._exchange, self._closed = profile, exchange, closed
        self._stops_on_exchange = stops_on_exchange
        self._mender = Mender(exchange, bot)
        self._prefix = name_orders(exchange)
        self.counts_money = exchange.trading_mode != TradingMode.SPOT
        self._arrivals = Arrivals()
        self._news: list[News] = []
        self._capital = self._stored_capital()
        self._hedge_mode: bool | None = None
        self._looked_at: datetime | None = None
        self._looked_fully_at: datetime | None = None
        self._bookings: object = None
        self._stated: tuple[datetime, dict[str, float]] | None = None
        self._missing_usd = 0.0
        self._told: dict[object, Break] = {}
        self.breaks: tuple[Break, ...] = ()
        self._missed: tuple[Break, ...] = ()
        self.unexplained_usd = 0.0
        self.peers: Callable[[], Sequence[PeerBooks | None]] = tuple

    @property
    def capital(self) -> Capital:
        """The account's own money.

        Raises
        ------
        PlimsollError
            When nothing was ever accepted, since the books could not be read yet.
        """
        if self._capital is None:
            why = "; ".join(one.text for one in self.breaks) or "they were not read yet"
            raise PlimsollError(f"the capital of the account is not known yet: {why}")
        return self._capital

    def marks_of(self, now: datetime) -> Mapping[str, float] | None:
        """Return the exchange's mark prices where its books were read in this loop, else `None`."""
        stated = self._stated
        return None if stated is None or stated[0] != now else stated[1]

    def take_news(self) -> list[News]:
        """Return once what there is to tell, oldest first."""
        news, self._news = self._news, []
        return news

    def look_again(self, since: datetime) -> None:
        """Count from this moment on how long books cannot be read: before it nobody tried."""
        self.breaks = tuple(
            replace(one, since=max(one.since, since))
            if one.kind is BreakKind.UNREADABLE_BOOKS
            else one
            for one in self.breaks
        )

    def look(self, now: datetime, trades: Sequence[Trade]) -> bool:
        """Compare the books where it is time to, and mend what is the bot's own.

        ``trades`` are the open ones.

        Returns
        -------
        Whether something was mended, so that trades may have changed.
        """
        booked = bookings(trades, len(self._closed.trades))
        profile = self._profile
        fully = _is_over(self._looked_fully_at, now, profile.reconcile_seconds)
        often = profile.reconcile_seconds / LOOKS_WITH_A_BREAK
        again = bool(self.breaks or self._missed) and _is_over(self._looked_at, now, often)
        if not fully and not again and booked == self._bookings:
            return False
        before, starts = (*self.breaks, *self._missed), self._looked_at is None
        books = self._compare(now, before, fully=fully)
        ripe = [one for one in self.breaks if not one.unseen and (starts or not one.settling)]
        self._tell_begun(ripe, now)
        mended = books.fault is None and self._mend(ripe, books, now)
        if mended:
            self._closed.read()
            books = self._compare(now, before, fully=False)
            booked = bookings(Trade.get_open_trades(), len(self._closed.trades))
        if fully and books.fault is None:
            self._looked_fully_at = now
        self._looked_at, self._bookings = now, booked
        self._tell_begun([one for one in self.breaks if not one.settling], now)
        self._tell_ended(now)
        return mended

    def _tell_begun(self, breaks: Sequence[Break], now: datetime) -> None:
        for one in breaks:
            if one.key not in self._told:
                self._told[one.key] = one
                self._news.append(_news("begun", one, now))

    def _tell_ended(self, now: datetime) -> None:
        there = {one.key for one in self.breaks}
        for key in [key for key in self._told if key not in there]:
            self._news.append(_news("ended", self._told.pop(key), now))

    def accept(self) -> None:
        """Take the wallet as it is for the account's own money: a person has said so.

        What moved it up to the last look is part of it, whenever its record comes. The break is
        over at once: one look that misses it would leave it there, old enough to halt again.
        """
        if self._capital is None or not self._missing_usd:
            return
        moved, self._missing_usd = self._missing_usd, 0.0
        at = max(self._capital.at, self._looked_at or self._capital.at)
        self._keep(replace(self._capital, usd=self._capital.usd + moved, at=at))
        self.unexplained_usd, self._looked_fully_at = 0.0, None
        self.breaks = tuple(one for one in self.breaks if one.kind is not BreakKind.MONEY)
        self._missed = tuple(one for one in self._missed if one.kind is not BreakKind.MONEY)
        text = f"{moved:+,.2f} USD that nothing explains were accepted as the account's own"
        self._news.append(News(event="accepted", text=text, amount_usd=moved))

    def _compare(self, now: datetime, before: Sequence[Break], *, fully: bool) -> ExchangeBooks:
        """Read both books, take in transfers, and find the breaks; return the exchange's."""
        capital = self._capital
        books = read_books(
            self._exchange,
            now,
            transfers_since=None if capital is None else capital.at,
            hedge_mode=None if fully else self._hedge_mode,
        )
        bot = self._bot_books(books, now)
        if books.fault is None:
            self._stated = (now, marks_of(books.positions)) if self.counts_money else None
            self._hedge_mode = books.hedge_mode
            self._follow(books, bot, now)
            if self._capital is not capital:
                bot = self._bot_books(books, now)
            with_orders = self._looked_into(books, bot)
            if with_orders is not books:
                books, bot = with_orders, self._bot_books(with_orders, now)
        books = self._arrivals.taken(books, bot)
        self.breaks = breaks(books, bot, self._profile, before)
        self._missed = missed(before, self.breaks)
        if books.fault is None and self.counts_money:
            self._value(books, bot)
            self._ask_less(books)
        return books

    def _looked_into(self, books: ExchangeBooks, bot: BotBooks) -> ExchangeBooks:
        """Add the orders of the pairs whose positions differ: they tell whose they are.

        On spot they tell whether there is a position at all: without them nothing is known.
        """
        positions = {one.pair for one in books.positions}
        differ = [pair for pair in positions if unexplained_amount(pair, books, bot)]
        if books.coins is not None:
            differ = self._arrivals.pairs(books, bot)
        if not differ:
            return books
        try:
            done = [
                one for pair in differ for one in done_orders(self._exchange, pair, books.as_of)
            ]
        except UNREADABLE as error:
            fault = f"the orders of {', '.join(differ)} cannot be read: {error}"
            logger.warning("plimsoll: %s", fault)
            return books if books.coins is None else replace(books, fault=fault)
        return replace(books, done=tuple(done))

    def own_books(self, now: datetime, reported: Iterable[str] = ()) -> BotBooks:
        """Return what this bot's database says of the account."""
        capital, earned = self._capital, self._closed.earned_usd
        return bot_books(
            self._exchange._config,  # noqa: SLF001 - Freqtrade's exchange offers no config
            now,
            reported=reported,
            prefix=self._prefix,
            stops_on_exchange=self._stops_on_exchange(),
            closed_profit_usd=earned + (0.0 if capital is None else capital.beside_usd),
            capital=None if capital is None else (capital.usd, capital.at),
        )

    def _bot_books(self, books: ExchangeBooks, now: datetime) -> BotBooks:
        own = self.own_books(now, [one.id for one in (*books.orders, *books.done)])
        return with_peers(own, self.peers())

    def _follow(self, books: ExchangeBooks, bot: BotBooks, now: datetime) -> None:
        """Take transfers on record into the capital; accept the wallet where there is none yet."""
        capital = self._capital
        if capital is None:
            if books.wallet_usd is not None and bot.earned_usd is not None:
                self._keep(Capital(books.wallet_usd - bot.earned_usd, now))
            return
        news = [one for one in books.transfers or () if one.at > capital.at]
        if not news:
            return
        moved = transferred_usd(books, capital.at)
        self._keep(replace(capital, usd=capital.usd + moved, at=max(one.at for one in news)))
        text = (
            f"{moved:+,.2f} USD were moved by transfers on the exchange's record; losses are "
            "measured from as much more or less"
        )
        self._news.append(News(event="transfer", text=text, amount_usd=moved))

    def _ask_less(self, books: ExchangeBooks) -> None:
        """Where the wallet agrees, ask for no older transfers than may still come on record.

        All that are on record are in the capital by now, and none is counted again: only the
        moment moves, and only forward.
        """
        capital = self._capital
        agrees = not any(one.kind is BreakKind.MONEY for one in self.breaks)
        if capital is None or not agrees or books.wallet_usd is None or books.transfers is None:
            return
        if books.as_of - capital.at > 2 * LATE_RECORDS:
            self._keep(replace(capital, at=books.as_of - LATE_RECORDS))

    def _value(self, books: ExchangeBooks, bot: BotBooks) -> None:
        """Work out what is unexplained in USD: missing money, and positions beyond their trades.

        Until it is old enough to halt, money counts only as far as it makes up for a position
        that the trades do not know of: a fill is in the wallet before it is booked, and a
        withdrawal before its record. A surplus is no profit: nobody knows whose it is.
        """
        pairs = {one.pair for one in books.positions} | {one.pair for one in bot.trades}
        held = sum(unexplained_profit_usd(pair, books, bot) for pair in pairs)
        money = self._missing_usd = unexplained_money_usd(books, bot) or 0.0
        ages = [one.age_seconds(books.as_of) for one in self.breaks if one.kind is BreakKind.MONEY]
        if any(not age > self._profile.max_break_seconds for age in ages):
            money = max(money, -max(held, 0.0)) if money < 0 else min(money, max(-held, 0.0))
        total = held + money
        self.unexplained_usd = total if not total > 0 else 0.0

    def _mend(self, ripe: Sequence[Break], books: ExchangeBooks, now: datetime) -> bool:
        """Mend what is the bot's own of what has not settled; return whether anything was.

        Trades first: with a trade Freqtrade takes its orders away, and the rest is looked at
        again after that.
        """
        theirs = {trade.pair for peer in self.peers() if peer is not None for trade in peer.trades}
        theirs -= {trade.pair for trade in Trade.get_open_trades()}
        ripe = [one for one in ripe if one.pair not in theirs]  # another bot's to look after
        of_trades = [one for one in ripe if one.kind in OF_A_TRADE]
        done = self._mended(of_trades, books, now)
        if not done:
            done = self._mended([one for one in ripe if one not in of_trades], books, now)
        self._mender.forget_others(self.breaks)
        earned = sum(one.earned_usd for one in done)
        if earned and self._capital is not None:
            beside = self._capital.beside_usd + earned
            self._keep(replace(self._capital, beside_usd=beside))
        return bool(done)

    def _mended(self, breaks: Iterable[Break], books: ExchangeBooks, now: datetime) -> list[Mended]:
        done = []
        for one in breaks:
            try:
                mended = self._mender.mend(one, books)
            except FAILURES as error:
                text = f"{one.text}; it could not be mended: {error}"
                self._news.append(_news("failed", one, now, text=text))
                continue
            if mended is not None:
                done.append(mended)
                self._news.append(_news("mended", one, now, text=mended.text))
        return done

    def _keep(self, capital: Capital) -> None:
        store_capital(capital)
        self._capital = capital

    def _stored_capital(self) -> Capital | None:
        try:
            return read_capital()
        except PlimsollError as error:
            text = f"{error}; the wallet of this start is taken for the account's own money"
            self._news.append(News(event="failed", text=text))
            return None


def reconciler_of(strategy: Any, profile: RiskProfile, closed: ClosedTrades) -> Reconciler | None:
    """Return what reads the books of a strategy's account; ``None`` where there are none.

    A dry-run has no account on the exchange.
    """
    if not can_be_read(strategy.config):
        return None
    data = strategy.dp
    return Reconciler(
        profile,
        data._exchange,  # noqa: SLF001 - DataProvider offers no exchange
        closed,
        stops_on_exchange=lambda: bool(strategy.order_types.get("stoploss_on_exchange")),
        bot=lambda: bot_of(data),
    )


def _news(event: Event, one: Break, now: datetime, *, text: str | None = None) -> News:
    return News(event=event, text=text or one.text, age_seconds=one.age_seconds(now), about=one)


def _is_over(since: datetime | None, now: datetime, seconds: float) -> bool:
    """Return whether so much time has passed, or the clock was set back."""
    return since is None or not timedelta() <= now - since < timedelta(seconds=seconds)
