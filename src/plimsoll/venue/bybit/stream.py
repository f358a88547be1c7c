"""Bybit's public WebSocket v5: candles, trades, best prices, and how they are subscribed to.

Source: bybit-exchange.github.io/docs/v5/ws/connect and /websocket/public/kline, /trade, /orderbook.
"""

from typing import Any

import orjson
from aiohttp import web

from plimsoll.venue.api.stream import Connection, Hub
from plimsoll.venue.bybit.public import CODES
from plimsoll.venue.exchange import Exchange

LINEAR_PATH = "/v5/public/linear"
BY_CODE = {code: name for name, code in CODES.items()}


def stream_of(topic: str) -> str:
    """Return the shared feed behind a topic such as ``kline.5.BTCUSDT``, empty for none.

    Of the book the first level alone is served: the only one that Bybit sends whole each time.
    """
    kind, _, symbol = topic.rpartition(".")
    if not symbol.isupper():
        return ""
    name = kind.removeprefix("kline.")
    if name != kind and name in CODES:
        return f"{symbol.lower()}@kline_{CODES[name]}"
    channel = {"publicTrade": "trade", "orderbook.1": "bookTicker"}.get(kind)
    return "" if channel is None else f"{symbol.lower()}@{channel}"


def candle_message(message: dict[str, Any]) -> dict[str, Any]:
    """Return a candle of the shared feed as Bybit sends it."""
    candle, name = message["k"], BY_CODE[message["k"]["i"]]
    return {
        "topic": f"kline.{name}.{message['s']}",
        "data": [
            {
                "start": candle["t"],
                "end": candle["T"],
                "interval": name,
                "open": candle["o"],
                "close": candle["c"],
                "high": candle["h"],
                "low": candle["l"],
                "volume": candle["v"],
                "turnover": candle["q"],
                "confirm": candle["x"],
                "timestamp": message["E"],
            }
        ],
        "ts": message["E"],
        "type": "snapshot",
    }


def trade_message(message: dict[str, Any], before: float) -> dict[str, Any]:
    """Return a trade of the shared feed as Bybit sends it; ``before`` is the price before it."""
    price = float(message["p"])
    tick = "ZeroPlusTick" if price == before else "PlusTick" if price > before else "MinusTick"
    return {
        "topic": f"publicTrade.{message['s']}",
        "type": "snapshot",
        "ts": message["E"],
        "data": [
            {
                "T": message["T"],
                "s": message["s"],
                "S": "Sell" if message["m"] else "Buy",
                "v": message["q"],
                "p": message["p"],
                "L": tick,
                "i": str(message["t"]),
                "BT": False,
                "RPI": False,
                "seq": message["t"],
            }
        ],
    }


def best_prices_message(message: dict[str, Any]) -> dict[str, Any]:
    """Return best prices of the shared feed as Bybit's first level of the book."""
    return {
        "topic": f"orderbook.1.{message['s']}",
        "type": "snapshot",
        "ts": message["E"],
        "data": {
            "s": message["s"],
            "b": [[message["b"], message["B"]]],
            "a": [[message["a"], message["A"]]],
            "u": message["u"],
            "seq": message["u"],
        },
        "cts": message["T"],
    }


class BybitConnection(Connection):
    """One client of the public stream."""

    def __init__(self, socket: web.WebSocketResponse, number: int, *, combined: bool) -> None:
        super().__init__(socket, number, combined=combined)
        self._prices: dict[str, float] = {}

    def post(self, name: str | None, message: object) -> None:
        """Queue an answer, or a feed's message in Bybit's words."""
        if name is not None and isinstance(message, dict):
            message = self._in_words(message)
        super().post(None, message)

    def _in_words(self, message: dict[str, Any]) -> dict[str, Any]:
        if message["e"] == "trade":
            symbol, price = message["s"], float(message["p"])
            told = trade_message(message, self._prices.get(symbol, price))
            self._prices[symbol] = price
            return told
        return (best_prices_message if message["e"] == "bookTicker" else candle_message)(message)


class BybitHub(Hub):
    """The connections to the public stream of linear contracts."""

    def __init__(self, exchange: Exchange) -> None:
        super().__init__(exchange)
        self._connection_type = BybitConnection

    def _names_in_url(self, request: web.Request) -> list[str]:
        del request
        return []

    def _answer(self, connection: Connection, text: str) -> None:
        try:
            asked: dict[str, Any] = orjson.loads(text)
            op, id_ = asked["op"], asked.get("req_id", "")
            topics = [str(topic) for topic in asked.get("args") or []]
        except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
            connection.post(None, _told(connection, f"error:{error}"))
            return
        if op == "ping":
            connection.post(None, _told(connection, "pong", id_, op))
            return
        if op not in ("subscribe", "unsubscribe"):
            connection.post(None, _told(connection, "error:invalid op", id_, op))
            return
        names = {topic: stream_of(topic) for topic in topics}
        unknown = [topic for topic, name in names.items() if not name or self._feed(name) is None]
        if unknown:
            said = f"error:handler not found,topic:{unknown[0]}"
            connection.post(None, _told(connection, said, id_, op))
            return
        connection.post(None, _told(connection, "", id_, op))
        if op == "subscribe":
            self._subscribe(connection, list(names.values()))
        else:
            self._unsubscribe(connection, list(names.values()))


def _told(connection: Connection, said: str, id_: object = "", op: str = "") -> dict[str, Any]:
    return {
        "success": not said.startswith("error"),
        "ret_msg": said,
        "conn_id": f"venue-{connection.number}",
        "req_id": str(id_),
        "op": op,
    }
