import pytest

from plimsoll.venue.account.orders import Orders
from tests.unit.venue.account.orders import draft, rich


def test_open_orders_are_found_by_contract_and_oldest_first() -> None:
    exchange, orders = rich(), Orders()
    for number, symbol in ((3, "ETHUSDT"), (1, "BTCUSDT"), (2, "ETHUSDT")):
        order = draft(exchange, "BUY", "LIMIT", 1.0, symbol=symbol)
        order.id = number
        orders.add(order)
    assert [order.id for order in orders.open()] == [1, 2, 3]
    assert [order.id for order in orders.open("ETHUSDT")] == [3, 2]
    orders.by_id[3].status = "CANCELED"
    orders.refresh(orders.by_id[3])
    assert [order.id for order in orders.open()] == [1, 2]
    assert list(orders.open_symbols()) == ["ETHUSDT", "BTCUSDT"]
    assert [order.id for order in orders.of_client("test")] == [2, 1, 3]


@pytest.mark.parametrize(
    ("kind", "side", "below"),
    [
        ("LIMIT", "BUY", True),
        ("LIMIT", "SELL", False),
        ("STOP_MARKET", "SELL", True),
        ("STOP", "BUY", False),
        ("TAKE_PROFIT", "SELL", False),
        ("TAKE_PROFIT_MARKET", "BUY", True),
    ],
)
def test_an_order_waits_on_the_side_that_its_kind_says(kind: str, side: str, below: bool) -> None:
    order = draft(rich(), side, kind, 1.0, price=5.0, trigger_price=6.0)
    assert order.waits_below is below
    assert order.level == (5.0 if kind == "LIMIT" else 6.0)
