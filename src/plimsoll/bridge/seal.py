"""Which of Freqtrade's callbacks the base answers itself, and what a strategy has instead."""

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
}
"""Callback by the hook that takes its place; ``None`` where there is none."""

ALSO_SEALED = {
    "bot_start": "on_start",
    "position_adjustment_enable": "adjust_position",
    "protections": "strategy_protections",
}

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
    """Refuse a strategy that answers a guarded callback itself: it would pass the guards by.

    Raises
    ------
    PlimsollError
        One line that names every callback found, and the hook to use.
    """
    found = [
        f"{name} (implement {hook} instead)" if hook else f"{name} (there is no hook for it)"
        for name, hook in {**SEALED, **ALSO_SEALED}.items()
        if getattr(strategy, name) is not getattr(base, name)
    ]
    if found:
        raise PlimsollError(
            f"expected {strategy.__name__} to leave Freqtrade's callbacks to the guards, found "
            f"its own {', '.join(found)}"
        )
