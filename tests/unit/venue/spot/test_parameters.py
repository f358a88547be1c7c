from decimal import Decimal

import pytest

from plimsoll.venue.errors import ApiError
from plimsoll.venue.spot.parameters import amount, symbols_of
from tests.unit.venue.markets import NOW_MS, exchange_at, shared

EXCHANGE = exchange_at(market=shared())


@pytest.mark.parametrize(
    ("text", "value"), [("0.1", "0.1"), ("", "0"), ("7", "7"), ("0.1000000000", "0.1")]
)
def test_amounts_are_exact(text: str, value: str) -> None:
    assert amount({"quantity": text}, "quantity") == Decimal(value)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("-1", -1100),
        ("nan", -1100),
        ("1e-5", -1100),
        ("inf", -1100),
        (".5", -1100),
        ("0,1", -1100),
        ("٣", -1100),
        ("9" * 21, -1100),
        ("0.000000001", -1111),
    ],
)
def test_what_is_no_amount_is_refused(text: str, code: int) -> None:
    with pytest.raises(ApiError) as refused:
        amount({"quantity": text}, "quantity")
    assert refused.value.code == code


def test_symbols_are_named_by_one_or_by_a_list() -> None:
    assert symbols_of(EXCHANGE, {}, NOW_MS) is None
    assert symbols_of(EXCHANGE, {"symbol": "BTCUSDT"}, NOW_MS) == ["BTCUSDT"]
    both = {"symbols": '["BTCUSDT","ETHUSDT"]'}
    assert symbols_of(EXCHANGE, both, NOW_MS) == ["BTCUSDT", "ETHUSDT"]


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"symbol": "BTCUSDT", "symbols": '["BTCUSDT"]'}, -1101),
        ({"symbols": "BTCUSDT"}, -1100),
        ({"symbols": "[]"}, -1100),
        ({"symbols": "[1]"}, -1100),
        ({"symbols": '["NONEUSDT"]'}, -1121),
        ({"symbol": "BTC/USDT"}, -1121),
    ],
)
def test_other_names_are_refused(parameters: dict[str, str], code: int) -> None:
    with pytest.raises(ApiError) as refused:
        symbols_of(EXCHANGE, parameters, NOW_MS)
    assert refused.value.code == code
