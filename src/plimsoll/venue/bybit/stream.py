"""Bybit's public WebSocket v5: candles, and the protocol of subscribing to them.

Source: bybit-exchange.github.io/docs/v5/ws/connect and /websocket/public/kline.
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
    """Return the shared feed behind a topic such as ``kline.5.BTCUSDT``, empty for none."""
    kind, _, rest = topic.partition(".")
    name, _, symbol = rest.partition(".")
    if kind != "kline" or name not in CODES or not symbol.isupper():
        return ""
    return f"{symbol.lower()}@kline_{CODES[name]}"


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


class BybitConnection(Connection):
    """One client of the public stream."""

    def post(self, name: str | None, message: object) -> None:
        """Queue an answer, or a feed's message in Bybit's words."""
        if name is not None and isinstance(message, dict):
            message = candle_message(message)
        super().post(None, message)


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
