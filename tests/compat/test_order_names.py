"""ccxt: the client order id of an order that is given none begins with the broker's prefix."""

import re
from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs

import ccxt
import pytest

from plimsoll.bridge.freqtrade.order_ids import name_orders

SENT: dict[str, str] = {}
MARKET = {
    "id": "BTCUSDT",
    "symbol": "BTC/USDT:USDT",
    "base": "BTC",
    "quote": "USDT",
    "settle": "USDT",
    "type": "swap",
    "spot": False,
    "margin": False,
    "swap": True,
    "future": False,
    "option": False,
    "contract": True,
    "linear": True,
    "inverse": False,
    "active": True,
    "contractSize": 1.0,
    "precision": {"amount": 0.001, "price": 0.1},
    "limits": {},
    "info": {"orderTypes": ["LIMIT", "MARKET", "STOP", "STOP_MARKET"]},
}


class Recorded(ccxt.binance):
    """Answers no request, and keeps what would have been sent."""

    def fetch(self, url: str, method: str = "GET", headers: Any = None, body: Any = None) -> Any:
        SENT.update({name: values[0] for name, values in parse_qs(body or "").items()})
        return {"symbol": "BTCUSDT", "orderId": 1, "algoId": 1, "status": "NEW"}


@pytest.fixture
def api() -> ccxt.Exchange:
    made = Recorded({"apiKey": "any", "secret": "any", "options": {"defaultType": "swap"}})
    made.set_markets([MARKET])
    SENT.clear()
    return made


@pytest.mark.parametrize(
    ("params", "field"), [({}, "newClientOrderId"), ({"stopPrice": 9.0}, "clientAlgoId")]
)
def test_orders_and_stops_carry_the_bots_name(
    api: ccxt.Exchange, params: dict[str, Any], field: str
) -> None:
    prefix = name_orders(SimpleNamespace(_api=api, _config={}))
    api.create_order("BTC/USDT:USDT", "market", "sell", 1.0, None, {"reduceOnly": True, **params})
    assert prefix is not None
    assert SENT[field].startswith(prefix)
    assert re.fullmatch(r"[\.A-Z\:/a-z0-9_-]{1,36}", SENT[field])


def test_the_options_that_name_orders_are_those_that_the_bot_sets(api: ccxt.Exchange) -> None:
    assert set(api.options["broker"]) >= {"spot", "margin", "future", "swap"}
