"""The difference of two matched trades, in parts that add up to it exactly."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from plimsoll.parity.money import units
from plimsoll.parity.trade import RecordedTrade


class Part(StrEnum):
    """What of a trade was substituted."""

    PRICED_SIZE = "size at the other price"
    SIZE = "size"
    ENTRY = "entry price"
    EXIT = "exit price"
    FEES = "fees"
    FUNDING = "funding"
    REST = "not of these"
    WHOLE = "the whole trade"


@dataclass(frozen=True, slots=True)
class _Terms:
    """What a trade's profit is made of."""

    sign: int
    amount: float
    entry_rate: float
    exit_rate: float
    fee_open: float
    fee_close: float
    funding: float

    @property
    def profit(self) -> int:
        """Units: price difference, less the fees of both ends, with the funding."""
        opened, ended = self.amount * self.entry_rate, self.amount * self.exit_rate
        fees = opened * self.fee_open + ended * self.fee_close
        return units(self.sign * (ended - opened) - fees + self.funding)


def split(a: RecordedTrade, b: RecordedTrade) -> dict[Part, int]:
    """Split what B made beyond A into parts, in units; they add up to the difference exactly.

    A's terms are replaced by B's one after another, in the order of `Part`, and each part is the
    change of profit that its replacement makes (sequential substitution). First the size is
    set to what A's notional buys at B's price, since a fixed stake buys less at a higher one.
    What the recorded profits hold beyond their own terms is `Part.REST`.

    Both trades have an exit: a part of them at least was closed.
    """
    ours, theirs = _terms(a), _terms(b)
    steps: dict[Part, dict[str, Any]] = {
        Part.PRICED_SIZE: {"amount": ours.amount * ours.entry_rate / theirs.entry_rate},
        Part.SIZE: {"amount": theirs.amount},
        Part.ENTRY: {"entry_rate": theirs.entry_rate},
        Part.EXIT: {"exit_rate": theirs.exit_rate},
        Part.FEES: {"fee_open": theirs.fee_open, "fee_close": theirs.fee_close},
        Part.FUNDING: {"funding": theirs.funding},
    }
    parts, before = {}, ours
    for part, change in steps.items():
        after = replace(before, **change)
        parts[part] = after.profit - before.profit
        before = after
    own_a, own_b = units(a.profit) - ours.profit, units(b.profit) - theirs.profit
    return {**parts, Part.REST: own_b - own_a}


def _terms(trade: RecordedTrade) -> _Terms:
    return _Terms(
        sign=trade.side.sign,
        amount=trade.exit_amount,
        entry_rate=trade.entry_rate,
        exit_rate=trade.exit_rate,
        fee_open=trade.fee_open,
        fee_close=trade.fee_close,
        funding=trade.funding,
    )
