"""Data descriptors that stand before a strategy's own answers, on the class that has them."""

from typing import Any

GUARD = "_plimsoll_guard"
"""The attribute of a strategy that holds its guard."""

_NONE = object()


class Hook:
    """Lets the guard of a strategy answer one attribute of it, and knows the strategy's own.

    A data descriptor: what user code assigns to the object stays the strategy's own answer, and
    the class itself shows its own function, as Freqtrade's checks of what is overridden need it.

    Parameters
    ----------
    kind
        The class that the hook is set on.
    name
        The attribute.
    """

    def __init__(self, kind: type, name: str) -> None:
        self._kind, self._name = kind, name
        self.guard: Any = None
        self._answer = name.removeprefix("_")
        self._is_inherited = name not in vars(kind)
        self._raw = vars(kind).get(name)
        held = next((vars(one)[name] for one in kind.__mro__ if name in vars(one)), None)
        if isinstance(held, Hook):  # the class of a strategy that another one is derived from
            vars(self).update({**vars(held), "guard": None})

    def __getstate__(self) -> dict[str, Any]:
        """Leave the guard to its strategy's object: hyperopt pickles the class before that."""
        return {**vars(self), "guard": None}

    def own(self, strategy: Any) -> Any:
        """Return the strategy's own answer, bound to it."""
        held = strategy.__dict__.get(self._name, _NONE)
        if held is not _NONE:
            return held
        if self._is_inherited:
            return getattr(super(self._kind, strategy), self._name)
        bind = getattr(type(self._raw), "__get__", None)
        return self._raw if bind is None else bind(self._raw, strategy, type(strategy))

    def __get__(self, strategy: Any, kind: type | None = None) -> Any:
        """Return the guard's answer; of the class, and before there is a guard, its own."""
        if strategy is None:
            if self._is_inherited:
                return getattr(super(self._kind, kind or self._kind), self._name)
            bind = getattr(type(self._raw), "__get__", None)
            return self._raw if bind is None else bind(self._raw, None, kind)
        guard = self.guard
        if guard is None or guard.strategy is not strategy:  # another object of the class
            guard = strategy.__dict__.get(GUARD)
        if guard is None or self._name in guard.passed_by:
            return self.own(strategy)
        return getattr(guard, self._answer)

    def __set__(self, strategy: Any, value: Any) -> None:
        """Take what is assigned to the object as the strategy's own answer."""
        strategy.__dict__[self._name] = value

    def __delete__(self, strategy: Any) -> None:
        """Let the strategy's own answer be that of its class again."""
        try:
            del strategy.__dict__[self._name]
        except KeyError:
            raise AttributeError(self._name) from None
