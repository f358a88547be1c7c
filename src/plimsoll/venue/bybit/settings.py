"""The signed endpoints of what is set: leverage, margin mode, position mode.

Source: bybit-exchange.github.io/docs/v5/position and /account/set-margin-mode.
"""

from plimsoll.venue.api.account_faults import is_hedged
from plimsoll.venue.bybit.account import ISOLATED
from plimsoll.venue.bybit.envelope import (
    MARGIN_MODE,
    SAME_LEVERAGE,
    SAME_MODE,
    BybitError,
    Result,
    invalid,
)
from plimsoll.venue.bybit.orders import Private
from plimsoll.venue.bybit.parameters import Parameters, decimal, listed_symbol, require_linear
from plimsoll.venue.bybit.public import LEVERAGE_STEP
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.keys import KeyPair

ONE_WAY, HEDGED = "0", "3"


def set_leverage(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Set a contract's leverage, the same for both sides."""
    del pair
    symbol = listed_symbol(exchange, parameters, now_ms)
    leverage, other = decimal(parameters, "buyLeverage"), decimal(parameters, "sellLeverage")
    steps = leverage / LEVERAGE_STEP
    if leverage != other or leverage < 1.0 or abs(steps - round(steps)) > 1e-6:
        raise invalid("buyLeverage and sellLeverage invalid")
    if leverage == exchange.account.position(symbol).leverage:
        raise BybitError(SAME_LEVERAGE, "leverage not modified")
    exchange.matching.set_leverage(symbol, leverage, now_ms)
    return {}


def set_margin_mode(
    exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair
) -> Result:
    """Confirm isolated margin for the account; the other modes are not modelled."""
    del exchange, now_ms, pair
    wanted = parameters.get("setMarginMode", "")
    if wanted != ISOLATED:
        raise BybitError(MARGIN_MODE, f"Set margin mode failed: this venue serves {ISOLATED} only")
    return {"reasons": []}


def switch_mode(exchange: Exchange, parameters: Parameters, now_ms: int, pair: KeyPair) -> Result:
    """Confirm one-way mode; hedge mode is not modelled. By coin no change is no error."""
    del pair
    require_linear(parameters)
    mode = parameters.get("mode", "")
    if mode not in (ONE_WAY, HEDGED):
        raise invalid("Mode invalid")
    hedged = is_hedged(exchange, now_ms)
    if (mode == HEDGED) != hedged:
        raise BybitError(110024 if hedged else 110029, "position mode cannot be switched here")
    if parameters.get("symbol"):
        listed_symbol(exchange, parameters, now_ms)
        raise BybitError(SAME_MODE, "Position mode is not modified")
    if parameters.get("coin") != "USDT":
        raise invalid("symbol or coin is required")
    return {}


SETTINGS: dict[tuple[str, str], Private] = {
    ("POST", "/v5/position/set-leverage"): set_leverage,
    ("POST", "/v5/account/set-margin-mode"): set_margin_mode,
    ("POST", "/v5/position/switch-mode"): switch_mode,
}
