"""A live bot's account at its exchange, read from outside. Nothing is sent but questions.

Freqtrade is imported when it is needed: a halt must not wait for seconds of imports.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from plimsoll.bridge.config.layers import quiet_logs
from plimsoll.control.bot import Bot
from plimsoll.core import PlimsollError
from plimsoll.core.books import BotBooks, BotTrade, ExchangeBooks
from plimsoll.journal.files import last
from plimsoll.journal.kind import Kind
from plimsoll.risk.coins import MAX_FEE_FRACTION, with_positions

if TYPE_CHECKING:
    from freqtrade.exchange import Exchange

    from plimsoll.control.database import OpenPosition

REQUEST_SECONDS = 5.0
"""How long one request may take; an exchange that is well answers in a fraction of a second."""
LOOK_SECONDS = 30.0
"""How long all requests of one look may take together: a dozen, and the list of markets."""

OTHER_LAYERS = (
    "by its last start this bot trades with money, but the config given is a dry-run's; give the "
    "layers that it was started with, each with -c"
)
SMALLEST_AMOUNT = 1e-8
"""Amounts up to this differ by the rounding of floats alone."""

Answer = TypeVar("Answer")


def has_account(bot: Bot) -> bool:
    """Return whether a bot has an account at an exchange that can be compared.

    A config without the bot's own layers says "dry-run" by default. What the last start in its
    decision log traded counts as well: a paper config makes no live account flat.
    """
    if bot.config.get("dry_run", True):
        return _started_live(bot)
    from plimsoll.bridge.account.exchange_books import can_be_read

    return can_be_read(bot.config)


def _started_live(bot: Bot) -> bool:
    started = last(bot.folder.decisions, Kind.START) or {}
    return (started.get("config") or {}).get("dry_run") is False


@contextmanager
def connected(config: Mapping[str, Any]) -> "Iterator[Exchange]":
    """Yield Freqtrade's exchange of a config, with the config's keys, without its own start.

    That start refuses an account in hedge mode, which we have to name; and it would ask for
    candles, markets and tiers that nobody needs here.

    Raises
    ------
    PlimsollError
        When the config names no exchange, one that ccxt does not know, or no key.
    """
    import freqtrade.exchange as exchanges
    from freqtrade.enums import RunMode
    from freqtrade.exceptions import FreqtradeException
    from freqtrade.exchange.common import MAP_EXCHANGE_CHILDCLASS

    whole = {**deepcopy(dict(config)), "runmode": RunMode.OTHER}
    named = whole.get("exchange") or {}
    name = str(named.get("name", ""))
    if not name:
        raise PlimsollError("the config names no exchange; name the bot's own layers with -c")
    if not any(named.get(key) for key in ("key", "api_key", "apiKey", "wallet_address")):
        raise PlimsollError(
            "the config has no exchange key; set FREQTRADE__EXCHANGE__KEY and "
            "FREQTRADE__EXCHANGE__SECRET as for the bot"
        )
    title = MAP_EXCHANGE_CHILDCLASS.get(name, name).title()
    kind = getattr(exchanges, title, exchanges.Exchange)
    reader = type(title, (kind,), {"additional_exchange_init": lambda self: None})
    with quiet_logs():
        try:
            exchange = reader(whole, validate=False)
        except FreqtradeException as error:
            raise PlimsollError(str(error).splitlines()[0]) from None
        try:
            for api in (exchange._api, exchange._api_async):  # noqa: SLF001 - there is no setting
                api.timeout = REQUEST_SECONDS * 1000
                # A reader takes the exchange's time: a clock that is off must not blind it.
                api.options["adjustForTimeDifference"] = True
                # On spot it would sign for lists, which nobody needs, before it asks for the time.
                api.options |= {"fetchMargins": False, "fetchCurrencies": False}
            yield exchange
        finally:
            exchange.close()


def within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Return what a question answers, if it does so in time.

    Raises
    ------
    PlimsollError
        When it does not; and whatever the question itself raises.
    """
    answers: list[Answer] = []
    faults: list[Exception] = []

    def run() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # noqa: BLE001 - it is raised again below
            faults.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if faults:
        raise faults[0]
    if not answers:
        raise PlimsollError(f"the exchange did not answer within {seconds:.0f} s")
    return answers[0]


@dataclass(frozen=True, slots=True)
class Account:
    """What was read of an account, and what the names of the bot's own orders begin with."""

    books: ExchangeBooks
    prefix: str | None = None


def read_account(
    config: Mapping[str, Any],
    as_of: datetime,
    *,
    transfers_since: datetime | None = None,
    look_into: Iterable[str] = (),
) -> Account:
    """Return the exchange's books of a live account; with their ``fault`` when it says nothing."""
    from plimsoll.bridge.account.exchange_books import read_books
    from plimsoll.bridge.freqtrade.order_ids import order_prefix

    if config.get("dry_run", True):
        return Account(ExchangeBooks(as_of=as_of, fault=OTHER_LAYERS))

    def ask() -> Account:
        with connected(config) as exchange:
            # Later, in the middle of reading, it would exchange ccxt's options for others.
            exchange.reload_markets(load_leverage_tiers=False)
            books = read_books(
                exchange, as_of, transfers_since=transfers_since, look_into=look_into
            )
            return Account(books, order_prefix(exchange))

    try:
        return within(LOOK_SECONDS, ask)
    except PlimsollError as error:
        return Account(ExchangeBooks(as_of=as_of, fault=str(error)))


def held_of(books: ExchangeBooks, positions: "Sequence[OpenPosition] | None") -> ExchangeBooks:
    """Return a spot account's books with what a database's positions hold there; others as is.

    Which coins are the bot's, its database alone says: without it nothing is known.
    """
    if books.coins is None or books.fault is not None:
        return books
    if positions is None:
        return replace(books, fault="which coins are the bot's is not known without its database")
    trades = tuple(
        BotTrade(
            pair=one.pair,
            side=one.side,
            amount=one.amount,
            price=one.entry_price,
            fee_amount=one.amount * MAX_FEE_FRACTION,
        )
        for one in positions
    )
    return with_positions(books, BotBooks(trades=trades))


def books_record(books: ExchangeBooks) -> dict[str, Any]:
    """Return the books as plain values for JSON, without the orders that are done."""
    return {name: value for name, value in asdict(books).items() if name not in ("done", "steps")}


def is_flat(books: ExchangeBooks) -> bool:
    """Return whether nothing is held, nothing can open by itself, and the books say so.

    Margin that nothing uses is a report that lacks something, not a flat account.
    """
    opening = [one for one in books.orders if not one.reduce_only]
    return books.fault is None and not books.positions and not opening and not books.margin_usd


def differ(books: ExchangeBooks, positions: Sequence["OpenPosition"]) -> bool:
    """Return whether the exchange holds other positions than a database says."""
    held: dict[str, float] = {one.pair: 0.0 for one in books.positions}
    for one in books.positions:
        held[one.pair] += one.amount * one.side.sign
    for trade in positions:
        held[trade.pair] = held.get(trade.pair, 0.0) - trade.amount * trade.side.sign
    return any(abs(beyond) > SMALLEST_AMOUNT for beyond in held.values())
