import pytest

from plimsoll.venue.exchange import Exchange
from tests.unit.venue.bybit.asking import (
    CANCEL,
    CREATE,
    HISTORY,
    REALTIME,
    buy,
    call,
    code_of,
    near,
    shown,
    stop,
)
from tests.unit.venue.markets import exchange_at

ALL = "/v5/order/cancel-all"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def test_a_market_order_fills_and_is_found_by_its_id(exchange: Exchange) -> None:
    row = shown(exchange, buy(exchange, 0.1))
    assert (row["orderStatus"], row["cumExecQty"], row["leavesQty"]) == ("Filled", "0.100", "0.000")
    assert float(row["cumExecFee"]) > 0
    assert exchange.account.position("BTCUSDT").amount == 0.1


def test_an_acceptance_tells_the_ids_alone(exchange: Exchange) -> None:
    wanted = {"side": "Buy", "orderType": "Market", "qty": 0.1, "orderLinkId": "mine"}
    told = call(exchange, "POST", CREATE, **wanted)
    assert set(told) == {"orderId", "orderLinkId"}
    assert told["orderLinkId"] == "mine"
    assert code_of(exchange, "POST", CREATE, **wanted) == 110072


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"side": "BUY"}, 10001),
        ({"orderType": "STOP_MARKET"}, 10001),
        ({"timeInForce": "GTX"}, 10001),
        ({"qty": 0}, 10001),
        ({"qty": "nan"}, 10001),
        ({"qty": 0.0001}, 10001),
        ({"qty": 0.00001}, 10001),
        ({"qty": 300}, 110007),
        ({"positionIdx": 1}, 10001),
        ({"orderType": "Limit"}, 10001),
        ({"orderType": "Limit", "price": 100.05}, 10001),
        ({"orderType": "Limit", "price": 100}, 110094),
        ({"symbol": "NONEUSDT"}, 10001),
        ({"category": "inverse"}, 10001),
        ({"reduceOnly": "true"}, 110017),
        ({"reduceOnly": "maybe"}, 10001),
        ({"takeProfit": 1}, 10001),
        ({"stopLoss": 1}, 10001),
        ({"triggerPrice": 1}, 10001),
        ({"triggerPrice": 10_000, "triggerDirection": 1}, 110092),
        ({"triggerPrice": 9_000_000, "triggerDirection": 2}, 110093),
        ({"triggerPrice": 1, "triggerDirection": 2, "triggerBy": "IndexPrice"}, 10001),
    ],
)
def test_an_order_that_does_not_fit_is_refused(
    exchange: Exchange, changed: dict[str, object], code: int
) -> None:
    wanted = {"side": "Buy", "orderType": "Market", "qty": 0.01, **changed}
    assert code_of(exchange, "POST", CREATE, **wanted) == code
    assert not exchange.account.open_positions()


def test_a_stop_rests_triggers_and_keeps_its_id(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    order_id = stop(exchange)
    row = shown(exchange, order_id)
    assert (row["orderStatus"], row["stopOrderType"], row["triggerDirection"]) == (
        "Untriggered",
        "Stop",
        2,
    )
    exchange.start_scenario("move", magnitude=-0.03, duration_seconds=60)
    exchange.clock.step(61)
    row = shown(exchange, order_id)
    assert (row["orderStatus"], row["cumExecQty"]) == ("Filled", "0.100")
    assert not exchange.account.open_positions()
    assert call(exchange, "GET", REALTIME)["list"] == []
    closed = call(exchange, "GET", HISTORY)["list"]
    assert closed[0]["orderId"] == order_id
    assert len(closed) == 2


@pytest.mark.parametrize(
    ("side", "direction", "fraction", "kind"),
    [
        ("Sell", 2, 0.9, "STOP_MARKET"),
        ("Buy", 1, 1.1, "STOP_MARKET"),
        ("Sell", 1, 1.1, "TAKE_PROFIT_MARKET"),
        ("Buy", 2, 0.9, "TAKE_PROFIT_MARKET"),
    ],
)
def test_direction_and_side_make_stop_or_target(
    exchange: Exchange, side: str, direction: int, fraction: float, kind: str
) -> None:
    wanted = {"side": side, "orderType": "Market", "qty": 0.1, "triggerDirection": direction}
    call(exchange, "POST", CREATE, **wanted, triggerPrice=near(exchange, fraction))
    assert exchange.matching.open_orders()[0].kind == kind


def test_a_post_only_order_that_would_take_is_accepted_and_cancelled(exchange: Exchange) -> None:
    wanted = {"side": "Buy", "orderType": "Limit", "qty": 0.1, "timeInForce": "PostOnly"}
    told = call(exchange, "POST", CREATE, **wanted, price=near(exchange, 1.05))
    row = shown(exchange, told["orderId"])
    assert (row["orderStatus"], row["rejectReason"], row["cumExecQty"]) == (
        "Cancelled",
        "EC_PostOnlyWillTakeLiquidity",
        "0.000",
    )


def test_orders_are_cancelled_once(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    order_id = stop(exchange)
    assert call(exchange, "POST", CANCEL, orderId=order_id)["orderId"] == order_id
    assert shown(exchange, order_id)["orderStatus"] == "Deactivated"
    assert code_of(exchange, "POST", CANCEL, orderId=order_id) == 110001
    assert code_of(exchange, "POST", CANCEL) == 10001
    assert code_of(exchange, "POST", CANCEL, orderId="nobody") == 110001
    assert code_of(exchange, "POST", CANCEL, orderId=order_id, symbol="ETHUSDT") == 110001


def test_all_orders_of_a_kind_are_cancelled(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    waiting = stop(exchange)
    wanted = {"side": "Buy", "orderType": "Limit", "qty": 0.1, "price": near(exchange, 0.9)}
    resting = call(exchange, "POST", CREATE, **wanted)["orderId"]
    asked = {"symbol": None, "settleCoin": "USDT"}
    gone = call(exchange, "POST", ALL, **asked, orderFilter="StopOrder")["list"]
    assert [one["orderId"] for one in gone] == [waiting]
    gone = call(exchange, "POST", ALL, **asked)["list"]
    assert [one["orderId"] for one in gone] == [resting]
    assert code_of(exchange, "POST", ALL, symbol=None) == 10001
    assert code_of(exchange, "POST", ALL, orderFilter="any") == 10001


def test_history_is_told_by_state_and_week(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    call(exchange, "POST", CANCEL, orderId=stop(exchange))
    states = [row["orderStatus"] for row in call(exchange, "GET", HISTORY)["list"]]
    assert states == ["Deactivated", "Filled"]
    only = call(exchange, "GET", HISTORY, orderStatus="Filled")["list"]
    assert [row["orderStatus"] for row in only] == ["Filled"]
    exchange.clock.step(8 * 86_400)
    assert call(exchange, "GET", HISTORY)["list"] == []


def test_faults_of_orders_come_in_bybits_words(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "reject-order", "paths": ["POST /fapi/v1/order"], "count": 1})
    wanted = {"side": "Buy", "orderType": "Market", "qty": 0.1}
    assert code_of(exchange, "POST", CREATE, **wanted) == 110017
    exchange.start_fault({"kind": "expire-order", "paths": ["/v5/order/create"], "count": 1})
    assert shown(exchange, buy(exchange))["orderStatus"] == "Cancelled"
    exchange.start_fault({"kind": "partial-fill", "filled_fraction": 0.5, "count": 1})
    assert shown(exchange, buy(exchange))["cumExecQty"] == "0.050"


def test_in_hedge_mode_an_order_of_one_way_is_refused(exchange: Exchange) -> None:
    exchange.start_fault({"kind": "hedge-mode"})
    assert code_of(exchange, "POST", CREATE, side="Buy", orderType="Market", qty=0.1) == 10001


def test_an_order_is_noted_when_it_comes(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    assert [(one.side, one.kind) for one in exchange.orders_sent] == [("BUY", "MARKET")]
