"""What the guards of a running strategy rest on: looked at in each loop, and mended."""

from types import FunctionType
from typing import Any

from plimsoll.bridge.strategies.seal import (
    ALSO_SEALED,
    ATTRIBUTE_ACCESS,
    SEALED,
    put,
    require_sealed,
    require_sealed_object,
)
from plimsoll.core import PlimsollError

CALLBACKS = (*SEALED, *ALSO_SEALED, *ATTRIBUTE_ACCESS)

OF_STRATEGY = ("_session", "_settings", "_exit_rules", "_kept", "dp", "wallets", "config")
"""What the base keeps its guards in, and what Freqtrade gave it before it started."""

OF_SESSION = ("_strategy", "_settings", "_folder", "_recorder", "_account", "_looks_after")
OF_SUPERVISOR = ("account", "profile", "mutex", "_record", "_tell", "_persistent", "_observations")


class SealWatch:
    """The seal of one running strategy, as it was when the strategy had started.

    Parameters
    ----------
    strategy
        The strategy: a callback of its class or its object is not its own.
    base
        The class that answers the callbacks.
    session
        The strategy's guards. None of their methods may be replaced on the object, nor what
        they hold.
    """

    def __init__(self, strategy: Any, base: type, session: Any) -> None:
        self._strategy, self._base, self._session = strategy, base, session
        self._class = type(strategy)
        self._callbacks = {name: getattr(base, name) for name in CALLBACKS}
        supervisor = session.looks_after
        self._guards = (session, supervisor, supervisor.account, session.record)
        held = (
            (strategy, OF_STRATEGY),
            (session, (*OF_SESSION, "guards", "record")),
            (supervisor, OF_SUPERVISOR),
        )
        self._looked = False
        self._held = [(owner, name, vars(owner)[name]) for owner, names in held for name in names]

    def mend(self) -> list[str]:
        """Put back what was replaced; return the names of it, empty while the seal is whole."""
        return [*self._mend_class(), *self._mend_object(), *self._mend_guards()]

    def _mend_class(self) -> list[str]:
        """See to it that the class answers no callback itself, nor the base another way."""
        own, broken = self._class, []
        for name, held in self._callbacks.items():
            if getattr(own, name) is held:
                continue
            broken.append(name)
            for kind in own.__mro__[: own.__mro__.index(self._base)]:
                if name in vars(kind):
                    delattr(kind, name)
            if getattr(self._base, name) is not held:
                setattr(self._base, name, held)
        if type(self._strategy) is not own:
            put(self._strategy, "__class__", own)
            broken.append("__class__")
        return broken

    def _mend_object(self) -> list[str]:
        broken = [name for name in vars(self._strategy) if name in self._callbacks]
        for name in broken:
            del vars(self._strategy)[name]
        return broken

    def _mend_guards(self) -> list[str]:
        broken = []
        for owner, name, held in self._held:
            if vars(owner).get(name) is not held:
                put(owner, name, held)
                broken.append(name)
        session, supervisor = self._session, self._session.looks_after
        expected = supervisor if self._looked else None  # none before the first loop
        if session.supervisor not in (expected, supervisor):
            session.supervisor = expected
            broken.append("supervisor")
        self._looked = session.supervisor is supervisor
        for guard in self._guards:
            for name in [name for name in vars(guard) if _is_method(type(guard), name)]:
                del vars(guard)[name]
                broken.append(name)
        return broken


def require_whole(strategy: Any, base: type, watch: SealWatch | None) -> None:
    """Refuse a strategy that has replaced a callback or its guards while it started.

    Raises
    ------
    PlimsollError
        One line that names what was replaced.
    """
    require_sealed(type(strategy), base)
    require_sealed_object(strategy)
    replaced = [] if watch is None else watch.mend()
    if replaced:
        raise PlimsollError(
            f"expected {type(strategy).__name__} to leave its guards alone, found that on_start "
            f"replaces {', '.join(replaced)}"
        )


def _is_method(kind: type, name: str) -> bool:
    return isinstance(getattr(kind, name, None), FunctionType | property)
