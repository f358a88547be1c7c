"""The next steps of what is latched, in their order: through the bot first, then directly."""

from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum

from plimsoll.core.books import ExchangeBooks, ExchangeOrder, ExchangePosition
from plimsoll.core.books_words import order_words, position_words
from plimsoll.monitoring.conditions import is_looping
from plimsoll.monitoring.memory import Latch
from plimsoll.monitoring.profile import Act, WatchProfile
from plimsoll.monitoring.sight import Sight

FLAT_LOOKS = 2
"""Reports in a row without a position, before stops are taken for left over."""


class StepKind(StrEnum):
    """What can be done."""

    RAISE_FLAG = "raise_flag"
    PAUSE = "pause"
    FORCE_EXIT = "force_exit"
    CANCEL_ORDER = "cancel_order"
    CLOSE_POSITION = "close_position"


DIRECT = frozenset({StepKind.CANCEL_ORDER, StepKind.CLOSE_POSITION})
"""Steps that change the account by the watchdog's own key: the books are read again after each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing to do; ``trade`` is a trade's id with the bot, or ``all``."""

    kind: StepKind
    text: str
    trade: str | None = None
    order: ExchangeOrder | None = None
    position: ExchangePosition | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """What to do now, and the latch to keep."""

    steps: tuple[Step, ...]
    latch: Latch


def plan(latch: Latch, sight: Sight, profile: WatchProfile, *, flag_up: bool | None) -> Plan:
    """Return the next steps.

    A bot that answers and loops is told to close, and has its time for that; only what is still
    open then is closed directly. One that does not answer is not waited for. Nothing is sent to
    an account whose books could not be read in this very look.

    ``flag_up`` is whether the bot's flag file is up; ``None`` where it cannot be reached.
    """
    steps = [*_to_the_bot(latch, sight, flag_up=flag_up)]
    books = None if sight.account is None else sight.account.books
    if latch.act is Act.STOP_ENTRIES:
        if not sight.bot.answers and books is not None and books.fault is None:
            steps += _cancels(_opening(books, latch, profile))
        return Plan(tuple(steps), latch)
    if (flat := _is_flat(sight, latch, profile)) is not None:
        latch = _with_flat(latch, sight, flat=flat)
    if flat and books is not None:
        left = _left_over(books, latch, profile) if latch.flat_at is not None else ()
        return Plan((*steps, *_cancels(left)), latch)
    if flat:
        return Plan(tuple(steps), latch)
    asking, latch = _ask(latch, sight, profile, flag_up=flag_up)
    steps += asking
    if _is_waiting(latch, sight, profile) or books is None or books.fault is not None:
        return Plan(tuple(steps), latch)
    steps += _cancels(_opening(books, latch, profile))
    steps += [
        Step(
            kind=StepKind.CLOSE_POSITION,
            text=f"close {position_words(one)} at market, reduce-only",
            position=one,
        )
        for one in _held(books, latch, profile)
    ]
    return Plan(tuple(steps), latch)


# Through the bot


def _to_the_bot(latch: Latch, sight: Sight, *, flag_up: bool | None) -> list[Step]:
    steps = []
    if latch.act is Act.FLATTEN and not latch.pairs and flag_up is False:
        steps.append(Step(kind=StepKind.RAISE_FLAG, text="raise the bot's flag file: halt"))
    if sight.bot.answers and sight.bot.state == "running":
        steps.append(Step(kind=StepKind.PAUSE, text="tell the bot to open nothing: /stopentry"))
    return steps


def _ask(
    latch: Latch, sight: Sight, profile: WatchProfile, *, flag_up: bool | None
) -> tuple[list[Step], Latch]:
    """Return what the bot is told to close, once, and the latch that knows of it."""
    if latch.asked_at is not None or not is_looping(sight, profile):
        return [], latch
    asked = replace(latch, asked_at=sight.at)
    if not sight.bot.answers:
        by_flag = flag_up is not None and not latch.pairs
        return [], asked if by_flag else latch
    if sight.bot.state == "stopped":
        return [], latch
    exit_of = StepKind.FORCE_EXIT
    if not latch.pairs:
        return [
            Step(kind=exit_of, text="tell the bot to close all: /forceexit", trade="all")
        ], asked
    own = [one for one in sight.bot.trades or () if one.pair in latch.pairs]
    if not own:
        return [], latch
    steps = [
        Step(
            kind=exit_of,
            text=f"tell the bot to close trade {one.id}, {one.pair}",
            trade=str(one.id),
        )
        for one in own
    ]
    return steps, asked


def _is_waiting(latch: Latch, sight: Sight, profile: WatchProfile) -> bool:
    """Return whether a bot that was told still has time, and still shows that it runs."""
    if latch.asked_at is None or not is_looping(sight, profile):
        return False
    return sight.at - latch.asked_at < timedelta(seconds=profile.rest_patience_seconds)


# Directly


def _covered(pair: str, latch: Latch, profile: WatchProfile) -> bool:
    return pair not in profile.ignore_pairs and (not latch.pairs or pair in latch.pairs)


def _held(
    books: ExchangeBooks, latch: Latch, profile: WatchProfile
) -> tuple[ExchangePosition, ...]:
    return tuple(one for one in books.positions if _covered(one.pair, latch, profile))


def _opening(
    books: ExchangeBooks, latch: Latch, profile: WatchProfile
) -> tuple[ExchangeOrder, ...]:
    return tuple(
        one for one in books.orders if not one.reduce_only and _covered(one.pair, latch, profile)
    )


def _is_flat(sight: Sight, latch: Latch, profile: WatchProfile) -> bool | None:
    """Return whether nothing is held or can open; ``None`` when that cannot be said.

    Margin that nothing uses is a report that lacks something. Without an account the bot's own
    word counts: it trades no money.
    """
    if sight.account is None:
        trades = sight.bot.trades
        if trades is None:
            return None
        return not any(_covered(one.pair, latch, profile) for one in trades)
    books = sight.account.books
    if books.fault is not None:
        return None
    if _held(books, latch, profile) or _opening(books, latch, profile):
        return False
    return bool(latch.pairs or profile.ignore_pairs or not books.margin_usd)


def _with_flat(latch: Latch, sight: Sight, *, flat: bool) -> Latch:
    looks = latch.flat_looks + 1 if flat else 0
    is_sure = looks >= FLAT_LOOKS
    since = (latch.flat_at or sight.at) if is_sure else None
    return replace(latch, flat_looks=looks, flat_at=since)


def _left_over(
    books: ExchangeBooks, latch: Latch, profile: WatchProfile
) -> tuple[ExchangeOrder, ...]:
    """Return the stops and exits of positions that are gone."""
    return tuple(one for one in books.orders if _covered(one.pair, latch, profile))


def _cancels(orders: tuple[ExchangeOrder, ...]) -> list[Step]:
    return [
        Step(kind=StepKind.CANCEL_ORDER, text=f"cancel {order_words(one)}", order=one)
        for one in orders
    ]
