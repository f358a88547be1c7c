"""Why a trade of one record is missing in the other."""

from datetime import datetime

from plimsoll.core.side import Side
from plimsoll.parity.causes import Cause
from plimsoll.parity.exits import GUARD_PREFIX, Given
from plimsoll.parity.prices import came_back
from plimsoll.parity.record import Kind, Record
from plimsoll.parity.trade import RecordedTrade

BY_HAND = frozenset({"force_entry", "forceentry", "force_buy"})


def absent_cause(trade: RecordedTrade, of: Record, other: Record, name: str) -> Given:
    """Name the cause why ``other``, called ``name``, has no such trade as ``of`` has.

    Returns `Cause.NOT_IN_A` or `Cause.NOT_IN_B` when nothing on record says why.
    """
    at = trade.opened_at
    if other.kind is Kind.BACKTEST:
        at = other.candle_of(at)
    if trade.enter_tag in BY_HAND:
        return Cause.BY_HAND, f"entered by hand: {trade.enter_tag}"
    for given in (
        _before_the_span(trade, at, other, name),
        _taken(trade.pair, at, other, name),
        _guarded(trade, other, name),
        _full(at, other, name),
        _locked(trade, at, other, name),
        _unfilled(trade, other, name),
    ):
        if given is not None:
            return given
    cause = Cause.NOT_IN_A if name == "A" else Cause.NOT_IN_B
    return cause, f"no trade of {trade.pair} {trade.side.value} near {at:%Y-%m-%d %H:%M} in {name}"


def _guarded(trade: RecordedTrade, other: Record, name: str) -> Given | None:
    pair, at = trade.pair, trade.opened_at
    start = other.candle_of(at)
    end = start + other.candle
    for one in other.denied:
        if one.is_of(trade) and start <= one.at < end:
            return Cause.GUARDS, f"{one.rule} denied it in {name} at {one.at:%Y-%m-%d %H:%M:%S}"
    for span in other.halted:
        ended = span.until is not None and span.until <= at
        if span.pair in (None, pair) and span.since <= at and not ended:
            return Cause.GUARDS, f"{span.rule} held {name} since {span.since:%Y-%m-%d %H:%M}"
    return None


def _before_the_span(trade: RecordedTrade, at: datetime, other: Record, name: str) -> Given | None:
    for held in other.trades:
        if held.pair == trade.pair and held.opened_at < other.start and held.holds(at):
            return Cause.END_OF_RANGE, (
                f"{name} was in a trade of {held.opened_at:%Y-%m-%d %H:%M}, before the span"
            )
    return None


def _taken(pair: str, at: datetime, other: Record, name: str) -> Given | None:
    for held in other.trades:
        if held.pair == pair and held.holds(at):
            return Cause.KNOCK_ON, (
                f"{name} was still in its trade of {held.opened_at:%Y-%m-%d %H:%M}"
            )
    return None


def _full(at: datetime, other: Record, name: str) -> Given | None:
    most = other.max_open_trades
    if most is None:
        return None
    held = other.open_at(at)
    if len(held) < most:
        return None
    pairs = ", ".join(sorted({trade.pair for trade in held})[:4])
    return Cause.SLOTS, f"{len(held)} of {most} slots taken in {name}: {pairs}"


def _locked(trade: RecordedTrade, at: datetime, other: Record, name: str) -> Given | None:
    side = "long" if trade.side is Side.LONG else "short"
    for lock in other.locks:
        if lock.pair not in ("*", trade.pair) or lock.side not in ("*", side):
            continue
        if lock.since <= at < lock.until:
            cause = Cause.GUARDS if lock.by_guard else Cause.LOCKS
            reason = lock.reason.removeprefix(GUARD_PREFIX) or "no reason given"
            return cause, f"{lock.pair} was locked in {name}: {reason}"
    return None


def _unfilled(trade: RecordedTrade, other: Record, name: str) -> Given | None:
    """Say that a passive entry would not have been filled: the price never came back to it."""
    if other.kind is not Kind.BOT or not other.limit_entries:
        return None
    waits = other.entry_timeout_seconds
    if came_back(other, trade, waits) is not False:
        return None
    return Cause.PASSIVE_LIMIT, (
        f"entries of {name} rest as limit orders, and the price never came to "
        f"{trade.entry_rate:.8g} in {waits / 60:.0f} min"
    )
