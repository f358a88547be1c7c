"""What an exchange does not tell the guards, by trading mode; ``docs/exchanges.md`` shows it.

A guard that lacks a number denies entries or closes, it never takes a gap for a go: above leverage
1 without a liquidation price a pair is only reduced, a position without a mark price is marked by
the worse of book and candle, a cross margin is refused at the start. Whose the coins of a spot
account are that no trade explains, and who moves its money, no guard can know, so that people are
told at every start.
"""

from collections.abc import Mapping
from typing import Any

FUTURES, SPOT = "futures", "spot"
SPOT_UNSEEN = ("coins beyond the trades", "money that is moved")
"""What a spot account does not tell: whose coins are that no trade claims, and its own capital."""
FUTURES_UNSEEN: dict[str, tuple[str, ...]] = {
    "binance": (),
    "bybit": ("margin mode of a position",),
    "okx": (),
    "hyperliquid": (),
    "krakenfutures": ("liquidation price", "mark price of a position"),
}
"""The exchanges whose answers were looked at."""


def unseen(exchange: str, mode: str) -> tuple[str, ...] | None:
    """Return what guards do not see there, ``None`` where nobody has looked yet."""
    return SPOT_UNSEEN if mode == SPOT else FUTURES_UNSEEN.get(exchange)


def unseen_in(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Return what guards do not see where a config trades; ``None`` where nobody has looked."""
    return unseen(*_place(config))


def unseen_words(config: Mapping[str, Any]) -> str:
    """Say in one sentence what guards do not see where a config trades; nothing if they see all."""
    exchange, mode = _place(config)
    missing = unseen(exchange, mode)
    if missing is None:
        return f"What guards do not see on {exchange} {mode} is not known: it was never tried."
    return f"Guards do not see on {exchange} {mode}: {', '.join(missing)}." if missing else ""


def _place(config: Mapping[str, Any]) -> tuple[str, str]:
    return str(config["exchange"]["name"]).lower(), str(config.get("trading_mode") or SPOT)
