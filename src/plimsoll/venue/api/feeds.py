"""The messages that a subscribed WebSocket stream has pending: pure state machines."""

from collections.abc import Callable
from typing import Any, Protocol

from plimsoll.venue.api.public import book_ticker, day_ticker, mark_price
from plimsoll.venue.api.render import levels_json, plain
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.base import INDEX, LAST, MARK, Rows, Window
from plimsoll.venue.market.book import trade_id_at, trades_between
from plimsoll.venue.market.intervals import INTERVALS, SECOND_MS, Interval

MAX_CANDLES_A_PUSH = 500
MAX_TRADES_A_PUSH = 500
DIFF_LEVELS = 100
PARTIAL_LEVELS = {"": None, "5": 5, "10": 10, "20": 20}
DEPTH_PERIODS_MS = {"": 250, "100ms": 100, "250ms": 250, "500ms": 500}
Event = dict[str, Any]
Message = Event | list[Event]


class Feed(Protocol):
    """One stream's memory of what it has sent."""

    def current(self, now_ms: int) -> list[Message]:
        """Return what a new subscriber gets at once; changes nothing."""

    def advance(self, now_ms: int) -> list[Message]:
        """Return what every subscriber gets for the time since the last call."""


class KlineFeed:
    """Forming candles, and every closed candle exactly once with ``x: true``."""

    def __init__(
        self, exchange: Exchange, symbol: str, series: str, interval: Interval, event: str
    ) -> None:
        self._exchange, self._symbol, self._series = exchange, symbol, series
        self._interval, self._event = interval, event
        self._open_ms = interval.open_ms(exchange.clock.now_ms())
        self._seen_ms = -1

    def current(self, now_ms: int) -> list[Message]:
        """Return the forming candle."""
        return self._messages(self._interval.open_ms(now_ms), now_ms, MAX_CANDLES_A_PUSH)

    def advance(self, now_ms: int) -> list[Message]:
        """Return the candles that closed since the last call, then the forming one."""
        if now_ms == self._seen_ms:
            return []
        self._seen_ms = now_ms
        since_ms, self._open_ms = self._open_ms, self._interval.open_ms(now_ms)
        return self._messages(since_ms, now_ms, MAX_CANDLES_A_PUSH)

    def _messages(self, since_ms: int, now_ms: int, most: int) -> list[Message]:
        reach_ms = self._interval.open_ms(now_ms) - most * self._interval.ms
        window = Window(max(since_ms, reach_ms), None, most + 1)
        rows = self._exchange.market.candles(
            self._symbol, self._series, self._interval, window, now_ms
        )
        self._exchange.stats.candles += len(rows)
        return [self._message(rows[index : index + 1], now_ms) for index in range(len(rows))]

    def _message(self, row: Rows, now_ms: int) -> Message:
        spec = self._exchange.market.specs[self._symbol]
        exact = self._exchange.market.kind == "replay"
        decimals = spec.price_decimals if self._series == LAST else 8

        def text(name: str, places: int) -> str:
            value = float(row[name][0])
            return repr(value) if exact else plain(value, places)

        open_ms = int(row["open_ms"][0])
        end_ms = int(self._interval.ends(row["open_ms"])[0])
        candle = {
            "t": open_ms,
            "T": end_ms - 1,
            "s": self._symbol,
            "i": self._interval.code,
            "f": trade_id_at(open_ms),
            "L": trade_id_at(min(end_ms - 1, now_ms)),
            "o": text("open", decimals),
            "c": text("close", decimals),
            "h": text("high", decimals),
            "l": text("low", decimals),
            "v": text("volume", spec.size_decimals),
            "n": int(row["trades"][0]),
            "x": end_ms <= now_ms,
            "q": text("quote_volume", 4),
            "V": text("taker_volume", spec.size_decimals),
            "Q": text("taker_quote", 4),
            "B": "0",
        }
        owner = "ps" if self._event == "indexPrice_kline" else "s"
        return {"e": self._event, "E": now_ms, owner: self._symbol, "k": candle}


class TickerFeed:
    """A message built afresh and sent once a period."""

    def __init__(self, build: Callable[[int], Message], period_ms: int) -> None:
        self._build, self._period_ms = build, period_ms
        self._period = -1
        self._sent: Message | None = None

    def current(self, now_ms: int) -> list[Message]:
        """Return the message as it stands."""
        return [self._build(now_ms)]

    def advance(self, now_ms: int) -> list[Message]:
        """Return the message when a new period has begun."""
        period = now_ms // self._period_ms
        if period == self._period:
            return []
        self._period = period
        self._sent = self._build(now_ms)
        return [self._sent]


class TradeFeed:
    """Each trade once; only the latest ones when an accelerated clock yields too many."""

    def __init__(self, exchange: Exchange, symbol: str, event: str) -> None:
        self._exchange, self._symbol, self._event = exchange, symbol, event
        self._last_id = trade_id_at(exchange.clock.now_ms())

    def current(self, now_ms: int) -> list[Message]:
        """Return nothing: trades are sent as they happen."""
        del now_ms
        return []

    def advance(self, now_ms: int) -> list[Message]:
        """Return the trades since the last call."""
        last_id = trade_id_at(now_ms)
        first_id = max(self._last_id + 1, last_id - MAX_TRADES_A_PUSH + 1)
        self._last_id = last_id
        market = self._exchange.market
        spec = market.specs[self._symbol]
        trades = trades_between(market, self._symbol, first_id, last_id, now_ms)
        aggregated = self._event == "aggTrade"
        messages: list[Message] = []
        for index, number in enumerate(trades.ids.tolist()):
            message: Event = {
                "e": self._event,
                "E": now_ms,
                "s": self._symbol,
                "a" if aggregated else "t": number,
                "p": plain(float(trades.prices[index]), spec.price_decimals),
                "q": plain(float(trades.sizes[index]), spec.size_decimals),
                "T": int(trades.times_ms[index]),
                "m": trades.buyer_is_maker[index],
            }
            message |= {"f": number, "l": number} if aggregated else {"X": "MARKET"}
            messages.append(message)
        return messages


class DepthFeed:
    """Differences of the book, or the best levels whole, once a period at most.

    Of differences: new levels, and a zero for every level that is gone. Each message names the
    last one's number as ``pu``, so that a client notices one that it did not get.
    """

    def __init__(
        self, exchange: Exchange, symbol: str, levels: int | None, period_ms: int = 100
    ) -> None:
        self._exchange, self._symbol, self._partial = exchange, symbol, levels
        self._period_ms = period_ms
        self._sent: dict[str, set[str]] = {"b": set(), "a": set()}
        self._update_id = self._before_id = exchange.clock.now_ms()

    def current(self, now_ms: int) -> list[Message]:
        """Return the partial book as last sent; a difference stream starts empty."""
        if self._partial is None:
            return []
        at_ms = min(now_ms, self._update_id)
        return [self._message(at_ms, self._before_id, self._update_id)]

    def advance(self, now_ms: int) -> list[Message]:
        """Return the change since the last call, when a new period has begun."""
        if now_ms // self._period_ms <= self._update_id // self._period_ms:
            return []
        self._before_id, self._update_id = self._update_id, now_ms
        return [self._message(now_ms, self._before_id, self._update_id)]

    def _message(self, now_ms: int, before_id: int, update_id: int) -> Message:
        spec = self._exchange.printed_spec(self._symbol)
        book = self._exchange.book(self._symbol, self._partial or DIFF_LEVELS, now_ms)
        sides = {
            "b": levels_json(book.bid_prices, book.bid_sizes, spec),
            "a": levels_json(book.ask_prices, book.ask_sizes, spec),
        }
        if self._partial is None:
            self._zero_gone_levels(sides)
        message: Event = {
            "e": "depthUpdate",
            "E": now_ms,
            "T": now_ms,
            "s": self._symbol,
            "U": min(before_id + 1, update_id),
            "u": update_id,
            "pu": before_id,
            **sides,
        }
        return message

    def _zero_gone_levels(self, sides: dict[str, list[list[str]]]) -> None:
        spec = self._exchange.printed_spec(self._symbol)
        gone = {name: set(prices) for name, prices in self._sent.items()}
        for symbol, book in self._exchange.books_sent:
            if symbol == self._symbol:
                gone["b"].update(
                    price for price, _ in levels_json(book.bid_prices, book.bid_sizes, spec)
                )
                gone["a"].update(
                    price for price, _ in levels_json(book.ask_prices, book.ask_sizes, spec)
                )
        for name, levels in sides.items():
            kept = {price for price, _ in levels}
            self._sent[name] = kept
            zero = plain(0.0, spec.size_decimals)
            levels.extend([price, zero] for price in sorted(gone[name] - kept))


def _mark_event(exchange: Exchange, symbol: str, now_ms: int) -> Event:
    entry = mark_price(exchange, symbol, now_ms)
    return {
        "e": "markPriceUpdate",
        "E": now_ms,
        "s": symbol,
        "p": entry["markPrice"],
        "i": entry["indexPrice"],
        "P": entry["estimatedSettlePrice"],
        "r": entry["lastFundingRate"],
        "T": entry["nextFundingTime"],
    }


def _book_event(exchange: Exchange, symbol: str, now_ms: int) -> Event:
    entry = book_ticker(exchange, symbol, now_ms)
    return {
        "e": "bookTicker",
        "u": entry["lastUpdateId"],
        "s": symbol,
        "b": entry["bidPrice"],
        "B": entry["bidQty"],
        "a": entry["askPrice"],
        "A": entry["askQty"],
        "T": now_ms,
        "E": now_ms,
    }


def _day_event(exchange: Exchange, symbol: str, now_ms: int, *, mini: bool = False) -> Event:
    entry = day_ticker(exchange, symbol, now_ms)
    short: Event = {
        "e": "24hrMiniTicker" if mini else "24hrTicker",
        "E": now_ms,
        "s": symbol,
        "c": entry["lastPrice"],
        "o": entry["openPrice"],
        "h": entry["highPrice"],
        "l": entry["lowPrice"],
        "v": entry["volume"],
        "q": entry["quoteVolume"],
    }
    if mini:
        return short
    return short | {
        "p": entry["priceChange"],
        "P": entry["priceChangePercent"],
        "w": entry["weightedAvgPrice"],
        "Q": entry["lastQty"],
        "O": entry["openTime"],
        "C": entry["closeTime"],
        "F": entry["firstId"],
        "L": entry["lastId"],
        "n": entry["count"],
    }


_KLINES = {
    "kline": (LAST, "kline"),
    "markPriceKline": (MARK, "markPrice_kline"),
    "indexPriceKline": (INDEX, "indexPrice_kline"),
}


def open_feed(exchange: Exchange, name: str) -> Feed | None:
    """Return the feed of a stream such as ``btcusdt@kline_5m``, None when there is none."""
    if name.startswith("!"):
        return _all_symbols(exchange, name)
    id_, _, rest = name.partition("@")
    symbol = id_.upper()
    if symbol not in exchange.market.specs:
        return None
    channel, _, detail = rest.partition("_")
    if channel in _KLINES and detail in INTERVALS:
        series, event = _KLINES[channel]
        return KlineFeed(exchange, symbol, series, INTERVALS[detail], event)
    channel, _, detail = rest.partition("@")
    if channel in ("aggTrade", "trade"):
        return TradeFeed(exchange, symbol, channel)
    if channel.startswith("depth"):
        levels = channel.removeprefix("depth")
        if levels not in PARTIAL_LEVELS or detail not in DEPTH_PERIODS_MS:
            return None
        return DepthFeed(exchange, symbol, PARTIAL_LEVELS[levels], DEPTH_PERIODS_MS[detail])
    if channel == "bookTicker":
        return TickerFeed(lambda now_ms: _book_event(exchange, symbol, now_ms), 1)
    if channel == "markPrice":
        period_ms = SECOND_MS if detail == "1s" else 3 * SECOND_MS
        return TickerFeed(lambda now_ms: _mark_event(exchange, symbol, now_ms), period_ms)
    if channel in ("ticker", "miniTicker"):
        mini = channel == "miniTicker"
        return TickerFeed(lambda now_ms: _day_event(exchange, symbol, now_ms, mini=mini), SECOND_MS)
    return None


def _all_symbols(exchange: Exchange, name: str) -> Feed | None:
    channel, _, _ = name.removeprefix("!").partition("@")
    builders: dict[str, Callable[[str, int], Event]] = {
        "markPrice": lambda symbol, now_ms: _mark_event(exchange, symbol, now_ms),
        "ticker": lambda symbol, now_ms: _day_event(exchange, symbol, now_ms),
        "miniTicker": lambda symbol, now_ms: _day_event(exchange, symbol, now_ms, mini=True),
    }
    if channel == "bookTicker":
        return AllBooksFeed(exchange)
    build = builders.get(channel)
    if build is None:
        return None
    return TickerFeed(
        lambda now_ms: [build(symbol, now_ms) for symbol in exchange.listed(now_ms)], SECOND_MS
    )


class AllBooksFeed:
    """The best prices of every contract, one message each."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._seen_ms = -1

    def current(self, now_ms: int) -> list[Message]:
        """Return the best prices of every contract."""
        return [
            _book_event(self._exchange, symbol, now_ms) for symbol in self._exchange.listed(now_ms)
        ]

    def advance(self, now_ms: int) -> list[Message]:
        """Return the best prices when the clock has moved."""
        if now_ms == self._seen_ms:
            return []
        self._seen_ms = now_ms
        return self.current(now_ms)
