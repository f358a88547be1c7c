"""Which of Freqtrade's callbacks the base answers itself, and what a strategy has instead."""

from typing import Any

from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import PlimsollError

SEALED: dict[str, str | None] = {
    "bot_loop_start": "on_loop",
    "leverage": "desired_leverage",
    "custom_stake_amount": "desired_stake",
    "confirm_trade_entry": "veto_entry",
    "adjust_trade_position": "adjust_position",
    "custom_exit": "exit_reason",
    "confirm_trade_exit": "veto_exit",
    "check_entry_timeout": None,
    "check_exit_timeout": None,
    "order_filled": "on_fill",
    # A replaced entry is asked about by no other callback, and a replaced exit could rest.
    "adjust_entry_price": None,
    "adjust_exit_price": None,
    "adjust_order_price": None,
}
"""Callback by the hook that takes its place; ``None`` where there is none."""

ALSO_SEALED: dict[str, str | None] = {
    "bot_start": "on_start",
    # It is what asks custom_exit.
    "should_exit": None,
    "position_adjustment_enable": "adjust_position",
    "protections": "strategy_protections",
    # Freqtrade's own ways to the callbacks above.
    "ft_bot_start": None,
    "ft_check_timed_out": None,
    "_adjust_trade_position_internal": None,
}

ATTRIBUTE_ACCESS = ("__getattribute__", "__setattr__", "__delattr__")
"""By its own answer to these a class could show Freqtrade callbacks that it does not have."""

PARTS = ("_session", "_settings", "_exit_rules", "_kept", "_seal", "_loop_thread")
"""What the base keeps its guards in."""

READS_TRADE: dict[str, tuple[str, ...]] = {
    "custom_stoploss": ("custom_stoploss",),
    "custom_roi": ("custom_roi",),
    "custom_exit": ("exit_reason",),
    "confirm_trade_exit": ("veto_exit",),
    "check_entry_timeout": (),
    "check_exit_timeout": (),
    "order_filled": ("on_fill",),
}
"""Callbacks that are given a trade, and what a strategy's own code reads it in."""


def require_sealed(strategy: type, base: type) -> None:
    """Refuse a strategy that implements a guarded callback itself: it would bypass the guards.

    Raises
    ------
    PlimsollError
        One line that names every callback found, and the hook to use.
    """
    names = {**SEALED, **ALSO_SEALED, **dict.fromkeys(ATTRIBUTE_ACCESS)}
    answered = [
        f"{name} (implement {hook} instead)" if hook else f"{name} (there is no hook for it)"
        for name, hook in names.items()
        if getattr(strategy, name) is not getattr(base, name)
    ]
    if answered:
        raise PlimsollError(
            f"expected {strategy.__name__} to leave Freqtrade's callbacks to the guards, found "
            f"its own {', '.join(answered)}"
        )


def require_guards_in_force(strategy: Any) -> None:
    """Refuse a strategy that takes guards or its own stop away in a way its class does not show.

    Raises
    ------
    PlimsollError
        As of `require_sealed_object` and `require_stops_in_force`.
    """
    require_sealed_object(strategy)
    require_stops_in_force(strategy)


def require_sealed_object(strategy: object) -> None:
    """Refuse a strategy whose object, not its class, answers a guarded callback.

    What the base itself sets there, to spare a backtest needless work, is its own.

    Raises
    ------
    PlimsollError
        One line that names every callback found.
    """
    own = [name for name, held in vars(strategy).items() if not _is_set_by_the_base(name, held)]
    if own:
        raise PlimsollError(_sets(strategy, own))


def require_settable(strategy: object, name: str) -> None:
    """Refuse an attribute that only the base may set: a callback, or what holds its guards.

    Raises
    ------
    PlimsollError
        One line that names the attribute.
    """
    holds_guards = name in PARTS and name in vars(strategy)
    if name in SEALED or name in ALSO_SEALED or name == "__class__" or holds_guards:
        raise PlimsollError(_sets(strategy, [name]))


def put(strategy: object, name: str, value: object) -> None:
    """Set what only the base may set."""
    object.__setattr__(strategy, name, value)


def _sets(strategy: object, names: list[str]) -> str:
    return (
        f"expected {type(strategy).__name__} to leave Freqtrade's callbacks to the guards, "
        f"found that it sets {', '.join(names)} on itself"
    )


def _is_set_by_the_base(name: str, held: object) -> bool:
    if name == "should_exit":  # a backtest goes straight to Freqtrade's own
        return getattr(held, "__func__", None) is IStrategy.should_exit
    module = str(getattr(held, "__module__", ""))
    sealed = name in SEALED or name in ALSO_SEALED
    return not sealed or module.startswith("plimsoll.bridge.")


def require_stops_in_force(strategy: Any) -> None:
    """Refuse a declared stop that Freqtrade would never set: stakes are sized by it.

    Raises
    ------
    PlimsollError
        When the class or the config has ``use_custom_stoploss`` false beside a declared stop,
        or the class answers ``custom_stoploss`` itself.
    """
    declared = [
        name for name in ("stop_distance", "trailing_distance") if getattr(strategy, name)()
    ]
    if declared and not strategy.use_custom_stoploss:
        raise PlimsollError(
            f"expected use_custom_stoploss to be true, since {type(strategy).__name__} declares "
            f"{' and '.join(declared)}, found false: the stop would never be set"
        )
    if declared and type(strategy).custom_stoploss is not RuleStrategy.custom_stoploss:
        raise PlimsollError(
            f"expected {type(strategy).__name__} to declare {' and '.join(declared)} or to answer "
            "custom_stoploss, found both: stakes are sized by the declared stop"
        )
