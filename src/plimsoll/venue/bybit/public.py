"""The public endpoints under /v5/market: pure functions from parameters to a result.

Source: bybit-exchange.github.io/docs/v5/market. Lists of candles, funding and open interest come
newest first.
"""

from collections.abc import Callable
from itertools import count
from typing import Any

from plimsoll.venue.account.brackets import brackets_of
from plimsoll.venue.api.public import book_ticker, day_ticker, mark_price, trades
from plimsoll.venue.api.render import levels_json, plain, shortest
from plimsoll.venue.bybit.distortion import book_time, candle_time, shifted, spoil_candles
from plimsoll.venue.bybit.envelope import Result, invalid
from plimsoll.venue.bybit.parameters import (
    LINEAR,
    Parameters,
    category_of,
    limit_of,
    listed_symbol,
    page_of,
    whole,
)
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import INDEX, LAST, MARK, PREMIUM, Window
from plimsoll.venue.market.funding import FUNDING_INTERVAL_MS
from plimsoll.venue.market.intervals import HOUR_MS, INTERVALS, Interval

Endpoint = Callable[[Exchange, Parameters, int], Result]
CODES = {
    "1": "1m",
    "3": "3m",
    "5": "5m",
    "15": "15m",
    "30": "30m",
    "60": "1h",
    "120": "2h",
    "240": "4h",
    "360": "6h",
    "720": "12h",
    "D": "1d",
    "W": "1w",
    "M": "1M",
}
"""Candle intervals by Bybit's name."""
PERIODS = {"5min": "5m", "15min": "15m", "30min": "30m", "1h": "1h", "4h": "4h", "1d": "1d"}
MOST_LEVELS, MOST_CANDLES, MOST_RATES = 1000, 1000, 200
LEVERAGE_STEP = 0.01


def server_time(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the exchange's clock, as a skewed one tells it."""
    del parameters
    told_ms = now_ms + exchange.faults.skew_ms(now_ms)
    return {"timeSecond": str(told_ms // 1000), "timeNano": str(told_ms * 1_000_000)}


def instruments(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the contracts that trade; other categories and states are empty."""
    category = category_of(parameters)
    wanted = parameters.get("status", "Trading")
    symbols = [
        symbol
        for symbol in (exchange.listed(now_ms) if category == LINEAR else ())
        if parameters.get("symbol") in (None, "", symbol) and _status(exchange, symbol) == wanted
    ]
    page = page_of([_contract(exchange, symbol) for symbol in symbols], parameters, 500, 1000)
    return {**page, "category": category}


def _status(exchange: Exchange, symbol: str) -> str:
    return "Trading" if exchange.status(symbol) == "TRADING" else "Closed"


def _contract(exchange: Exchange, symbol: str) -> dict[str, Any]:
    spec = exchange.spec(symbol)
    tick, step = (
        plain(spec.tick_size, spec.price_decimals),
        plain(spec.step_size, spec.size_decimals),
    )
    most = plain(2e7 / spec.typical_price_usd, 0)
    return {
        "symbol": symbol,
        "contractType": "LinearPerpetual",
        "status": _status(exchange, symbol),
        "baseCoin": spec.base,
        "quoteCoin": "USDT",
        "launchTime": str(exchange.market.first_candle_ms(symbol)),
        "deliveryTime": "0",
        "deliveryFeeRate": "",
        "priceScale": str(spec.price_decimals),
        "leverageFilter": {
            "minLeverage": "1",
            "maxLeverage": plain(brackets_of(symbol)[0].max_leverage, 2),
            "leverageStep": str(LEVERAGE_STEP),
        },
        "priceFilter": {"minPrice": tick, "maxPrice": "9999999", "tickSize": tick},
        "lotSizeFilter": {
            "maxOrderQty": most,
            "minOrderQty": step,
            "qtyStep": step,
            "postOnlyMaxOrderQty": most,
            "maxMktOrderQty": most,
            "minNotionalValue": plain(spec.min_notional_usd, 0),
        },
        "unifiedMarginTrade": True,
        "fundingInterval": FUNDING_INTERVAL_MS // 60_000,
        "settleCoin": "USDT",
        "copyTrading": "none",
        "upperFundingRate": plain(spec.funding_cap_fraction, 6),
        "lowerFundingRate": plain(-spec.funding_cap_fraction, 6),
        "isPreListing": False,
        "preListingInfo": None,
    }


def _interval(parameters: Parameters, name: str, codes: dict[str, str]) -> Interval:
    code = codes.get(parameters.get(name, ""))
    if code is None:
        raise invalid("Invalid period!")
    return INTERVALS[code]


def _window(parameters: Parameters, interval: Interval, default: int, most: int) -> Window:
    """Return the span: with both ends, the rows before the end count."""
    start, end = whole(parameters, "start"), whole(parameters, "end")
    limit = limit_of(parameters, default, most)
    if start is None or end is None:
        return Window(start, end, limit)
    if start > end:
        raise invalid("start should be less than end")
    return Window(max(start, end - limit * interval.ms + 1), end, limit)


def _klines(series: str) -> Endpoint:
    def endpoint(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
        symbol = listed_symbol(exchange, parameters, now_ms)
        interval = _interval(parameters, "interval", CODES)
        window = _window(parameters, interval, 200, MOST_CANDLES)
        told_ms = candle_time(exchange, symbol, now_ms)
        rows = exchange.market.candles(symbol, series, interval, window, told_ms)
        exchange.stats.candles += len(rows)
        spec, exact = exchange.market.specs[symbol], exchange.market.kind == "replay"
        decimals = spec.price_decimals if series == LAST else 8
        names, places = ["open", "high", "low", "close"], [decimals] * 4
        if series == LAST:
            names, places = [*names, "volume", "quote_volume"], [*places, spec.size_decimals, 4]
        columns = [rows[name].tolist() for name in names]
        texts = [
            [str(open_ms)]
            + [
                repr(value) if exact else plain(value, place)
                for value, place in zip(values, places, strict=True)
            ]
            for open_ms, *values in zip(rows["open_ms"].tolist(), *columns, strict=True)
        ][::-1]
        if series == LAST:
            spoil_candles(exchange, texts, symbol, now_ms)
        return {"symbol": symbol, "category": LINEAR, "list": texts}

    return endpoint


def tickers(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the last day, mark, index and funding of one contract or all."""
    category = category_of(parameters)
    if category == LINEAR and parameters.get("symbol"):
        symbols = [listed_symbol(exchange, parameters, now_ms)]
    else:
        symbols = exchange.listed(now_ms) if category == LINEAR else []
    rows = [_ticker(exchange, symbol, now_ms) for symbol in symbols]
    return {"category": category, "list": rows}


def _ticker(exchange: Exchange, symbol: str, now_ms: int) -> dict[str, Any]:
    day, marks = day_ticker(exchange, symbol, now_ms), mark_price(exchange, symbol, now_ms)
    book = book_ticker(exchange, symbol, now_ms)
    interest = _interest_rows(exchange, symbol, INTERVALS["5m"], Window(None, None, 1), now_ms)
    amount = float(interest[-1][1]) if interest else 0.0
    factor = exchange.faults.price_factor(symbol, now_ms)
    return {
        "symbol": symbol,
        "lastPrice": shifted(exchange, day["lastPrice"], symbol, factor),
        "indexPrice": marks["indexPrice"],
        "markPrice": marks["markPrice"],
        "prevPrice24h": day["openPrice"],
        "price24hPcnt": plain(float(day["priceChangePercent"]) / 100.0, 6),
        "highPrice24h": day["highPrice"],
        "lowPrice24h": day["lowPrice"],
        "prevPrice1h": plain(
            exchange.snapshot(symbol, max(now_ms - HOUR_MS, _first(exchange, symbol))).last,
            exchange.market.specs[symbol].price_decimals,
        ),
        "openInterest": shortest(amount),
        "openInterestValue": plain(amount * float(marks["markPrice"]), 2),
        "turnover24h": day["quoteVolume"],
        "volume24h": day["volume"],
        "fundingRate": marks["lastFundingRate"],
        "nextFundingTime": str(marks["nextFundingTime"]),
        "predictedDeliveryPrice": "",
        "basisRate": "",
        "deliveryFeeRate": "",
        "deliveryTime": "0",
        "ask1Size": book["askQty"],
        "bid1Price": shifted(exchange, book["bidPrice"], symbol, factor),
        "ask1Price": shifted(exchange, book["askPrice"], symbol, factor),
        "bid1Size": book["bidQty"],
        "basis": "",
    }


def _first(exchange: Exchange, symbol: str) -> int:
    return exchange.market.first_candle_ms(symbol)


def order_book(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the order book."""
    symbol = listed_symbol(exchange, parameters, now_ms)
    levels = limit_of(parameters, 25, MOST_LEVELS)
    book = exchange.book(symbol, levels, book_time(exchange, symbol, now_ms))
    spec = exchange.printed_spec(symbol)
    factor = exchange.faults.price_factor(symbol, now_ms)
    sides = (
        levels_json(book.bid_prices, book.bid_sizes, spec),
        levels_json(book.ask_prices, book.ask_sizes, spec),
    )
    bids, asks = (
        [[shifted(exchange, price, symbol, factor), size] for price, size in side] for side in sides
    )
    stamp = {"ts": book.time_ms, "u": book.update_id, "seq": book.update_id, "cts": book.time_ms}
    return {"s": symbol, "b": bids, "a": asks, **stamp}


def recent_trades(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the newest public trades."""
    symbol = listed_symbol(exchange, parameters, now_ms)
    limit = limit_of(parameters, 500, 1000)
    rows = trades(exchange, {"symbol": symbol, "limit": str(limit)}, now_ms)
    told = [
        {
            "execId": str(row["id"]),
            "symbol": symbol,
            "price": row["price"],
            "size": row["qty"],
            "side": "Sell" if row["isBuyerMaker"] else "Buy",
            "time": str(row["time"]),
            "isBlockTrade": False,
            "isRPITrade": False,
            "seq": str(row["id"]),
        }
        for row in reversed(list(rows))
        if isinstance(row, dict)
    ]
    return {"category": LINEAR, "list": told}


def funding_history(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return past funding rates; a start without an end is refused, as on Bybit."""
    symbol = listed_symbol(exchange, parameters, now_ms)
    start, end = whole(parameters, "startTime"), whole(parameters, "endTime")
    if start is not None and end is None:
        raise invalid("endTime is required with startTime")
    limit = limit_of(parameters, MOST_RATES, MOST_RATES)
    last_ms = now_ms if end is None else min(end, now_ms)
    first_ms = last_ms - limit * FUNDING_INTERVAL_MS + 1
    # Each rate is made of the minutes before it: none is made that nobody asked for.
    window = Window(first_ms if start is None else max(start, first_ms), last_ms, limit)
    rows = exchange.market.funding(symbol, window, now_ms).tolist()
    exact = exchange.market.kind == "replay"
    told = [
        {
            "symbol": symbol,
            "fundingRate": shortest(rate) if exact else plain(rate, 8),
            "fundingRateTimestamp": str(time_ms),
        }
        for time_ms, rate, _ in reversed(rows)
        if start is None or time_ms >= start
    ]
    return {"category": LINEAR, "list": told}


def open_interest(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the history of the open interest."""
    symbol = listed_symbol(exchange, parameters, now_ms)
    interval = _interval(parameters, "intervalTime", PERIODS)
    start, end = whole(parameters, "startTime"), whole(parameters, "endTime")
    limit = limit_of(parameters, 50, 200)
    window = Window(start, end, limit)
    rows = _interest_rows(exchange, symbol, interval, window, now_ms)
    told = [
        {"openInterest": shortest(amount), "timestamp": str(time_ms)}
        for time_ms, amount, _ in reversed(rows)
    ]
    return {"symbol": symbol, "category": LINEAR, "list": told, "nextPageCursor": ""}


def _interest_rows(
    exchange: Exchange, symbol: str, interval: Interval, window: Window, now_ms: int
) -> list[Any]:
    return list(exchange.market.open_interest(symbol, interval, window, now_ms).tolist())


def risk_limits(exchange: Exchange, parameters: Parameters, now_ms: int) -> Result:
    """Return the leverage brackets of one contract or all."""
    category = category_of(parameters)
    if category == LINEAR and parameters.get("symbol"):
        symbols = [listed_symbol(exchange, parameters, now_ms)]
    else:
        symbols = exchange.listed(now_ms) if category == LINEAR else []
    numbers = count(1)
    rows = [
        {
            "id": next(numbers),
            "symbol": symbol,
            "riskLimitValue": plain(bracket.cap_usd, 0),
            "maintenanceMargin": shortest(bracket.maintenance_fraction),
            "initialMargin": plain(1.0 / bracket.max_leverage, 6),
            "isLowestRisk": int(bracket.number == 1),
            "maxLeverage": plain(bracket.max_leverage, 2),
            "mmDeduction": shortest(bracket.cum_usd),
        }
        for symbol in symbols
        for bracket in brackets_of(symbol)
    ]
    return {"category": category, "list": rows, "nextPageCursor": ""}


PUBLIC: dict[str, Endpoint] = {
    "/v5/market/time": server_time,
    "/v5/market/instruments-info": instruments,
    "/v5/market/kline": _klines(LAST),
    "/v5/market/mark-price-kline": _klines(MARK),
    "/v5/market/index-price-kline": _klines(INDEX),
    "/v5/market/premium-index-price-kline": _klines(PREMIUM),
    "/v5/market/tickers": tickers,
    "/v5/market/orderbook": order_book,
    "/v5/market/recent-trade": recent_trades,
    "/v5/market/funding/history": funding_history,
    "/v5/market/open-interest": open_interest,
    "/v5/market/risk-limit": risk_limits,
}
