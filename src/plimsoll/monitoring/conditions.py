"""What is wrong in one look. What could not be seen is said to be unseen, never to be well."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from plimsoll.core.books import ExchangeOrder, ExchangePosition
from plimsoll.core.books_words import order_words, position_words
from plimsoll.monitoring.memory import High
from plimsoll.monitoring.profile import Condition, WatchProfile
from plimsoll.monitoring.sight import AccountSight, Answer, BookedTrade, BotSight, Sight

SMALLEST = 1e-8
"""Amounts up to this differ by the rounding of floats alone."""
OF_THE_ACCOUNT = frozenset(
    {
        Condition.EQUITY_FALL,
        Condition.UNREAD_TRANSFERS,
        Condition.MISSING_STOP,
        Condition.UNKNOWN_POSITION,
        Condition.ORPHAN_ORDER,
    }
)
OF_THE_BOT = frozenset({Condition.BOT_STOPPED, Condition.LATE_CANDLE})


@dataclass(frozen=True, slots=True)
class Fault:
    """A condition that holds in a look, in words, and the pairs that it is about, if any."""

    condition: Condition
    text: str
    pairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Judgement:
    """What holds in a look, and what could not be judged in it."""

    faults: tuple[Fault, ...]
    unseen: frozenset[Condition]


def judge(sight: Sight, profile: WatchProfile, high: High | None) -> Judgement:
    """Return what is wrong, and what cannot be said.

    ``high`` is the highest equity of the last day, before this look.
    """
    faults: list[Fault] = [*_of_bot(sight, profile)]
    unseen: set[Condition] = set()
    if not sight.bot.answers:
        unseen |= OF_THE_BOT
    if sight.database is not None and sight.database.fault is not None:
        faults.append(Fault(Condition.DATABASE_GONE, _database_words(sight.database.fault)))
    account = sight.account
    if account is not None:
        faults += _of_clock(account, profile)
        if account.skew_seconds is None:
            unseen.add(Condition.CLOCK_SKEW)
        if account.books.fault is not None:
            unseen |= OF_THE_ACCOUNT
            faults.append(_not_readable(account))
        else:
            judged, unsure = _of_books(sight, account, profile, high)
            faults += judged
            unseen |= unsure
    return Judgement(tuple(faults), frozenset(unseen))


def _not_readable(account: AccountSight) -> Fault:
    if account.refused is not None:
        return Fault(
            Condition.KEY_REFUSED, f"the exchange refuses the watchdog's key: {account.refused}"
        )
    return Fault(Condition.BLIND, f"the exchange cannot be read: {account.books.fault}")


def _database_words(fault: str) -> str:
    return f"the bot's database cannot be read: {fault}"


# The bot


def market_now(sight: Sight) -> datetime:
    """Return the exchange's time where it is known, which the bot follows, else this machine's."""
    skew = None if sight.account is None else sight.account.skew_seconds
    return sight.at if skew is None else sight.at + timedelta(seconds=skew)


def last_sign(bot: BotSight) -> datetime | None:
    """Return the newest sign of life of the bot's loop."""
    return max((at for at in (bot.looped_at, bot.traced_at) if at is not None), default=None)


def is_looping(sight: Sight, profile: WatchProfile) -> bool:
    """Return whether the bot's loop has lately shown that it runs.

    A sign from the future, left by a clock that was set back since, is none.
    """
    bot, limit = sight.bot, profile.max_loop_age_seconds
    market = market_now(sight)
    looped_ahead = bot.looped_at is not None and _age(market, bot.looped_at) < -limit
    signs = ((bot.looped_at, sight.at if looped_ahead else market), (bot.traced_at, sight.at))
    return any(sign is not None and abs(_age(now, sign)) <= limit for sign, now in signs)


def _age(now: datetime, then: datetime) -> float:
    return (now - then).total_seconds()


def _of_bot(sight: Sight, profile: WatchProfile) -> Iterable[Fault]:
    bot = sight.bot
    looping = is_looping(sight, profile)
    if bot.answer is Answer.NOT_ASKED:
        if bot.traced_at is not None and not looping:
            yield Fault(Condition.BOT_HUNG, _silent_words(sight))
        return
    if not bot.answers:
        yield _no_answer(sight, looping=looping)
        return
    if bot.state == "stopped":
        yield Fault(
            Condition.BOT_STOPPED,
            "the bot is STOPPED: its positions are not managed until /start",
        )
        return
    if not looping:
        yield Fault(Condition.BOT_HUNG, _silent_words(sight))
    if (late := _late_seconds(sight)) is not None and late > profile.max_candle_delay_seconds:
        yield Fault(
            Condition.LATE_CANDLE,
            f"the bot's newest candle is {late:.0f} s later than it should be",
        )


def _no_answer(sight: Sight, *, looping: bool) -> Fault:
    """Tell a dead bot from a hung one, and both from an API that alone is gone."""
    bot = sight.bot
    said = f" ({bot.said})" if bot.said else ""
    if looping:
        return Fault(
            Condition.API_SILENT, f"the bot runs, but its REST API is {bot.answer.value}{said}"
        )
    if bot.answer is Answer.REFUSED:
        return Fault(Condition.BOT_DEAD, f"nothing answers at the bot's REST API{said}")
    if bot.answer in (Answer.TIMEOUT, Answer.CUT):
        return Fault(Condition.BOT_HUNG, f"the bot's REST API takes requests and is silent{said}")
    return Fault(Condition.API_SILENT, f"the bot's REST API is {bot.answer.value}{said}")


def _silent_words(sight: Sight) -> str:
    sign = last_sign(sight.bot)
    if sign is None:
        return "the bot has shown no loop yet"
    return f"the bot's last loop ended at {sign:%H:%M:%S} UTC, and none since"


def _late_seconds(sight: Sight) -> float | None:
    """Return how long the candle after the bot's newest has been closed; ``None``: not known."""
    bot = sight.bot
    if bot.candle_at is None or bot.timeframe_seconds is None:
        return None
    return _age(market_now(sight), bot.candle_at) - 2 * bot.timeframe_seconds


# The account


def _of_clock(account: AccountSight, profile: WatchProfile) -> Iterable[Fault]:
    skew = account.skew_seconds
    if skew is not None and not abs(skew) <= profile.max_clock_skew_seconds:
        yield Fault(
            Condition.CLOCK_SKEW,
            f"the exchange's clock differs from this machine's by {skew:+.1f} s",
        )


def _of_books(
    sight: Sight, account: AccountSight, profile: WatchProfile, high: High | None
) -> tuple[list[Fault], set[Condition]]:
    ignored = frozenset(profile.ignore_pairs)
    positions = [one for one in account.books.positions if one.pair not in ignored]
    orders = [one for one in account.books.orders if one.pair not in ignored]
    faults: list[Fault] = []
    unseen: set[Condition] = set()
    if profile.max_equity_fall_fraction is not None:
        if account.equity_usd is None:
            unseen |= {Condition.EQUITY_FALL, Condition.UNREAD_TRANSFERS}
            faults.append(Fault(Condition.BLIND, "the exchange does not tell the account's equity"))
        else:
            faults += _fall(account, account.equity_usd, profile.max_equity_fall_fraction, high)
            if account.transfers_fault is not None:
                unseen.add(Condition.EQUITY_FALL)
    steps = account.books.steps
    if profile.stops_on_exchange:
        bare = [one for one in positions if _without_stop(one, orders, steps.get(one.pair))]
        faults += _about(Condition.MISSING_STOP, "without a stop on the exchange: ", bare)
    booked, ids = _booked(sight)
    if booked is None:
        unseen.add(Condition.UNKNOWN_POSITION)
    else:
        beyond = [
            one for one in positions if _is_beyond(one, positions, booked, steps.get(one.pair))
        ]
        faults += _about(Condition.UNKNOWN_POSITION, "not as the bot has it: ", beyond)
    orphans = _orphans(orders, positions, ids)
    if ids is None and not orphans:
        unseen.add(Condition.ORPHAN_ORDER)
    faults += orphans
    return faults, unseen


def _fall(
    account: AccountSight, equity_usd: float, limit: float, high: High | None
) -> Iterable[Fault]:
    if high is None or not high.usd > 0.0:
        return
    own_usd = equity_usd - (account.moved_usd or 0.0)
    if own_usd > high.usd * (1.0 - limit):
        return
    fall = 1.0 - own_usd / high.usd
    text = (
        f"equity is {equity_usd:,.2f} USD at the exchange, {fall:.1%} below its highest of 24 "
        f"hours; the watchdog's limit is {limit:.1%}"
    )
    if account.transfers_fault is None:
        yield Fault(Condition.EQUITY_FALL, text)
        return
    why = f"the record of transfers cannot be read: {account.transfers_fault}"
    yield Fault(
        Condition.UNREAD_TRANSFERS, f"{text}; whether money was taken out is not known, {why}"
    )


def _about(
    condition: Condition, words: str, positions: Iterable[ExchangePosition]
) -> Iterable[Fault]:
    held = list(positions)
    if held:
        text = words + ", ".join(map(position_words, held))
        yield Fault(condition, text, tuple(sorted({one.pair for one in held})))


def closes(order: ExchangeOrder, position: ExchangePosition) -> bool:
    """Return whether an order can only make a position smaller."""
    return order.reduce_only and order.pair == position.pair and order.side is not position.side


def _without_stop(
    position: ExchangePosition, orders: Iterable[ExchangeOrder], step: float | None
) -> bool:
    """Return whether less than the whole of a position has a stop behind it.

    An order without an amount of its own closes the whole position.
    """
    stops = [one for one in orders if one.conditional and closes(one, position)]
    if any(one.amount == 0.0 for one in stops):
        return False
    covered = sum(one.amount - one.filled for one in stops if _is_stop(one, position))
    return not covered + max(step or 0.0, SMALLEST) > position.amount


def _is_stop(order: ExchangeOrder, position: ExchangePosition) -> bool:
    """Return whether its trigger lies on the losing side; one without a price is taken for it."""
    now = position.price
    if order.price is None or now is None:
        return True
    return (now - order.price) * position.side.sign > 0.0


def _booked(sight: Sight) -> tuple[tuple[BookedTrade, ...] | None, frozenset[str] | None]:
    """Return what the bot believes it holds, and its orders' ids: each ``None`` when unknown."""
    database = sight.database
    if database is not None and database.fault is None:
        return database.trades, database.order_ids
    return sight.bot.trades, None


def _is_beyond(
    position: ExchangePosition,
    positions: Iterable[ExchangePosition],
    booked: Iterable[BookedTrade],
    step: float | None,
) -> bool:
    pair = position.pair
    held = sum(one.amount * one.side.sign for one in positions if one.pair == pair)
    known = sum(one.amount * one.side.sign for one in booked if one.pair == pair)
    return not abs(held - known) <= max(step or 0.0, SMALLEST)


def _orphans(
    orders: Iterable[ExchangeOrder],
    positions: Iterable[ExchangePosition],
    ids: frozenset[str] | None,
) -> list[Fault]:
    """Return the orders that no trade knows, and without a database those of no position."""
    held = {one.pair for one in positions}
    strays = [
        one
        for one in orders
        if (one.reduce_only and one.pair not in held) or (ids is not None and one.id not in ids)
    ]
    if not strays:
        return []
    text = "orders that no trade of the bot knows: " + ", ".join(map(order_words, strays))
    return [Fault(Condition.ORPHAN_ORDER, text, tuple(sorted({one.pair for one in strays})))]
