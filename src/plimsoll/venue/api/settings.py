"""The signed endpoints of what is set: leverage, margin, modes, fees."""

from typing import Any

from plimsoll.venue.account.brackets import brackets_of
from plimsoll.venue.account.events import MarginMoved
from plimsoll.venue.account.ledger import MAKER_FEE, TAKER_FEE
from plimsoll.venue.account.margin import notional_cap
from plimsoll.venue.api.account import PLAIN_ACCOUNT
from plimsoll.venue.api.account_faults import is_hedged
from plimsoll.venue.api.orders import Answer, Private
from plimsoll.venue.api.parameters import Parameters, decimal, integer, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.api.render import plain
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

MAX_LEVERAGE = 125


def set_leverage(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Set a contract's leverage."""
    symbol = symbol_of(exchange, parameters, now_ms)
    leverage = integer(parameters, "leverage") or 0
    if leverage > MAX_LEVERAGE:
        raise ApiError(-4028, f"Leverage {leverage} is not valid")
    exchange.matching.set_leverage(symbol, leverage, now_ms)
    cap = notional_cap(symbol, leverage)
    return {"symbol": symbol, "leverage": leverage, "maxNotionalValue": plain(cap, 0)}


def set_margin_type(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Confirm isolated margin; cross margin is not modelled."""
    symbol = symbol_of(exchange, parameters, now_ms)
    if required(parameters, "marginType") != "ISOLATED":
        raise ApiError(-4047, "This venue models isolated margin only; use margin_mode isolated.")
    exchange.account.set_margin_type(symbol, "isolated", now_ms)
    return {"code": 200, "msg": "success"}


def leverage_brackets(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the leverage brackets of one contract or all."""
    symbols = [parameters["symbol"]] if parameters.get("symbol") else exchange.listed(now_ms)
    return [
        {
            "symbol": symbol,
            "brackets": [
                {
                    "bracket": b.number,
                    "initialLeverage": b.max_leverage,
                    "notionalCap": b.cap_usd,
                    "notionalFloor": b.floor_usd,
                    "maintMarginRatio": b.maintenance_fraction,
                    "cum": b.cum_usd,
                }
                for b in brackets_of(symbol)
            ],
        }
        for symbol in symbols
    ]


def commission_rate(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's fees."""
    symbol = symbol_of(exchange, parameters, now_ms)
    fees = {"makerCommissionRate": plain(MAKER_FEE, 6), "takerCommissionRate": plain(TAKER_FEE, 6)}
    return {"symbol": symbol, **fees}


def position_mode(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return whether the account is in hedge mode."""
    del parameters
    return {"dualSidePosition": is_hedged(exchange, now_ms)}


def account_config(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's settings."""
    del parameters
    hedged = is_hedged(exchange, now_ms)
    return {
        **PLAIN_ACCOUNT,
        "dualSidePosition": hedged,
        "multiAssetsMargin": False,
        "updateTime": 0,
    }


def set_position_mode(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Confirm one-way mode; hedge mode is not modelled."""
    hedged = is_hedged(exchange, now_ms)
    wanted = required(parameters, "dualSidePosition").lower() == "true"
    if wanted == hedged:
        raise ApiError(-4059, "No need to change position side.")
    raise ApiError(-4061, "This venue models one-way mode only; leave dualSidePosition false.")


def set_assets_mode(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Confirm the single-asset mode; the other one is not modelled."""
    del exchange, now_ms
    if required(parameters, "multiAssetsMargin").lower() == "true":
        raise ApiError(-4168, "This venue models the single-asset mode only.")
    raise ApiError(-4171, "No need to change multi assets mode.")


def move_margin(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Add balance to a position's own margin (``type`` 1), or take some back (2)."""
    symbol = symbol_of(exchange, parameters, now_ms)
    amount, kind = decimal(parameters, "amount"), integer(parameters, "type")
    if kind not in (1, 2):
        raise ApiError(-1130, "Data sent for parameter 'type' is not valid.")
    if amount <= 0.0:
        raise ApiError(-4030, "Isolated margin amount must be positive.")
    position = exchange.account.position(symbol)
    if not position.is_open:
        raise ApiError(-4046, "Cannot add position margin: position is 0.")
    if kind == 1 and amount > exchange.matching.free_usd():
        raise ApiError(-4051, "Isolated balance insufficient.")
    if kind == 2:
        mark = exchange.snapshot(symbol, now_ms).mark
        needed = max(
            abs(position.amount) * mark / position.leverage, position.maintenance_usd(mark)
        )
        if position.wallet_usd + min(position.unrealized_usd(mark), 0.0) - amount < needed:
            raise ApiError(-2019, "Margin is insufficient.")
    signed = amount if kind == 1 else -amount
    exchange.account.record(MarginMoved, now_ms, symbol=symbol, amount_usd=signed)
    return {
        "amount": amount,
        "code": 200,
        "msg": "Successfully modify position margin.",
        "type": kind,
    }


def symbol_config(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return leverage and margin type of one contract or all."""
    symbols = [parameters["symbol"]] if parameters.get("symbol") else exchange.listed(now_ms)
    held = [exchange.account.position(symbol) for symbol in symbols]
    return [
        {
            "symbol": one.symbol,
            "marginType": one.margin_type.upper(),
            "isAutoAddMargin": False,
            "leverage": one.leverage,
            "maxNotionalValue": plain(notional_cap(one.symbol, one.leverage), 0),
        }
        for one in held
    ]


def _constant(answer: dict[str, Any]) -> Private:
    return lambda exchange, parameters, now_ms: answer


SETTINGS: dict[tuple[str, str], Private] = {
    ("GET", "/fapi/v1/positionSide/dual"): position_mode,
    ("POST", "/fapi/v1/positionSide/dual"): set_position_mode,
    ("GET", "/fapi/v1/multiAssetsMargin"): _constant({"multiAssetsMargin": False}),
    ("POST", "/fapi/v1/multiAssetsMargin"): set_assets_mode,
    ("GET", "/fapi/v1/feeBurn"): _constant({"feeBurn": False}),
    ("GET", "/fapi/v1/accountConfig"): account_config,
    ("GET", "/fapi/v1/symbolConfig"): symbol_config,
    ("GET", "/fapi/v1/commissionRate"): commission_rate,
    ("GET", "/fapi/v1/leverageBracket"): leverage_brackets,
    ("POST", "/fapi/v1/leverage"): set_leverage,
    ("POST", "/fapi/v1/marginType"): set_margin_type,
    ("POST", "/fapi/v1/positionMargin"): move_margin,
}
