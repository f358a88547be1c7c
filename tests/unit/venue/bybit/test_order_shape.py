import pytest

from plimsoll.venue.bybit.order_shape import by_people, execution, is_open, shown, state_of
from plimsoll.venue.exchange import Exchange
from tests.unit.venue.bybit.asking import buy, near, stop
from tests.unit.venue.markets import exchange_at


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def test_what_a_trigger_placed_is_shown_as_the_order_that_waited(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    stop(exchange)
    exchange.start_scenario("move", magnitude=-0.03, duration_seconds=60)
    exchange.advance(exchange.clock.step(61))
    orders = by_people(exchange)
    assert [state_of(exchange, one) for one in orders] == ["Filled", "Filled"]
    assert not any(is_open(exchange, one) for one in orders)
    waited = shown(exchange, orders[1])
    assert waited["cumFeeDetail"] == {"USDT": waited["cumExecFee"]}
    told = [execution(exchange, fill) for fill in exchange.account.fills]
    assert {one["orderId"] for one in told} == {shown(exchange, one)["orderId"] for one in orders}
    assert sum(float(one["execQty"]) for one in told) == pytest.approx(0.2)
    assert {one["feeRate"] for one in told} == {"0.000500"}


def test_a_liquidation_is_named_as_such(exchange: Exchange) -> None:
    exchange.account.set_leverage("BTCUSDT", 50)
    buy(exchange, 1.0)
    exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    exchange.advance(exchange.clock.step(61))
    forced = shown(exchange, by_people(exchange)[-1])
    assert forced["createType"] == "CreateByLiq"
    assert execution(exchange, exchange.account.fills[-1])["execType"] == "BustTrade"


def test_nothing_done_has_no_average(exchange: Exchange) -> None:
    buy(exchange, 0.1)
    stop(exchange, fraction=0.5)
    row = shown(exchange, by_people(exchange)[-1])
    assert (row["avgPrice"], row["cumFeeDetail"]) == ("", {})
    assert float(row["triggerPrice"]) == near(exchange, 0.5)
