"""How positions are left: what the config asks for, and which exits nobody may refuse."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExitRules:
    """What class and config say of exits, before the base changes any of it."""

    order_type: str
    on_signals: bool
    only_in_profit: bool
    profit_offset: float

    @classmethod
    def of(cls, strategy: Any) -> Self:
        """Read a strategy as Freqtrade has loaded it."""
        return cls(
            order_type=str(strategy.order_types["exit"]),
            on_signals=bool(strategy.use_exit_signal),
            only_in_profit=bool(strategy.exit_profit_only),
            profit_offset=float(strategy.exit_profit_offset),
        )

    def ignore_signal(self, trade: LocalTrade, price: float) -> bool:
        """Return whether an exit signal is not acted on, since the trade is not in profit."""
        return self.only_in_profit and not trade.calc_profit_ratio(price) > self.profit_offset
