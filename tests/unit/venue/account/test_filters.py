from dataclasses import replace

import pytest

from plimsoll.venue.account.filters import check_filters
from plimsoll.venue.account.orders import Order
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.symbols import LISTED

BTC = LISTED["BTCUSDT"]
LIMIT = Order(
    id=1,
    client_id="one",
    symbol="BTCUSDT",
    side="BUY",
    kind="LIMIT",
    quantity=0.01,
    price=60_000.0,
    trigger_price=0.0,
    time_in_force="GTC",
    reduce_only=False,
    close_position=False,
    working_type="CONTRACT_PRICE",
    created_ms=0,
    updated_ms=0,
)


def test_an_order_on_step_and_tick_passes() -> None:
    check_filters(LIMIT, BTC, 60_000.0)
    check_filters(replace(LIMIT, kind="MARKET", price=0.0), BTC, 60_000.0)
    check_filters(replace(LIMIT, quantity=0.001, price=100.0, reduce_only=True), BTC, 60_000.0)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"price": 0.0}, -1102),
        ({"kind": "STOP_MARKET"}, -1102),
        ({"quantity": 0.0}, -4003),
        ({"quantity": 0.0015}, -1111),
        ({"price": 60_000.05}, -4014),
        ({"quantity": 0.001, "price": 100.0}, -2010),
    ],
)
def test_an_order_off_a_filter_is_refused(changed: dict[str, object], code: int) -> None:
    with pytest.raises(ApiError) as refused:
        check_filters(replace(LIMIT, **changed), BTC, 60_000.0)  # type: ignore[arg-type]
    assert refused.value.code == code
