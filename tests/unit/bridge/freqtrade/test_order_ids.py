"""The name of every order of a bot on the exchange."""

import re
from types import SimpleNamespace

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


@pytest.mark.parametrize("kind", [ccxt.bybit, ccxt.okx])
def test_where_ccxt_gives_orders_no_such_name_there_is_none(kind: type[ccxt.Exchange]) -> None:
    assert name_orders(exchange(kind({"apiKey": "a"}))) is None
