"""The exchange's own books against a bot's database, from outside: nothing is changed."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from plimsoll.control.audit_rows import AuditRow, audit_rows
from plimsoll.control.bot import Bot, now_of
from plimsoll.control.exchange import books_record, has_account, read_account
from plimsoll.control.remedies import remedy
from plimsoll.core.books import BotBooks, Break, BreakKind, ExchangeBooks
from plimsoll.risk import RiskProfile
from plimsoll.risk.coins import Arrivals, with_positions
from plimsoll.risk.reconciliation import breaks as breaks_of

PAUSE_SECONDS = 5.0
"""Between two looks at what may settle."""
DRY_RUN = (
    "a dry-run has no account at the exchange; its positions, orders and money exist in the "
    "database alone"
)
NOT_READ = "how an account that is traded on margin compares: its books are not read"
SPOT_COINS = (
    "whose the coins are that no trade explains: those alone that filled orders with the bot's "
    "name have bought in the last days, and no trade knows, are a break"
)
SPOT_MONEY = "what the wallet should hold: of a spot account no money is compared"
NO_STOPS = (
    "whether the strategy keeps its stops on the exchange: neither a bot nor the config says so, "
    "so that a missing stop is not reported"
)
NO_CAPITAL = "what the wallet should hold: no guarded bot has accepted its money yet"
NO_TRANSFERS = "which money was moved by a person: the exchange keeps no record that can be read"
NO_MODE = "whether the account is in hedge mode: the exchange does not tell"
OWNERS = "which orders are the bot's own: the exchange takes no names for them"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How the two sides compare.

    Attributes
    ----------
    exchange_name, database_name
        What was read, in words.
    exchange
        The exchange's books; ``None`` where there is no account to compare with.
    unknown
        What could not be known, in plain English.
    """

    as_of: datetime
    exchange_name: str
    database_name: str
    exchange: ExchangeBooks | None
    bot: BotBooks
    breaks: tuple[Break, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def rows(self) -> list[AuditRow]:
        """Both sides, line by line."""
        return audit_rows(self.exchange, self.bot, self.breaks)

    @property
    def is_sound(self) -> bool:
        """Whether no side contradicts the other; what still settles is not sound yet."""
        return not self.breaks

    @property
    def summary(self) -> str:
        """The last line."""
        if self.exchange is None:
            return "nothing to compare"
        count = len(self.breaks)
        if not count:
            return "sound: the exchange and the database agree"
        return "1 break" if count == 1 else f"{count} breaks"

    def as_record(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        told = [
            {**asdict(one), "age_seconds": one.age_seconds(self.as_of), "remedy": remedy(one)}
            for one in self.breaks
        ]
        return {
            "as_of": self.as_of,
            "compared": self.exchange is not None,
            "sound": self.is_sound,
            "exchange_name": self.exchange_name,
            "database_name": self.database_name,
            "rows": [{**asdict(row), "state": row.state} for row in self.rows],
            "breaks": told,
            "unknown": list(self.unknown),
            "exchange": None if self.exchange is None else books_record(self.exchange),
            "database": {
                name: sorted(value) if isinstance(value, frozenset) else value
                for name, value in asdict(self.bot).items()
            },
        }


def run_audit(bot: Bot, tell: Callable[[str], object]) -> Audit:
    """Read both sides of a bot's account and compare them.

    What the bot has just sent may be booked on one side only: while one runs, such a break is
    looked at again until it is gone, or too old for that.

    Raises
    ------
    UsageError
        When there is no such database.
    PlimsollError
        When it cannot be read.
    """
    from plimsoll.control.rearm import is_written

    status = bot.folder.status() or {}
    if not has_account(bot):
        return _without_account(bot, status)
    runs = is_written(bot.folder.decisions)
    profile = bot.settings.risk
    if not runs:  # nobody is about to book anything
        profile = profile.model_copy(update={"break_settling_seconds": 0.0})
    look = _look(bot, status, profile, told_breaks(status))
    deadline = time.monotonic() + profile.break_settling_seconds
    while any(one.settling for one in look.breaks) and time.monotonic() < deadline:
        tell(_looks_again(look.breaks, profile))
        time.sleep(PAUSE_SECONDS)
        look = _look(bot, bot.folder.status() or {}, profile, look.breaks)
    return look


def _looks_again(breaks: Sequence[Break], profile: RiskProfile) -> str:
    settling = [one for one in breaks if one.settling]
    again = f"looking again for up to {profile.break_settling_seconds:g} s ..."
    of_money = all(one.kind is BreakKind.MONEY for one in settling)
    return again if of_money else f"an order may just be under way; {again}"


def told_breaks(status: Mapping[str, Any]) -> tuple[Break, ...]:
    """Return the breaks that the bot's status names: with the moment that each was first seen."""
    told = []
    for one in status.get("breaks") or ():
        try:
            told.append(
                Break(
                    kind=BreakKind(one["kind"]),
                    text=str(one["text"]),
                    since=datetime.fromisoformat(one["since"]).astimezone(UTC),
                    pair=one.get("pair"),
                    order=one.get("order"),
                )
            )
        except (KeyError, TypeError, ValueError):
            continue  # of another version: it costs an age, not a break
    return tuple(told)


def _without_account(bot: Bot, status: Mapping[str, Any]) -> Audit:
    now, dry_run = now_of(bot, status), bot.config.get("dry_run", True)
    return Audit(
        as_of=now,
        exchange_name="dry-run" if dry_run else str(bot.config.get("trading_mode")),
        database_name=bot.db_url,
        exchange=None,
        bot=_bot_books(bot, status, now, None, None),
        unknown=(DRY_RUN if dry_run else NOT_READ,),
    )


def _look(
    bot: Bot, status: Mapping[str, Any], profile: RiskProfile, before: Sequence[Break]
) -> Audit:
    now = now_of(bot, status)
    since = _bot_books(bot, status, now, None, None).capital_at
    account = read_account(bot.config, now, transfers_since=since)
    own = _bot_books(bot, status, now, account.books, account.prefix)
    pairs = {one.pair for one in breaks_of(account.books, own, profile) if one.pair is not None}
    if account.books.coins is not None:
        pairs = set(Arrivals().pairs(account.books, own))
    if pairs and account.books.fault is None:
        # Whose a position is, the orders of its pair tell.
        account = read_account(bot.config, now, transfers_since=since, look_into=sorted(pairs))
        own = _bot_books(bot, status, now, account.books, account.prefix)
    books = with_positions(account.books, own)
    seen = breaks_of(books, own, profile, before)
    return Audit(
        as_of=now,
        exchange_name=f"{(bot.config.get('exchange') or {}).get('name', 'none named')}, live",
        database_name=bot.db_url,
        exchange=books,
        bot=own,
        breaks=tuple(one for one in seen if not one.unseen),
        unknown=tuple(_unknown(bot, status, own, books)),
    )


def _bot_books(
    bot: Bot,
    status: Mapping[str, Any],
    now: datetime,
    books: ExchangeBooks | None,
    prefix: str | None,
) -> BotBooks:
    """Return what the database says, read only, by the functions that the bot reads it with."""
    from plimsoll.bridge.account.bot_books import bot_books
    from plimsoll.bridge.account.capital import UnreadableCapitalError, read_capital
    from plimsoll.bridge.account.closed_trades import ClosedTrades
    from plimsoll.control.database import opened_to_read

    orders = () if books is None else (*books.orders, *books.done)
    with opened_to_read(bot.db_url):
        try:
            capital = read_capital()
        except UnreadableCapitalError:
            capital = None
        closed = ClosedTrades()
        closed.read()
        beside_usd = 0.0 if capital is None else capital.beside_usd
        return bot_books(
            bot.config,
            now,
            reported=[one.id for one in orders],
            prefix=prefix,
            stops_on_exchange=bool(_stops_on_exchange(bot, status)),
            closed_profit_usd=closed.earned_usd + beside_usd,
            capital=None if capital is None else (capital.usd, capital.at),
        )


def _stops_on_exchange(bot: Bot, status: Mapping[str, Any]) -> bool | None:
    """Return whether stops are kept on the exchange; ``None`` when neither bot nor config says."""
    told = status.get("stops_on_exchange")
    if told is None:
        told = (bot.config.get("order_types") or {}).get("stoploss_on_exchange")
    return None if told is None else bool(told)


def _unknown(
    bot: Bot, status: Mapping[str, Any], own: BotBooks, books: ExchangeBooks
) -> Iterable[str]:
    if _stops_on_exchange(bot, status) is None:
        yield NO_STOPS
    if books.fault is not None:
        return
    if own.prefix is None:
        yield OWNERS
    if books.coins is not None:
        yield from (SPOT_COINS, SPOT_MONEY)
        return
    if own.capital_usd is None:
        yield NO_CAPITAL
    if books.transfers is None:
        yield NO_TRANSFERS
    if books.hedge_mode is None:
        yield NO_MODE
