import pytest

from plimsoll.venue.account.margin import ORDER_REJECTED
from plimsoll.venue.bybit.envelope import (
    envelope,
    invalid,
    order_id_text,
    order_number,
    translated,
)
from plimsoll.venue.errors import ApiError


def test_an_answer_is_wrapped() -> None:
    assert envelope({"a": 1}, 7) == {
        "retCode": 0,
        "retMsg": "OK",
        "result": {"a": 1},
        "retExtInfo": {},
        "time": 7,
    }


@pytest.mark.parametrize(
    ("code", "message", "bybit"),
    [
        (-2019, "Account has insufficient balance for requested action.", 110007),
        (ORDER_REJECTED, "ReduceOnly Order is rejected.", 110017),
        (ORDER_REJECTED, "Order's notional must be no smaller than 50", 110094),
        (-2011, "Unknown order sent.", 110001),
        (-2027, "Exceeded the maximum allowable position at current leverage.", 110090),
        (-4140, "Invalid symbol status for opening position.", 110074),
        (-9999, "anything else", 10001),
    ],
)
def test_the_accounts_refusals_have_bybits_codes(code: int, message: str, bybit: int) -> None:
    assert translated(ApiError(code, message)).code == bybit


def test_an_order_id_is_read_back_and_a_strangers_is_not() -> None:
    text = order_id_text(1_000_001)
    assert len(text) == 36
    assert order_number(text) == 1_000_001
    for strange in ("", "1000001", "x", "0f8fad5b-d9cb-469f-a165-70867728950e"):
        assert order_number(strange) is None


def test_a_wrong_parameter_is_10001() -> None:
    assert invalid("qty").code == 10001
