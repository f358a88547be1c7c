"""How long what stands in a strategy's loop has surely nothing to do in a backtest."""

from typing import Any

from plimsoll.bridge.account.calm import Bounds
from plimsoll.bridge.guarding.backtest_session import FOR_EVER, BacktestSession
from plimsoll.bridge.wrapping.callbacks import is_freqtrades
from plimsoll.bridge.wrapping.hooks import Hook
from plimsoll.bridge.wrapping.install import guard_of

LOOP = "bot_loop_start"


def own_answer(strategy: Any, name: str) -> Any:
    """Return a strategy's own answer, which its guard may stand before."""
    for kind in type(strategy).__mro__:
        held = vars(kind).get(name)
        if held is not None:
            return held.own(strategy) if isinstance(held, Hook) else getattr(strategy, name)
    return getattr(strategy, name)


def has_own_loop(strategy: Any) -> bool:
    """Return whether a strategy itself does something in each loop."""
    return not is_freqtrades(own_answer(strategy, LOOP), LOOP)


def rest_of(strategy: Any) -> Bounds | None:
    """Return how long the guards of a strategy without a loop of its own need not be asked.

    ``None`` when the next candle may have them do something.
    """
    guard = guard_of(strategy)
    if guard is None or guard.session is None or LOOP in guard.passed_by:
        return Bounds(FOR_EVER, None)
    session = guard.session
    return session.rest() if isinstance(session, BacktestSession) else None


def closes_something(strategy: Any) -> bool:
    """Return whether a guard adds exits of its own: every candle of an open trade matters then."""
    guard = guard_of(strategy)
    return guard is not None and guard.session is not None and guard.session.closes_something
