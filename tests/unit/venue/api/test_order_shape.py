import pytest

from plimsoll.venue.api.order_shape import shown
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import buy, rest, stop
from tests.unit.venue.markets import exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def test_a_filled_order_shows_the_average_of_its_fills(exchange: Exchange) -> None:
    placed = buy(exchange, 2.0)
    fills = exchange.account.fills
    cost = sum(fill.price * fill.quantity for fill in fills)
    assert placed == shown(exchange, exchange.matching.orders[placed["orderId"]])
    assert float(placed["avgPrice"]) == pytest.approx(cost / 2.0, rel=1e-7)
    assert (placed["status"], float(placed["cumQuote"])) == ("FILLED", pytest.approx(cost))


def test_a_resting_order_has_no_average(exchange: Exchange) -> None:
    placed = rest(exchange, newClientOrderId="mine", reduceOnly="false")
    assert (placed["clientOrderId"], placed["avgPrice"], placed["cumQuote"]) == (
        "mine",
        "0.00000",
        "0.000000",
    )


def test_a_conditional_order_has_ids_of_its_own(exchange: Exchange) -> None:
    buy(exchange)
    placed = stop(exchange, clientAlgoId="guard", priceProtect="true")
    assert (placed["clientAlgoId"], placed["orderType"]) == ("guard", "STOP_MARKET")
    assert (placed["algoStatus"], placed["actualOrderId"]) == ("NEW", "")
    assert placed["priceProtect"] is True
    assert "orderId" not in placed
