"""The public endpoints under /api/v3: pure functions from parameters to a JSON answer.

Source: developers.binance.com, spot, REST API, "General" and "Market data" endpoints. The prices
are those of the perpetual contracts: there is no basis between the two markets.
"""

from collections.abc import Callable, Mapping
from typing import Any

from plimsoll.venue.account.ledger import TRADING
from plimsoll.venue.api import public as futures
from plimsoll.venue.api.parameters import Parameters, limit_of
from plimsoll.venue.api.public import Answer, Endpoint, symbol_of
from plimsoll.venue.api.rate_limits import SPOT_TARIFF
from plimsoll.venue.api.render import levels_json, plain
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.book import DEPTH_LIMITS
from plimsoll.venue.market.spot_filters import (
    LEAST_ORDER_USD,
    MOST_CONDITIONAL,
    MOST_ORDERS,
    PRICE_DOWN,
    PRICE_UP,
    QUOTE,
    SpotFilters,
)
from plimsoll.venue.spot.parameters import symbols_of

ORDER_TYPES = ("LIMIT", "LIMIT_MAKER", "MARKET", "STOP_LOSS_LIMIT", "TAKE_PROFIT_LIMIT")
MOST_LEVELS = 5000
_BREAK, _HALTED = "BREAK", -1013


def exchange_info(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the coins and their filters: all, or those that are named."""
    chosen = symbols_of(exchange, parameters, now_ms)
    symbols = exchange.listed(now_ms) if chosen is None else chosen
    limits = SPOT_TARIFF.order_limits
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, SPOT_TARIFF.weight_limit),
            _limit("ORDERS", "SECOND", 10, limits["10S"][1]),
            _limit("ORDERS", "DAY", 1, limits["1D"][1]),
        ],
        "exchangeFilters": [],
        "symbols": [_coin(exchange, symbol) for symbol in symbols],
    }


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
    return {"rateLimitType": kind, "interval": interval, "intervalNum": number, "limit": limit}


def _coin(exchange: Exchange, symbol: str) -> dict[str, Any]:
    filters = exchange.spot.filters(symbol)
    return {
        "symbol": symbol,
        "status": TRADING if trades(exchange, symbol) else _BREAK,
        "baseAsset": filters.base,
        "baseAssetPrecision": 8,
        "quoteAsset": QUOTE,
        "quotePrecision": 8,
        "quoteAssetPrecision": 8,
        "baseCommissionPrecision": 8,
        "quoteCommissionPrecision": 8,
        "orderTypes": list(ORDER_TYPES),
        "icebergAllowed": False,
        "ocoAllowed": False,
        "otoAllowed": False,
        "quoteOrderQtyMarketAllowed": True,
        "allowTrailingStop": False,
        "cancelReplaceAllowed": False,
        "isSpotTradingAllowed": True,
        "isMarginTradingAllowed": False,
        "filters": _filters(filters),
        "permissions": [],
        "permissionSets": [["SPOT"]],
        "defaultSelfTradePreventionMode": "NONE",
        "allowedSelfTradePreventionModes": ["NONE"],
    }


def trades(exchange: Exchange, symbol: str) -> bool:
    """Return whether a coin trades: it does until it is delisted."""
    return exchange.status(symbol) == TRADING


def require_trading(exchange: Exchange, symbol: str) -> None:
    """Refuse a coin that trades no longer."""
    if not trades(exchange, symbol):
        raise ApiError(_HALTED, "Market is closed.")


def _filters(filters: SpotFilters) -> list[dict[str, Any]]:
    tick, step = f"{filters.tick:.8f}", f"{filters.step:.8f}"
    most, up, down = f"{filters.most:.8f}", f"{PRICE_UP}", f"{PRICE_DOWN}"
    lot = {"minQty": step, "maxQty": most, "stepSize": step}
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": "9999999.00000000",
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", **lot},
        {
            "filterType": "PERCENT_PRICE_BY_SIDE",
            "bidMultiplierUp": up,
            "bidMultiplierDown": down,
            "askMultiplierUp": up,
            "askMultiplierDown": down,
            "avgPriceMins": 0,
        },
        {
            "filterType": "NOTIONAL",
            "minNotional": f"{LEAST_ORDER_USD:.8f}",
            "applyMinToMarket": True,
            "maxNotional": "9000000.00000000",
            "applyMaxToMarket": False,
            "avgPriceMins": 0,
        },
        {"filterType": "MAX_NUM_ORDERS", "maxNumOrders": MOST_ORDERS},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": MOST_CONDITIONAL},
    ]


def klines(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return candles: at most 1000, where the contracts' own endpoint gives 1500."""
    limit_of(parameters, default=500, maximum=1000)
    return futures.ENDPOINTS["/fapi/v1/klines"](exchange, parameters, now_ms)


def depth(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the order book with as many levels as are asked for, at most 1000."""
    symbol = symbol_of(exchange, parameters, now_ms)
    wanted = limit_of(parameters, default=100, maximum=MOST_LEVELS)
    levels = next((one for one in DEPTH_LIMITS if one >= wanted), max(DEPTH_LIMITS))
    book, spec = exchange.book(symbol, levels, now_ms), exchange.printed_spec(symbol)
    exchange.books_sent.append((symbol, book))
    return {
        "lastUpdateId": book.update_id,
        "bids": levels_json(book.bid_prices, book.bid_sizes, spec)[:wanted],
        "asks": levels_json(book.ask_prices, book.ask_sizes, spec)[:wanted],
    }


def _day(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    day, book = (
        futures.day_ticker(exchange, symbol, now_ms),
        futures.book_ticker(exchange, symbol, now_ms),
    )
    best = {name: book[name] for name in ("bidPrice", "bidQty", "askPrice", "askQty")}
    return {**day, "prevClosePrice": day["openPrice"], **best}


def _price(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    last = exchange.snapshot(symbol, now_ms).last
    return {"symbol": symbol, "price": plain(last, exchange.market.specs[symbol].price_decimals)}


def _best(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    book = futures.book_ticker(exchange, symbol, now_ms)
    return {name: value for name, value in book.items() if name not in ("time", "lastUpdateId")}


def _per_symbol(one: Callable[[Exchange, str, int], dict[str, Any]]) -> Endpoint:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        chosen = symbols_of(exchange, parameters, now_ms)
        rows = [
            one(exchange, symbol, now_ms)
            for symbol in (exchange.listed(now_ms) if chosen is None else chosen)
        ]
        return rows[0] if parameters.get("symbol") else rows

    return endpoint


def _marked(endpoint: Endpoint, extra: Mapping[str, Any]) -> Endpoint:
    """Return an endpoint of the contracts' whose rows have a field more on spot."""

    def wider(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        rows = endpoint(exchange, parameters, now_ms)
        return [{**row, **extra} for row in rows] if isinstance(rows, list) else rows

    return wider


_TRADES = _marked(futures.trades, {"isBestMatch": True})
PUBLIC: dict[str, Endpoint] = {
    "/api/v3/ping": futures.ping,
    "/api/v3/time": futures.server_time,
    "/api/v3/exchangeInfo": exchange_info,
    "/api/v3/klines": klines,
    "/api/v3/depth": depth,
    "/api/v3/ticker/24hr": _per_symbol(_day),
    "/api/v3/ticker/price": _per_symbol(_price),
    "/api/v3/ticker/bookTicker": _per_symbol(_best),
    "/api/v3/trades": _TRADES,
    "/api/v3/historicalTrades": _TRADES,
    "/api/v3/aggTrades": _marked(futures.aggregate_trades, {"M": True}),
}
