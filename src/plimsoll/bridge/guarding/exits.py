"""Which exits are ours, and which nobody may refuse."""

from collections.abc import Callable
from datetime import datetime

from freqtrade.enums import ExitType
from freqtrade.persistence import LocalTrade

from plimsoll.journal.kind import Kind

OUR_EXIT = "plimsoll_"
"""How the reason of every exit of ours begins."""

NEVER_REFUSED = frozenset(
    kind.value
    for kind in (
        ExitType.STOP_LOSS,
        ExitType.TRAILING_STOP_LOSS,
        ExitType.STOPLOSS_ON_EXCHANGE,
        ExitType.LIQUIDATION,
        ExitType.FORCE_EXIT,
        ExitType.EMERGENCY_EXIT,
    )
)
"""Reasons that a strategy's veto does not hold against: stakes are sized by the stop."""


def may_be_refused(reason: str) -> bool:
    """Return whether a strategy may veto an exit of this reason."""
    return reason not in NEVER_REFUSED and not reason.startswith(OUR_EXIT)


def record_overruled(
    record: Callable[..., object], trade: LocalTrade, reason: str, now: datetime
) -> None:
    """Record that a strategy has refused an exit which is made nevertheless."""
    record(
        Kind.ERROR,
        now,
        where="veto of an exit",
        pair=trade.pair,
        trade=trade.id,
        message=f"the strategy refused the exit {reason}, which is not its to refuse",
    )
