import orjson

from plimsoll.venue.api.binance import BinanceDialect
from plimsoll.venue.api.dialect import json_response
from plimsoll.venue.api.server import Server
from plimsoll.venue.bybit.dialect import BybitDialect
from plimsoll.venue.keys import KeyRing
from tests.unit.venue.markets import exchange_at


def test_an_answer_is_json_unless_it_is_already() -> None:
    assert orjson.loads(json_response({"a": 1}).body) == {"a": 1}
    response = json_response(b"[1]", 400, {"Retry-After": "7"})
    assert (response.status, response.body) == (400, b"[1]")
    assert response.headers["Retry-After"] == "7"


def test_each_path_has_one_dialect_and_binance_is_asked_last() -> None:
    exchange = exchange_at()
    server = Server(exchange, dialects=(BybitDialect(exchange, KeyRing()),))
    first, last = server.dialects
    assert first.speaks("/v5/market/time")
    assert not first.speaks("/fapi/v1/time")
    assert isinstance(last, BinanceDialect)
    assert last.speaks("/anything")
    assert server.hub is last.hub
