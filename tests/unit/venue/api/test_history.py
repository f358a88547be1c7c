import pytest

from plimsoll.venue.exchange import Exchange
from tests.unit.venue.api.signed import buy, call, code_of
from tests.unit.venue.markets import exchange_at

FORCED = "/fapi/v1/forceOrders"


@pytest.fixture
def exchange() -> Exchange:
    return exchange_at()


def test_a_liquidation_is_listed_as_a_forced_order(exchange: Exchange) -> None:
    call(exchange, "POST", "/fapi/v1/leverage", leverage=100)
    buy(exchange)
    assert call(exchange, "GET", FORCED) == []
    exchange.start_scenario("move", magnitude=-0.05, duration_seconds=60)
    exchange.clock.step(120)
    (forced, *_) = call(exchange, "GET", FORCED)
    assert forced["clientOrderId"].startswith("autoclose-")
    assert (forced["side"], float(forced["executedQty"])) == ("SELL", 0.1)
    assert call(exchange, "GET", FORCED, autoCloseType="LIQUIDATION")[0] == forced
    assert call(exchange, "GET", FORCED, autoCloseType="ADL") == []
    assert code_of(exchange, "GET", FORCED, autoCloseType="WHIM") == -1130


def test_open_positions_have_their_place_in_the_deleveraging_queue(exchange: Exchange) -> None:
    assert call(exchange, "GET", "/fapi/v1/adlQuantile") == []
    buy(exchange)
    (one,) = call(exchange, "GET", "/fapi/v1/adlQuantile")
    assert (one["symbol"], set(one["adlQuantile"])) == ("BTCUSDT", {"LONG", "SHORT", "BOTH"})


def test_order_limits_are_told(exchange: Exchange) -> None:
    limits = call(exchange, "GET", "/fapi/v1/rateLimit/order")
    assert [(one["interval"], one["intervalNum"], one["limit"]) for one in limits] == [
        ("SECOND", 10, 300),
        ("MINUTE", 1, 1200),
    ]


def test_income_is_paged(exchange: Exchange) -> None:
    for _ in range(5):
        exchange.transfer(1.0)
    asked = {"symbol": "", "incomeType": "TRANSFER", "limit": 2}
    pages = [call(exchange, "GET", "/fapi/v1/income", page=page, **asked) for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [2, 2, 1, 0]
    assert len({entry["tranId"] for page in pages for entry in page}) == 5
