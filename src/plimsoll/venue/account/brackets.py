"""Leverage brackets: how much a position may be levered and the margin it must maintain.

Shaped after Binance's published brackets: BTC and ETH as listed there, one shared table for
all other contracts. Maintenance margin of a notional N in bracket k is N·rate_k − cum_k.
"""

from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Bracket:
    """One step: notionals from floor to cap in USDT, rate and cum as Binance defines them."""

    number: int
    floor_usd: float
    cap_usd: float
    max_leverage: int
    maintenance_fraction: float
    cum_usd: float


_MAJOR = (
    (300_000.0, 150, 0.004),
    (800_000.0, 100, 0.005),
    (3_000_000.0, 75, 0.0065),
    (12_000_000.0, 50, 0.01),
    (70_000_000.0, 25, 0.02),
    (100_000_000.0, 20, 0.025),
    (230_000_000.0, 10, 0.05),
    (480_000_000.0, 5, 0.1),
    (1_200_000_000.0, 2, 0.25),
    (1_800_000_000.0, 1, 0.5),
)
_OTHER = (
    (10_000.0, 75, 0.01),
    (60_000.0, 50, 0.015),
    (300_000.0, 25, 0.02),
    (1_000_000.0, 20, 0.025),
    (3_000_000.0, 10, 0.05),
    (6_000_000.0, 5, 0.1),
    (12_000_000.0, 2, 0.25),
    (20_000_000.0, 1, 0.5),
)


@cache
def brackets_of(symbol: str) -> tuple[Bracket, ...]:
    """Return the contract's brackets, lowest notional first."""
    brackets: list[Bracket] = []
    floor, rate_before, cum = 0.0, 0.0, 0.0
    for number, (cap, leverage, rate) in enumerate(
        _MAJOR if symbol in ("BTCUSDT", "ETHUSDT") else _OTHER, start=1
    ):
        cum += floor * (rate - rate_before) if number > 1 else 0.0
        brackets.append(Bracket(number, floor, cap, leverage, rate, cum))
        floor, rate_before = cap, rate
    return tuple(brackets)


def bracket_for(symbol: str, notional_usd: float) -> Bracket:
    """Return the bracket that holds a notional; beyond the last cap the last one."""
    for bracket in brackets_of(symbol):
        if notional_usd <= bracket.cap_usd:
            return bracket
    return brackets_of(symbol)[-1]
