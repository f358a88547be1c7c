from typing import Any

import pytest

from plimsoll.venue.api.private import PRIVATE
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.markets import NOW_MS, exchange_at

ALGO = "/fapi/v1/algoOrder"
ORDER, RISK, ACCOUNT = "/fapi/v1/order", "/fapi/v3/positionRisk", "/fapi/v3/account"
BUY = {"side": "BUY", "type": "MARKET", "quantity": 0.1}
SELL = {"side": "SELL", "type": "MARKET", "quantity": 0.1}


def call(exchange: Exchange, method: str, path: str, **parameters: object) -> Any:
    texts = {name: str(value) for name, value in parameters.items()}
    return PRIVATE[method, path](exchange, texts, NOW_MS)


@pytest.fixture
def exchange() -> Exchange:
    """An exchange whose account is long of 0.1 BTC and short of 1 ETH."""
    exchange = exchange_at()
    call(exchange, "POST", ORDER, symbol="BTCUSDT", **BUY)
    call(exchange, "POST", ORDER, symbol="ETHUSDT", **SELL | {"quantity": 1})
    return exchange


def refusal(exchange: Exchange, **order: object) -> int | None:
    """Return the code with which an order is refused, None when it is taken."""
    try:
        path = ALGO if "triggerPrice" in order else ORDER
        call(exchange, "POST", path, **{"symbol": "BTCUSDT", "algoType": "CONDITIONAL", **order})
    except ApiError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("options", "closing", "opening"),
    [
        ({"reduce_only": True}, -2022, None),
        ({"code": -2019}, -2019, -2019),
        ({"code": -4131}, -4131, -4131),
    ],
)
def test_the_options_say_which_orders_are_rejected_and_how(
    exchange: Exchange, options: dict[str, Any], closing: int | None, opening: int | None
) -> None:
    exchange.start_fault({"kind": "reject-order", **options})
    assert refusal(exchange, **SELL, reduceOnly="true") == closing
    assert refusal(exchange, **BUY) == opening


def test_a_refused_exit_leaves_the_position_and_a_count_ends_it(exchange: Exchange) -> None:
    exchange.start_fault(
        {"kind": "reject-order", "reduce_only": True, "count": 2, "symbols": ["BTCUSDT"]}
    )
    assert refusal(exchange, **BUY) is None
    closing = {**SELL, "reduceOnly": "true"}
    assert [refusal(exchange, **closing) for _ in range(3)] == [-2022, -2022, None]
    assert exchange.account.position("BTCUSDT").amount == pytest.approx(0.1)


def test_paths_tell_stops_from_plain_orders(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "reject-order", "paths": ["POST /fapi/v1/algoOrder"]})
    stop = {"side": "SELL", "type": "STOP_MARKET", "quantity": 0.1, "reduceOnly": "true"}
    trigger = round(exchange.snapshot("BTCUSDT", NOW_MS).last * 0.9, 1)
    assert refusal(exchange, **stop, triggerPrice=trigger) == -2022
    assert refusal(exchange, **SELL, reduceOnly="true") is None


def test_a_report_leaves_positions_out_for_so_many_requests(exchange: Exchange) -> None:
    fault = exchange.start_fault({"kind": "missing-positions", "count": 2})
    assert call(exchange, "GET", RISK) == []
    assert call(exchange, "GET", ACCOUNT)["positions"] == []
    assert [one["symbol"] for one in call(exchange, "GET", RISK)] == ["BTCUSDT", "ETHUSDT"]
    assert (fault.met, fault.hits) == (2, 2)


def test_a_report_leaves_one_position_out_and_the_wallet_stays(exchange: Exchange) -> None:
    whole = call(exchange, "GET", ACCOUNT)
    exchange.start_fault({"kind": "missing-positions", "symbols": ["BTCUSDT"]})
    partly = call(exchange, "GET", ACCOUNT)
    assert [one["symbol"] for one in partly["positions"]] == ["ETHUSDT"]
    assert partly["totalWalletBalance"] == whole["totalWalletBalance"]


def test_a_hedged_account_reports_sides_and_wants_them_in_orders(exchange: Exchange) -> None:
    assert refusal(exchange, **BUY, positionSide="LONG") == -4061
    exchange.start_fault({"kind": "hedge-mode"})
    assert call(exchange, "GET", "/fapi/v1/positionSide/dual") == {"dualSidePosition": True}
    assert call(exchange, "GET", "/fapi/v1/accountConfig")["dualSidePosition"] is True
    assert [one["positionSide"] for one in call(exchange, "GET", RISK)] == ["LONG", "SHORT"]
    assert refusal(exchange, **BUY) == -4061
    assert refusal(exchange, **BUY, positionSide="LONG") is None
    exchange.faults.end(None, NOW_MS)
    assert call(exchange, "GET", "/fapi/v1/positionSide/dual") == {"dualSidePosition": False}
    assert {one["positionSide"] for one in call(exchange, "GET", RISK)} == {"BOTH"}


def test_cross_margin_is_reported_for_the_chosen_contracts(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "cross-margin", "symbols": ["BTCUSDT"]})
    crossed, own = call(exchange, "GET", RISK)
    assert (crossed["marginType"], crossed["isolatedMargin"]) == ("cross", "0")
    assert own["marginType"] == "isolated"
    assert float(own["isolatedMargin"]) > 0
