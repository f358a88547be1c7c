"""The name of every order of a bot on the exchange."""

import re
from types import SimpleNamespace

import ccxt
import pytest

from plimsoll.bridge.freqtrade.order_ids import name_orders, order_prefix

NAMES = re.compile(r"^[\.A-Z\:/a-z0-9_-]{1,36}$")


def exchange(api: ccxt.Exchange) -> SimpleNamespace:
    return SimpleNamespace(_api=api)


def test_two_keys_have_two_names_and_one_key_has_one() -> None:
    first, again, other = (
        order_prefix(exchange(ccxt.binance({"apiKey": key}))) for key in ("a", "a", "b")
    )
    assert first == again != other
    assert first is not None
    assert "a" * 5 not in first


def test_the_key_cannot_be_read_from_the_name() -> None:
    prefix = order_prefix(exchange(ccxt.binance({"apiKey": "kkkkkkkk"})))
    assert re.fullmatch("plimsoll-[0-9a-f]{4}-", prefix or "")


def test_other_objects_of_the_exchange_keep_their_own_names() -> None:
    before = ccxt.binance().options["broker"]["future"]
    name_orders(exchange(ccxt.binance({"apiKey": "a"})))
    assert ccxt.binance().options["broker"]["future"] == before


@pytest.mark.parametrize("kind", [ccxt.bybit, ccxt.okx])
def test_where_ccxt_gives_orders_no_such_name_there_is_none(kind: type[ccxt.Exchange]) -> None:
    assert name_orders(exchange(kind({"apiKey": "a"}))) is None
