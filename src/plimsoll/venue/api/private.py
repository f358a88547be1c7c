"""The signed account endpoints: balance, positions, leverage."""

from typing import Any

from plimsoll.venue.account.brackets import brackets_of
from plimsoll.venue.account.ledger import (
    AMOUNT_TOLERANCE,
    MAKER_FEE,
    TAKER_FEE,
    Account,
    Income,
    Position,
)
from plimsoll.venue.api.account_faults import is_hedged, margin_type, position_side, reported
from plimsoll.venue.api.orders import ORDERS, Answer, Private
from plimsoll.venue.api.parameters import Parameters, integer, limit_of, required
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.api.render import plain
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

MAX_LEVERAGE = 125
INCOME_MS = 7 * 86_400_000
"""How far back income goes when a client asks for no time, as on Binance."""


def account(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return balances and positions."""
    del parameters
    held = exchange.account
    marks = {symbol: exchange.snapshot(symbol, now_ms).mark for symbol in held.positions}
    open_ = _open_positions(held)
    unrealized = sum(position.unrealized_usd(marks[position.symbol]) for position in open_)
    margins = sum(position.wallet_usd for position in open_)
    maintenance = sum(position.maintenance_usd(marks[position.symbol]) for position in open_)
    free = max(exchange.matching.free_usd(), 0.0)
    ordered = max(held.free_usd - free, 0.0)
    sums = {
        "initialMargin": margins + ordered,
        "maintMargin": maintenance,
        "walletBalance": held.wallet_usd,
        "unrealizedProfit": unrealized,
        "marginBalance": held.wallet_usd + unrealized,
        "positionInitialMargin": margins,
        "openOrderInitialMargin": ordered,
        "crossWalletBalance": held.free_usd,
        "crossUnPnl": 0.0,
        "availableBalance": free,
        "maxWithdrawAmount": free,
    }
    texts = {name: plain(value, 8) for name, value in sums.items()}
    totals = {f"total{name[0].upper()}{name[1:]}": text for name, text in texts.items()}
    return totals | {
        "availableBalance": texts["availableBalance"],
        "maxWithdrawAmount": texts["maxWithdrawAmount"],
        "feeTier": 0,
        "canTrade": True,
        "multiAssetsMargin": False,
        "updateTime": now_ms,
        "assets": [{"asset": "USDT", **texts, "marginAvailable": True, "updateTime": now_ms}],
        "positions": [
            _risk(exchange, position, now_ms) for position in reported(exchange, open_, now_ms)
        ],
    }


def _open_positions(held: Account) -> list[Position]:
    return [one for one in held.positions.values() if abs(one.amount) > AMOUNT_TOLERANCE]


def balance(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return balances alone."""
    whole = account(exchange, parameters, now_ms)
    asset = whole["assets"][0]  # type: ignore[call-overload]
    return [{**asset, "accountAlias": "venue", "balance": asset["walletBalance"]}]


def _risk(exchange: Exchange, position: Position, now_ms: int) -> dict[str, Any]:
    spec = exchange.market.specs[position.symbol]
    mark = exchange.snapshot(position.symbol, now_ms).mark
    unrealized = position.unrealized_usd(mark)
    margin = plain(position.wallet_usd, 8)
    margined = margin_type(exchange, position, now_ms)
    own = margined == "isolated"
    return {
        "symbol": position.symbol,
        "positionSide": position_side(exchange, position.amount, now_ms),
        "positionAmt": plain(position.amount, spec.size_decimals),
        "entryPrice": plain(position.entry_price, spec.price_decimals + 4),
        "breakEvenPrice": plain(position.entry_price, spec.price_decimals + 4),
        "markPrice": plain(mark, 8),
        "unRealizedProfit": plain(unrealized, 8),
        "liquidationPrice": plain(position.liquidation_price, spec.price_decimals + 4),
        "isolatedMargin": plain(position.wallet_usd + unrealized, 8) if own else "0",
        "notional": plain(position.amount * mark, 8),
        "marginAsset": "USDT",
        "isolatedWallet": margin if own else "0",
        "initialMargin": margin,
        "maintMargin": plain(position.maintenance_usd(mark), 8),
        "positionInitialMargin": margin,
        "openOrderInitialMargin": "0",
        "adl": 1,
        "bidNotional": "0",
        "askNotional": "0",
        "leverage": str(position.leverage),
        "marginType": margined,
        "updateTime": position.updated_ms,
    }


def position_risk(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return open positions."""
    symbol = parameters.get("symbol")
    return [
        _risk(exchange, position, now_ms)
        for position in reported(exchange, _open_positions(exchange.account), now_ms)
        if symbol in (None, "", position.symbol)
    ]


def set_leverage(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Set a contract's leverage."""
    symbol = symbol_of(exchange, parameters, now_ms)
    leverage = integer(parameters, "leverage") or 0
    if leverage > MAX_LEVERAGE:
        raise ApiError(-4028, f"Leverage {leverage} is not valid")
    exchange.matching.set_leverage(symbol, leverage, now_ms)
    cap = max(b.cap_usd for b in brackets_of(symbol) if b.max_leverage >= leverage)
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


def user_trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's executions of a contract."""
    spec = exchange.market.specs[symbol_of(exchange, parameters, now_ms)]
    since, number = integer(parameters, "startTime"), integer(parameters, "orderId")
    limit = limit_of(parameters, default=500, maximum=1000)
    trades = [
        {
            "symbol": fill.symbol,
            "id": fill.id,
            "orderId": fill.order_id,
            "side": fill.side,
            "price": plain(fill.price, spec.price_decimals + 2),
            "qty": plain(fill.quantity, spec.size_decimals),
            "quoteQty": plain(fill.quantity * fill.price, 8),
            "realizedPnl": plain(fill.realized_usd, 8),
            "commission": plain(fill.fee_usd, 8),
            "commissionAsset": "USDT",
            "time": fill.time_ms,
            "positionSide": "BOTH",
            "buyer": fill.side == "BUY",
            "maker": fill.is_maker,
        }
        for fill in exchange.account.fills
        if fill.symbol == spec.symbol
        and (since is None or fill.time_ms >= since)
        and number in (None, fill.order_id)
    ]
    return trades[-limit:]


def income(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return what was booked to the wallet: the last week when no time is asked for."""
    symbol, kind = parameters.get("symbol"), parameters.get("incomeType")
    since, until = integer(parameters, "startTime"), integer(parameters, "endTime")
    limit = limit_of(parameters, default=100, maximum=1000)
    page = integer(parameters, "page")
    first_ms = now_ms - INCOME_MS if since is None and until is None else since
    entries = [
        _booking(entry)
        for entry in exchange.account.income
        if symbol in (None, "", entry.symbol)
        and kind in (None, "", entry.kind)
        and (first_ms is None or entry.time_ms >= first_ms)
        and (until is None or entry.time_ms <= until)
    ]
    if page is not None:
        return entries[(max(page, 1) - 1) * limit : max(page, 1) * limit]
    return entries[:limit] if since is not None else entries[-limit:]


def _booking(entry: Income) -> dict[str, Any]:
    return {
        "symbol": entry.symbol,
        "incomeType": entry.kind,
        "income": plain(entry.amount_usd, 8),
        "asset": "USDT",
        "time": entry.time_ms,
        "info": entry.kind,
        "tranId": entry.id,
        "tradeId": "" if entry.trade_id is None else str(entry.trade_id),
    }


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
        "feeTier": 0,
        "canTrade": True,
        "dualSidePosition": hedged,
        "multiAssetsMargin": False,
    }


def _constant(answer: dict[str, Any]) -> Private:
    return lambda exchange, parameters, now_ms: answer


PRIVATE: dict[tuple[str, str], Private] = {
    ("GET", "/fapi/v1/positionSide/dual"): position_mode,
    ("GET", "/fapi/v1/multiAssetsMargin"): _constant({"multiAssetsMargin": False}),
    ("GET", "/fapi/v1/accountConfig"): account_config,
    ("GET", "/fapi/v1/commissionRate"): commission_rate,
    ("GET", "/fapi/v1/leverageBracket"): leverage_brackets,
    ("POST", "/fapi/v1/leverage"): set_leverage,
    ("POST", "/fapi/v1/marginType"): set_margin_type,
    **ORDERS,
    ("GET", "/fapi/v1/userTrades"): user_trades,
    ("GET", "/fapi/v1/income"): income,
    **{("GET", f"/fapi/v{version}/account"): account for version in (2, 3)},
    **{("GET", f"/fapi/v{version}/balance"): balance for version in (2, 3)},
    **{("GET", f"/fapi/v{version}/positionRisk"): position_risk for version in (2, 3)},
}
