"""The signed endpoints that show the spot account: balances, trades, fees, coins.

Source: developers.binance.com, spot, REST API, "Account endpoints", and wallet, "Capital".
"""

from typing import Any

from plimsoll.venue.account.spot_wallet import FEE
from plimsoll.venue.api.parameters import Parameters, integer, limit_of
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.spot_filters import QUOTE
from plimsoll.venue.spot.order_shape import text, traded
from plimsoll.venue.spot.orders import Answer, Private, span_of
from plimsoll.venue.spot.public import trades

BASIS_POINTS = 10_000


def account(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return balances; those of 0 too, unless ``omitZeroBalances`` asks for less."""
    wallet = exchange.spot.wallet
    names = dict.fromkeys([QUOTE, *_coins(exchange, now_ms), *wallet.balances])
    omits = parameters.get("omitZeroBalances", "").lower() == "true"
    fee, rate = int(FEE * BASIS_POINTS), text(FEE)
    balances = [(name, wallet.of(name)) for name in names]
    return {
        "makerCommission": fee,
        "takerCommission": fee,
        "buyerCommission": 0,
        "sellerCommission": 0,
        "commissionRates": {
            "maker": rate,
            "taker": rate,
            "buyer": text(FEE * 0),
            "seller": text(FEE * 0),
        },
        "canTrade": True,
        "canWithdraw": True,
        "canDeposit": True,
        "brokered": False,
        "requireSelfTradePrevention": False,
        "preventSor": False,
        "updateTime": wallet.updated_ms,
        "accountType": "SPOT",
        "balances": [
            {"asset": name, "free": text(one.free), "locked": text(one.locked)}
            for name, one in balances
            if one.total or not omits
        ],
        "permissions": ["SPOT"],
        "uid": 1,
    }


def _coins(exchange: Exchange, now_ms: int) -> list[str]:
    return [exchange.market.specs[symbol].base for symbol in exchange.listed(now_ms)]


def my_trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's fills of a coin: of an order, from an id on, of a day, or the last."""
    symbol = symbol_of(exchange, parameters, now_ms)
    order, first = integer(parameters, "orderId"), integer(parameters, "fromId")
    limit, (since, until) = (
        limit_of(parameters, default=500, maximum=1000),
        span_of(parameters),
    )
    rows = [
        traded(fill)
        for fill in exchange.spot.wallet.fills
        if fill.symbol == symbol
        and order in (None, fill.order_id)
        and (first is None or fill.id >= first)
        and (since is None or fill.time_ms >= since)
        and (until is None or fill.time_ms <= until)
    ]
    return rows[:limit] if first is not None or since is not None else rows[-limit:]


def trade_fee(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the account's fees of one coin or all."""
    named = parameters.get("symbol")
    chosen = [symbol_of(exchange, parameters, now_ms)] if named else exchange.listed(now_ms)
    rate = str(FEE)
    return [{"symbol": one, "makerCommission": rate, "takerCommission": rate} for one in chosen]


def coins(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return every coin and what is held of it; none can be paid in or out here."""
    del parameters
    return [_coin(exchange, name) for name in (QUOTE, *_coins(exchange, now_ms))]


def _coin(exchange: Exchange, name: str) -> dict[str, Any]:
    held = exchange.spot.wallet.of(name)
    return {
        "coin": name,
        "depositAllEnable": False,
        "withdrawAllEnable": False,
        "name": name,
        "free": text(held.free),
        "locked": text(held.locked),
        "freeze": "0",
        "withdrawing": "0",
        "ipoing": "0",
        "ipoable": "0",
        "storage": "0",
        "isLegalMoney": False,
        "trading": True,
        "networkList": [],
    }


def delisted(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return which coins trade no longer; nothing here is announced in advance."""
    del parameters
    ended = [one for one in exchange.listed(now_ms) if not trades(exchange, one)]
    return [{"delistTime": now_ms, "symbols": ended}] if ended else []


def no_margin(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return which pairs are traded on margin: none here."""
    del exchange, parameters, now_ms
    return []


ACCOUNT: dict[tuple[str, str], Private] = {
    ("GET", "/api/v3/account"): account,
    ("GET", "/api/v3/myTrades"): my_trades,
    ("GET", "/sapi/v1/asset/tradeFee"): trade_fee,
    ("GET", "/sapi/v1/capital/config/getall"): coins,
    ("GET", "/sapi/v1/margin/allPairs"): no_margin,
    ("GET", "/sapi/v1/margin/isolated/allPairs"): no_margin,
    ("GET", "/sapi/v1/spot/delist-schedule"): delisted,
}
