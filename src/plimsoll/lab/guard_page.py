"""What the guards ask of one strategy, where, and what they assume: read without data or network.

The rows come from the hooks themselves and from Freqtrade's own code: which callback Freqtrade asks
inside of which hooked method is read off the names that its functions use.
"""

import inspect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FunctionType
from typing import Any

from freqtrade.strategy import IStrategy

from plimsoll.bridge.config.settings import settings_from
from plimsoll.bridge.wrapping.assumptions import assumptions_of
from plimsoll.bridge.wrapping.guard import Guard
from plimsoll.bridge.wrapping.watch import HOOKED, HOOKED_OF_BOT, require_hookable
from plimsoll.core import PlimsollError
from plimsoll.lab.strategy_guarding import NO_HANDLER, OFF, names_handler
from plimsoll.lab.strategy_loading import LoadedStrategy

WITHOUT_KEYWORDS = ("informative_pairs", "version", "protections")
"""Callbacks that Freqtrade calls without ``**kwargs``, beside ``populate_*``."""

NO_TIMEFRAME = "none of its own, --timeframe gives it"

ONLY_WHEN = {
    "custom_stoploss": "use_custom_stoploss",
    "custom_roi": "use_custom_roi",
    "custom_exit": "use_exit_signal",
    "adjust_trade_position": "position_adjustment_enable",
}
"""Callbacks that Freqtrade asks only while an attribute of the strategy is true."""


@dataclass(frozen=True, slots=True)
class Callback:
    """One method of a strategy that Freqtrade asks.

    Attributes
    ----------
    name
        As a strategy's author writes it.
    owner
        The class that defines it; ``None`` where it is Freqtrade's own default.
    hook
        The hooked method that it is, or that Freqtrade asks it in; ``None``: it stays untouched.
    does
        What the guards do there, in one sentence; empty when untouched.
    unasked
        The attribute that keeps Freqtrade from asking it; empty when it does.
    """

    name: str
    owner: str | None
    hook: str | None
    does: str
    unasked: str = ""


@dataclass(frozen=True, slots=True)
class GuardPage:
    """What ``plimsoll guard`` says of one strategy."""

    strategy: str
    file: Path
    timeframe: str | None
    guards: str
    why_not: str | None
    callbacks: tuple[Callback, ...]
    of_bot: tuple[Callback, ...]
    facts: tuple[tuple[str, str], ...]
    assumed: tuple[str, ...]
    cuts: tuple[str, ...]


def guard_page(loaded: LoadedStrategy) -> GuardPage:
    """Return what the guards ask of a strategy that Freqtrade has loaded, and what they assume."""
    strategy = loaded.strategy
    kind = type(strategy)
    settings = settings_from(strategy.config)
    assumed = assumptions_of(strategy, settings)
    names = _callbacks()
    rows = [
        _row(kind, name, strategy) for name in (*HOOKED, *(n for n in names if n not in HOOKED))
    ]
    return GuardPage(
        strategy=kind.__name__,
        file=loaded.file,
        timeframe=getattr(strategy, "timeframe", None),
        guards=settings.guards,
        why_not=_why_not(loaded),
        callbacks=tuple(row for row in rows if row.owner or row.hook == row.name),
        of_bot=tuple(Callback(name, None, name, _does(name)) for name in HOOKED_OF_BOT),
        facts=tuple(_facts(strategy)),
        assumed=tuple(assumed.lines),
        cuts=tuple(assumed.cuts),
    )


def _why_not(loaded: LoadedStrategy) -> str | None:
    """Return why no guards stand around it under this config."""
    config = loaded.strategy.config
    if settings_from(config).guards == "off":
        return OFF
    try:
        require_hookable(type(loaded.strategy))
    except PlimsollError as error:
        return str(error)
    return None if loaded.explicit or names_handler(config) else NO_HANDLER


def _callbacks() -> list[str]:
    """Return the methods that Freqtrade asks of a strategy's author, in the order it has them."""
    return [
        name
        for name, held in vars(IStrategy).items()
        if not name.startswith(("_", "ft_"))
        and (name in WITHOUT_KEYWORDS or name.startswith("populate_") or _takes_keywords(held))
    ]


def _takes_keywords(held: Any) -> bool:
    if not isinstance(held, FunctionType):
        return False
    kinds = [one.kind for one in inspect.signature(held).parameters.values()]
    return inspect.Parameter.VAR_KEYWORD in kinds


def _row(kind: type, name: str, strategy: Any) -> Callback:
    owner = _owner(kind, name)
    hook = name if name in HOOKED else _hook_around(name)
    switch = ONLY_WHEN.get(name, "")
    is_asked = owner is None or not switch or bool(getattr(strategy, switch, True))
    does = _does(hook) if hook else ""
    return Callback(name, owner, hook, does, "" if is_asked else switch)


def _owner(kind: type, name: str) -> str | None:
    """Return the class that defines a callback; ``None`` where it is Freqtrade's own.

    A hook that stands on a class shows the class's own function, or the inherited one.
    """
    shown = getattr(kind, name)
    places = [one for one in kind.__mro__ if name in vars(one)]
    owner = next((one for one in places if vars(one)[name] is shown), places[0])
    return None if owner in IStrategy.__mro__ else owner.__name__


def _does(hook: str) -> str:
    """Return the first sentence of what the guard says of its answer."""
    answer = getattr(Guard, hook.removeprefix("_"))
    return (inspect.getdoc(answer) or "").split("\n\n", 1)[0].replace("\n", " ")


def _hook_around(callback: str) -> str | None:
    """Return the hooked method in which Freqtrade asks a callback; ``None`` when in none."""
    return next((hook for hook in HOOKED if callback in _asked_in(hook)), None)


@cache
def _asked_in(hook: str) -> frozenset[str]:
    """Return every method of a strategy that one of Freqtrade's may call, through others too."""
    reached, waiting = set[str](), [hook]
    while waiting:
        held = vars(IStrategy).get(waiting.pop())
        if isinstance(held, FunctionType):
            new = {name for name in held.__code__.co_names if name in vars(IStrategy)} - reached
            reached |= new
            waiting += new
    return frozenset(reached)


def _facts(strategy: Any) -> Iterator[tuple[str, str]]:
    """Yield what of a strategy's settings the guards rest on."""
    timeframe = getattr(strategy, "timeframe", None) or NO_TIMEFRAME
    yield "timeframe", f"{timeframe}, {strategy.startup_candle_count} startup candles"
    yield "stop", ", ".join(_stop(strategy))
    has_leverage = type(strategy).leverage is not IStrategy.leverage
    yield "leverage", "its own, asked at each entry" if has_leverage else "1"
    yield "additions", _additions(strategy)
    types = strategy.order_types
    on_exchange = "on the exchange" if types.get("stoploss_on_exchange") else "watched by the bot"
    ours = types.get("emergency_exit", "market")
    kinds = f"entry {types['entry']}, exit {types['exit']}, stop {types['stoploss']} {on_exchange}"
    yield "orders", f"{kinds}; an exit that a guard wants is {ours}"
    most = strategy.max_open_trades
    yield "positions", "unlimited" if most == float("inf") else f"{most:g} at once"
    yield "protections", _protections(strategy)


def _stop(strategy: Any) -> Iterator[str]:
    yield f"stoploss {strategy.stoploss:g}"
    if strategy.use_custom_stoploss:
        yield "custom_stoploss"
    if strategy.trailing_stop:
        positive = strategy.trailing_stop_positive
        yield "trailing" if positive is None else f"trailing {positive:g}"


def _additions(strategy: Any) -> str:
    if not strategy.position_adjustment_enable:
        return "none: position_adjustment_enable is false"
    most = strategy.max_entry_position_adjustment
    return "as many as it wants" if most < 0 else f"at most {most}"


def _protections(strategy: Any) -> str:
    try:
        methods: Sequence[Any] = strategy.protections or ()
        names = [str(one.get("method")) for one in methods]
    except Exception as error:  # noqa: BLE001 - a property of the strategy may raise what it likes
        return f"cannot be read: {type(error).__name__}: {error}"
    return f"{', '.join(names)}, beside the guards" if names else "none of its own"
