"""The public HTTP endpoints under /fapi: pure functions from parameters to a JSON answer."""

from collections.abc import Callable
from typing import Any

from plimsoll.venue.api.parameters import (
    Parameters,
    integer,
    interval_of,
    limit_of,
    required,
    window_of,
)
from plimsoll.venue.api.rate_limits import ORDER_LIMITS, WEIGHT_LIMIT
from plimsoll.venue.api.render import klines_json, levels_json, plain, shortest
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import INDEX, LAST, MARK, PREMIUM, Window
from plimsoll.venue.market.book import DEPTH_LIMITS, best_prices, trade_id_at, trades_between
from plimsoll.venue.market.funding import FUNDING_INTERVAL_MS, INTEREST_RATE
from plimsoll.venue.market.intervals import DAY_MS, INTERVALS
from plimsoll.venue.market.symbols import SymbolSpec

Answer = bytes | dict[str, Any] | list[Any]
Endpoint = Callable[[Exchange, Parameters, int], Answer]
PERPETUAL_DELIVERY_MS = 4_133_404_800_000


def symbol_of(exchange: Exchange, parameters: Parameters, now_ms: int, name: str = "symbol") -> str:
    """Return a listed symbol or refuse with -1121."""
    symbol = required(parameters, name)
    if symbol not in exchange.market.specs or exchange.market.first_candle_ms(symbol) > now_ms:
        raise ApiError(-1121, "Invalid symbol.")
    return symbol


def ping(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Answer that the exchange is there."""
    del exchange, parameters, now_ms
    return {}


def server_time(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the exchange's clock."""
    del exchange, parameters
    return {"serverTime": now_ms}


def exchange_info(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the listed contracts and their filters."""
    del parameters
    return {
        "timezone": "UTC",
        "serverTime": now_ms,
        "futuresType": "U_MARGINED",
        "rateLimits": [
            _limit("REQUEST_WEIGHT", "MINUTE", 1, WEIGHT_LIMIT),
            _limit("ORDERS", "MINUTE", 1, ORDER_LIMITS["1M"][1]),
            _limit("ORDERS", "SECOND", 10, ORDER_LIMITS["10S"][1]),
        ],
        "exchangeFilters": [],
        "assets": [{"asset": "USDT", "marginAvailable": True, "autoAssetExchange": "-10000"}],
        "symbols": [_contract(exchange, symbol) for symbol in exchange.listed(now_ms)],
    }


def _limit(kind: str, interval: str, number: int, limit: int) -> dict[str, Any]:
    return {
        "rateLimitType": kind,
        "interval": interval,
        "intervalNum": number,
        "limit": limit,
    }


def _contract(exchange: Exchange, symbol: str) -> dict[str, Any]:
    spec = exchange.spec(symbol)
    return {
        "symbol": spec.symbol,
        "pair": spec.symbol,
        "contractType": "PERPETUAL",
        "deliveryDate": PERPETUAL_DELIVERY_MS,
        "onboardDate": exchange.market.first_candle_ms(symbol),
        "status": exchange.status(symbol),
        "maintMarginPercent": "2.5000",
        "requiredMarginPercent": "5.0000",
        "baseAsset": spec.base,
        "quoteAsset": "USDT",
        "marginAsset": "USDT",
        "pricePrecision": spec.price_decimals,
        "quantityPrecision": spec.size_decimals,
        "baseAssetPrecision": 8,
        "quotePrecision": 8,
        "underlyingType": "COIN",
        "underlyingSubType": [],
        "triggerProtect": "0.0500",
        "liquidationFee": "0.012500",
        "marketTakeBound": "0.05",
        "filters": _filters(spec),
        "orderTypes": [
            "LIMIT",
            "MARKET",
            "STOP",
            "STOP_MARKET",
            "TAKE_PROFIT",
            "TAKE_PROFIT_MARKET",
            "TRAILING_STOP_MARKET",
        ],
        "timeInForce": ["GTC", "IOC", "FOK", "GTX", "GTD"],
    }


def _filters(spec: SymbolSpec) -> list[dict[str, Any]]:
    tick, step = (
        plain(spec.tick_size, spec.price_decimals),
        plain(spec.step_size, spec.size_decimals),
    )
    most = plain(2e7 / spec.typical_price_usd, 0)
    return [
        {
            "filterType": "PRICE_FILTER",
            "minPrice": tick,
            "maxPrice": "9999999",
            "tickSize": tick,
        },
        {"filterType": "LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "MARKET_LOT_SIZE", "minQty": step, "maxQty": most, "stepSize": step},
        {"filterType": "MAX_NUM_ORDERS", "limit": 200},
        {"filterType": "MAX_NUM_ALGO_ORDERS", "limit": 10},
        {"filterType": "MIN_NOTIONAL", "notional": plain(spec.min_notional_usd, 0)},
        {
            "filterType": "PERCENT_PRICE",
            "multiplierUp": "1.0500",
            "multiplierDown": "0.9500",
            "multiplierDecimal": "4",
        },
    ]


def _klines(series: str, name: str = "symbol") -> Endpoint:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        symbol = symbol_of(exchange, parameters, now_ms, name)
        interval = interval_of(parameters)
        window = window_of(parameters, default=500, maximum=1500)
        rows = exchange.market.candles(symbol, series, interval, window, now_ms)
        exchange.stats.candles += len(rows)
        exact = exchange.market.kind == "replay"
        return klines_json(rows, interval, exchange.market.specs[symbol], series, exact=exact)

    return endpoint


def premium_index(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return mark, index and funding of one contract, or of all."""
    if parameters.get("symbol"):
        return mark_price(exchange, symbol_of(exchange, parameters, now_ms), now_ms)
    return [mark_price(exchange, symbol, now_ms) for symbol in exchange.listed(now_ms)]


def mark_price(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    """Return one contract's entry of ``premiumIndex``."""
    now = exchange.snapshot(symbol, now_ms)
    return {
        "symbol": symbol,
        "markPrice": plain(now.mark, 8),
        "indexPrice": plain(now.index, 8),
        "estimatedSettlePrice": plain(now.index, 8),
        "lastFundingRate": plain(now.predicted_funding_rate, 8),
        "interestRate": plain(INTEREST_RATE, 8),
        "nextFundingTime": (now_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS,
        "time": now_ms,
    }


def funding_history(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return past funding payments."""
    window = window_of(parameters, default=100, maximum=1000)
    if parameters.get("symbol"):
        symbols = [symbol_of(exchange, parameters, now_ms)]
    else:
        symbols = exchange.listed(now_ms)
    entries = [
        {
            "symbol": symbol,
            "fundingTime": time_ms,
            "fundingRate": shortest(rate) if exchange.market.kind == "replay" else plain(rate, 8),
            "markPrice": plain(mark, 8),
        }
        for symbol in symbols
        for time_ms, rate, mark in exchange.market.funding(symbol, window, now_ms).tolist()
    ]
    if len(symbols) > 1:
        entries.sort(key=lambda entry: entry["fundingTime"])
        entries = entries[-window.limit :]
    return entries


def funding_info(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the caps of the funding rate."""
    del parameters
    specs = [exchange.market.specs[symbol] for symbol in exchange.listed(now_ms)]
    return [
        {
            "symbol": spec.symbol,
            "adjustedFundingRateCap": plain(spec.funding_cap_fraction, 8),
            "adjustedFundingRateFloor": plain(-spec.funding_cap_fraction, 8),
            "fundingIntervalHours": 8,
            "disclaimer": False,
        }
        for spec in specs
    ]


def open_interest(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the current open interest."""
    symbol = symbol_of(exchange, parameters, now_ms)
    rows = exchange.market.open_interest(symbol, INTERVALS["5m"], Window(None, None, 1), now_ms)
    amount = float(rows["amount"][-1]) if len(rows) else 0.0
    return {"symbol": symbol, "openInterest": shortest(amount), "time": now_ms}


def depth(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return the order book."""
    symbol = symbol_of(exchange, parameters, now_ms)
    levels = limit_of(parameters, default=500, maximum=1000)
    if levels not in DEPTH_LIMITS:
        raise ApiError(-4021, f"'{levels}' is not valid depth limit.")
    book = exchange.book(symbol, levels, now_ms)
    exchange.books_sent.append((symbol, book))
    spec = exchange.printed_spec(symbol)
    return {
        "lastUpdateId": book.update_id,
        "E": now_ms,
        "T": now_ms,
        "bids": levels_json(book.bid_prices, book.bid_sizes, spec),
        "asks": levels_json(book.ask_prices, book.ask_sizes, spec),
    }


def _per_symbol(one: Callable[[Exchange, str, int], dict[str, Any]]) -> Endpoint:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
        if parameters.get("symbol"):
            return one(exchange, symbol_of(exchange, parameters, now_ms), now_ms)
        return [one(exchange, symbol, now_ms) for symbol in exchange.listed(now_ms)]

    return endpoint


def day_ticker(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    """Return one contract's last 24 hours."""
    spec, market = exchange.market.specs[symbol], exchange.market
    finest = market.finest(symbol)
    first_ms = now_ms - DAY_MS + 1
    window = Window(first_ms, now_ms, DAY_MS // finest.ms + 1)
    rows = market.candles(symbol, LAST, finest, window, now_ms)
    if len(rows) == 0:
        rows = market.candles(symbol, LAST, finest, Window(None, None, 1), now_ms)
    last = market.snapshot(symbol, now_ms).last
    opened, high, low = float(rows["open"][0]), float(rows["high"].max()), float(rows["low"].min())
    volume, quote = float(rows["volume"].sum()), float(rows["quote_volume"].sum())
    decimals = spec.price_decimals
    last_id = trade_id_at(now_ms)
    return {
        "symbol": symbol,
        "priceChange": plain(last - opened, decimals),
        "priceChangePercent": plain((last / opened - 1.0) * 100.0, 3),
        "weightedAvgPrice": plain(quote / volume if volume > 0 else last, decimals),
        "lastPrice": plain(last, decimals),
        "lastQty": plain(spec.step_size, spec.size_decimals),
        "openPrice": plain(opened, decimals),
        "highPrice": plain(max(high, last), decimals),
        "lowPrice": plain(min(low, last), decimals),
        "volume": plain(volume, spec.size_decimals),
        "quoteVolume": plain(quote, 2),
        "openTime": int(rows["open_ms"][0]),
        "closeTime": now_ms,
        "firstId": last_id - DAY_MS // 1000,
        "lastId": last_id,
        "count": int(rows["trades"].sum()),
    }


def price_ticker(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    """Return one contract's last price."""
    last = exchange.snapshot(symbol, now_ms).last
    decimals = exchange.market.specs[symbol].price_decimals
    return {"symbol": symbol, "price": plain(last, decimals), "time": now_ms}


def book_ticker(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    """Return one contract's best bid and ask."""
    spec, book = exchange.printed_spec(symbol), exchange.book(symbol, 1, now_ms)
    now = exchange.snapshot(symbol, now_ms)
    bid, ask = best_prices(exchange.spec(symbol), now, exchange.spread_scale)
    return {
        "symbol": symbol,
        "bidPrice": plain(bid, spec.price_decimals),
        "bidQty": plain(float(book.bid_sizes[0]), spec.size_decimals),
        "askPrice": plain(ask, spec.price_decimals),
        "askQty": plain(float(book.ask_sizes[0]), spec.size_decimals),
        "time": now_ms,
        "lastUpdateId": book.update_id,
    }


def _trade_rows(
    exchange: Exchange, parameters: Parameters, now_ms: int
) -> list[tuple[int, int, str, str, str, bool]]:
    """Return (id, time, price, size, quote, buyer is maker) of the asked trades."""
    symbol = symbol_of(exchange, parameters, now_ms)
    limit = limit_of(parameters, default=500, maximum=1000)
    start, end = integer(parameters, "startTime"), integer(parameters, "endTime")
    from_id = integer(parameters, "fromId")
    last_id = trade_id_at(now_ms if end is None else min(end, now_ms))
    if from_id is not None:
        first_id = from_id
    elif start is not None:
        first_id = trade_id_at(start + 999)
    else:
        first_id = last_id - limit + 1
    first_id = max(first_id, trade_id_at(exchange.market.first_candle_ms(symbol)))
    last_id = min(last_id, first_id + limit - 1)
    trades = trades_between(exchange.market, symbol, first_id, last_id, now_ms)
    spec = exchange.market.specs[symbol]
    return [
        (
            number,
            time_ms,
            plain(price, spec.price_decimals),
            plain(size, spec.size_decimals),
            plain(price * size, 4),
            maker,
        )
        for number, time_ms, price, size, maker in zip(
            trades.ids.tolist(),
            trades.times_ms.tolist(),
            trades.prices.tolist(),
            trades.sizes.tolist(),
            trades.buyer_is_maker,
            strict=True,
        )
    ]


def trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return single trades."""
    return [
        {"id": i, "price": p, "qty": q, "quoteQty": v, "time": t, "isBuyerMaker": m}
        for i, t, p, q, v, m in _trade_rows(exchange, parameters, now_ms)
    ]


def aggregate_trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Answer:
    """Return trades merged by taker order; here each stands alone."""
    return [
        {"a": i, "p": p, "q": q, "f": i, "l": i, "T": t, "m": m}
        for i, t, p, q, _, m in _trade_rows(exchange, parameters, now_ms)
    ]


ENDPOINTS: dict[str, Endpoint] = {
    "/fapi/v1/ping": ping,
    "/fapi/v1/time": server_time,
    "/fapi/v1/exchangeInfo": exchange_info,
    "/fapi/v1/klines": _klines(LAST),
    "/fapi/v1/continuousKlines": _klines(LAST, "pair"),
    "/fapi/v1/markPriceKlines": _klines(MARK),
    "/fapi/v1/indexPriceKlines": _klines(INDEX, "pair"),
    "/fapi/v1/premiumIndexKlines": _klines(PREMIUM),
    "/fapi/v1/premiumIndex": premium_index,
    "/fapi/v1/fundingRate": funding_history,
    "/fapi/v1/fundingInfo": funding_info,
    "/fapi/v1/openInterest": open_interest,
    "/fapi/v1/depth": depth,
    "/fapi/v1/ticker/24hr": _per_symbol(day_ticker),
    "/fapi/v1/ticker/price": _per_symbol(price_ticker),
    "/fapi/v2/ticker/price": _per_symbol(price_ticker),
    "/fapi/v1/ticker/bookTicker": _per_symbol(book_ticker),
    "/fapi/v1/trades": trades,
    "/fapi/v1/historicalTrades": trades,
    "/fapi/v1/aggTrades": aggregate_trades,
}
