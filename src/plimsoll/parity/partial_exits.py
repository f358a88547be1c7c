"""Partial exits that Freqtrade's backtest sends and its bot refuses."""

from plimsoll.parity.causes import Cause
from plimsoll.parity.exits import Given
from plimsoll.parity.record import Kind, Record
from plimsoll.parity.trade import Fill, RecordedTrade

RESERVED_FRACTION = 0.1
"""The stop for which a backtest reserves; a bot does for the strategy's own."""


def least_left(a: RecordedTrade, b: RecordedTrade, of_a: Record, of_b: Record) -> Given | None:
    """Say that the backtest left less of a position than the bot may; None when it did not.

    None as well where both records are of one kind, or the stop is no wider than the backtest's
    reserve.
    """
    sides = {of_a.kind: (a, "A"), of_b.kind: (b, "B")}
    if len(sides) != 2:
        return None
    (tested, name), (ran, other) = sides[Kind.BACKTEST], sides[Kind.BOT]
    if not _stop_fraction(tested) > RESERVED_FRACTION:
        return None
    theirs = _partial(ran)
    for fill, left in _partial(tested):
        if any(abs(one.at - fill.at) <= of_a.candle for one, _ in theirs):
            continue
        if left > 0 and all(left < kept for _, kept in theirs):
            return Cause.LEAST_LEFT, (
                f"a partial exit at {fill.at:%Y-%m-%d %H:%M:%S} left {left:,.2f} in {name}, "
                f"{'none there' if not theirs else 'never so little'} in {other}"
            )
    return None


def _partial(trade: RecordedTrade) -> list[tuple[Fill, float]]:
    """Return the exits that left a part open, each with what that part was worth then."""
    made, held = [], 0.0
    for fill in trade.fills:
        held += fill.amount if fill.is_entry else -fill.amount
        if not fill.is_entry:
            made.append((fill, held * fill.price))
    return made if trade.is_open else made[:-1]


def _stop_fraction(trade: RecordedTrade) -> float:
    """Return how far the stop stood from the average entry; 0 where the record has none."""
    if trade.stop_price is None:
        return 0.0
    return abs(trade.stop_price / trade.entry_rate - 1.0)
