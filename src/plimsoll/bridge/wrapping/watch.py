"""Which attributes of a strategy the guards answer, and that they still do."""

from types import FunctionType
from typing import Any

from plimsoll.bridge.guarding.live_session import LiveSession
from plimsoll.bridge.wrapping.hooks import GUARD, Hook
from plimsoll.core import PlimsollError

HOOKED = (
    "ft_bot_start",
    "bot_loop_start",
    "ft_advise_signals",
    "leverage",
    "custom_stake_amount",
    "confirm_trade_entry",
    "_adjust_trade_position_internal",
    "should_exit",
    "ft_check_timed_out",
    "confirm_trade_exit",
    "order_filled",
)
"""What Freqtrade calls, and the guards answer."""

HOOKED_OF_BOT = (
    "position_adjustment_enable",
    "use_custom_stoploss",
    "order_types",
    "order_time_in_force",
    "adjust_order_price",
    "custom_entry_price",
    "get_exit_signal",
    "analyze",
    "gather_informative_pairs",
)
"""What Freqtrade reads or asks of a strategy that trades, and the guards answer."""

OF_STRATEGY = (GUARD, "dp", "wallets", "config")
"""What a strategy's object holds that the guards rest on."""

OF_GUARD = ("strategy", "session", "_settings", "_hooks", "_kept")
OF_SESSION = ("_strategy", "_settings", "_folder", "_recorder", "_account", "_looks_after")
OF_SUPERVISOR = ("account", "profile", "mutex", "_record", "_tell", "_persistent", "_observations")

METHODS = (FunctionType, property)
Hooks = dict[str, Hook]


def require_hookable(kind: type) -> None:
    """Refuse a class whose attributes are not what they seem.

    Raises
    ------
    PlimsollError
        When it answers ``__getattribute__`` itself: a hook on it would be passed by.
    """
    if _looks_up_itself(kind):
        raise PlimsollError(
            f"expected {kind.__name__} to let Python look up its attributes, found its own "
            "__getattribute__, which would pass the guards by"
        )


def put_hooks(kind: type, *, of_bot: bool) -> Hooks:
    """Set the hooks on a strategy's class, in place; return them by name."""
    hooks = {}
    for name in (*HOOKED, *(HOOKED_OF_BOT if of_bot else ())):
        held = vars(kind).get(name)
        hooks[name] = held if isinstance(held, Hook) else Hook(kind, name)
        type.__setattr__(kind, name, hooks[name])
    return hooks


class Watch:
    """Looks in each loop of a running bot whether its hooks are held, and mends what is not.

    Parameters
    ----------
    strategy
        The strategy, once it has started.
    hooks
        What was set on its class.
    session
        Its guards. None of their methods may be replaced on the object, nor what they hold.
    """

    def __init__(self, strategy: Any, hooks: Hooks, session: LiveSession) -> None:
        self._strategy, self._hooks, self.session = strategy, hooks, session
        self._class = type(strategy)
        supervisor = session.looks_after
        self._guards = (vars(strategy)[GUARD], session, supervisor, supervisor.account)
        held = (
            (strategy, OF_STRATEGY),
            (self._guards[0], OF_GUARD),
            (session, (*OF_SESSION, "guards", "_observes", "record")),
            (supervisor, OF_SUPERVISOR),
        )
        self._methods = [_methods(type(guard)) for guard in self._guards]
        self._looked = False
        self._held = [(owner, name, vars(owner)[name]) for owner, names in held for name in names]

    def mend(self) -> list[str]:
        """Put back what was replaced; return the names of it, empty while all is held."""
        return [*self._mend_class(), *self._mend_guards()]

    def _mend_class(self) -> list[str]:
        own, broken = self._class, []
        if type(self._strategy) is not own:
            object.__setattr__(self._strategy, "__class__", own)
            broken.append("__class__")
        for name, hook in self._hooks.items():
            if vars(own).get(name) is not hook or hook.guard is not self._guards[0]:
                type.__setattr__(own, name, hook)
                hook.guard = self._guards[0]
                broken.append(name)
        if _looks_up_itself(own):
            for kind in own.__mro__[:-1]:
                if "__getattribute__" in vars(kind):
                    type.__delattr__(kind, "__getattribute__")
            broken.append("__getattribute__")
        return broken

    def _mend_guards(self) -> list[str]:
        broken = []
        for owner, name, held in self._held:
            if vars(owner).get(name) is not held:
                vars(owner)[name] = held
                broken.append(name)
        guard = self._guards[0]
        if vars(guard).get("_watch") is not self:
            vars(guard)["_watch"] = self
            broken.append("_watch")
        if guard.passed_by and not vars(self.session)["_observes"]:
            guard.passed_by = frozenset()
            broken.append("passed_by")
        session, supervisor = self.session, self.session.looks_after
        expected = supervisor if self._looked else None  # none before the first loop
        if session.supervisor not in (expected, supervisor):
            session.supervisor = expected
            broken.append("supervisor")
        self._looked = session.supervisor is supervisor
        for guard, methods in zip(self._guards, self._methods, strict=True):
            for name in sorted(vars(guard).keys() & methods):
                del vars(guard)[name]
                broken.append(name)
        return broken


def require_whole(strategy: Any, watch: Watch | None) -> None:
    """Refuse a strategy that has replaced what its guards rest on while it started.

    Raises
    ------
    PlimsollError
        One line that names what was replaced.
    """
    replaced = [] if watch is None else watch.mend()
    if replaced:
        raise PlimsollError(
            f"expected {type(strategy).__name__} to leave its guards alone, found that its start "
            f"replaces {', '.join(replaced)}"
        )


def _looks_up_itself(kind: type) -> bool:
    return any("__getattribute__" in vars(one) for one in kind.__mro__[:-1])


def _methods(kind: type) -> frozenset[str]:
    return frozenset(name for name in dir(kind) if isinstance(getattr(kind, name, None), METHODS))
