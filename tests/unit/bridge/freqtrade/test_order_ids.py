"""The name of every order of a bot on the exchange."""

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import ccxt
import pytest

from plimsoll.bridge.freqtrade.order_ids import name_orders, order_prefix

NAMES = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")


def exchange(api: ccxt.Exchange, bot: str = "") -> SimpleNamespace:
    config = {"plimsoll": {"fleet": {"bot": bot}}} if bot else {}
    return SimpleNamespace(_api=api, _config=config)


def test_two_keys_have_two_names_and_one_key_has_one() -> None:
    first, again, other = (
        order_prefix(exchange(ccxt.binance({"apiKey": key}))) for key in ("a", "a", "b")
    )
    assert first == again != other
    assert first is not None
    assert "a" * 5 not in first


def test_bots_of_a_fleet_have_names_of_their_own_under_one_key() -> None:
    api = ccxt.binance({"apiKey": "a"})
    alone, one, again, two = (order_prefix(exchange(api, bot)) for bot in ("", "one", "one", "two"))
    assert one == again
    assert len({alone, one, two}) == 3


def test_the_key_cannot_be_read_from_the_name() -> None:
    prefix = order_prefix(exchange(ccxt.binance({"apiKey": "kkkkkkkk"})))
    assert re.fullmatch("plimsoll-[0-9a-f]{4}-", prefix or "")


def test_other_objects_of_the_exchange_keep_their_own_names() -> None:
    before = ccxt.binance().options["broker"]["future"]
    name_orders(exchange(ccxt.binance({"apiKey": "a"})))
    assert ccxt.binance().options["broker"]["future"] == before


def test_where_ccxt_gives_orders_no_such_name_there_is_none() -> None:
    assert name_orders(exchange(ccxt.okx({"apiKey": "a"}))) is None


def test_on_bybit_each_order_is_given_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sent = list[tuple[Any, ...]]()
    monkeypatch.setattr(ccxt.bybit, "create_order", sending(sent))
    api = ccxt.bybit({"apiKey": "a"})
    prefix = name_orders(exchange(api))
    assert name_orders(exchange(api)) == prefix
    assert prefix is not None
    asked = {"reduceOnly": True}
    api.create_order("BTC/USDT:USDT", "market", "sell", 0.1, None, asked)
    api.create_order(symbol="BTC/USDT:USDT", type="limit", side="buy", amount=0.1, price=2.0)
    api.create_order("BTC/USDT:USDT", "market", "sell", 0.1, None, {"clientOrderId": "web_1"})
    names = [params["clientOrderId"] for *_, params in sent]
    assert names[2] == "web_1"
    assert len(set(names)) == 3
    assert all(name.startswith(prefix) and NAMES.match(name) for name in names[:2])
    assert asked == {"reduceOnly": True}
    assert sent[0][:5] == ("BTC/USDT:USDT", "market", "sell", 0.1, None)
    assert sent[0][5]["reduceOnly"] is True
    assert sent[1][:5] == ("BTC/USDT:USDT", "limit", "buy", 0.1, 2.0)


def sending(sent: list[tuple[Any, ...]]) -> Callable[..., None]:
    def create_order(  # as ccxt has it
        self: Any,
        symbol: str,
        type: str,  # noqa: A002
        side: str,
        amount: float,
        price: float | None = None,
        params: dict[str, Any] = {},  # noqa: B006
    ) -> None:
        sent.append((symbol, type, side, amount, price, params))

    return create_order
