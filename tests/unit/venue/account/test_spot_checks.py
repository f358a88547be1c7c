from decimal import Decimal

import pytest

from plimsoll.venue.account.spot_checks import check_spot_counts, check_spot_filters
from plimsoll.venue.account.spot_wallet import SpotOrder, opened
from plimsoll.venue.errors import ApiError
from plimsoll.venue.market.spot_filters import spot_filters
from plimsoll.venue.market.symbols import LISTED

FILTERS, LAST = spot_filters(LISTED["BTCUSDT"]), Decimal(60_000)


def order(**changes: object) -> SpotOrder:
    usual = {"quantity": Decimal("0.001"), "price": Decimal(60_000), **changes}
    return SpotOrder(1, "c", "BTCUSDT", "BUY", str(usual.pop("kind", "LIMIT")), **usual)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "failed"),
    [
        ({}, ""),
        ({"price": Decimal("60000.05")}, "PRICE_FILTER"),
        ({"stop_price": Decimal("59000.01")}, "PRICE_FILTER"),
        ({"price": Decimal(11_999)}, "PERCENT_PRICE_BY_SIDE"),
        ({"price": Decimal(12_000)}, ""),
        ({"price": Decimal("300000.1")}, "PERCENT_PRICE_BY_SIDE"),
        ({"quantity": Decimal("0.001001")}, "LOT_SIZE"),
        ({"quantity": Decimal(0)}, "LOT_SIZE"),
        ({"quantity": Decimal(100_000)}, "LOT_SIZE"),
        ({"quantity": Decimal("0.00008")}, "NOTIONAL"),
        ({"quantity": Decimal("0.00008"), "price": Decimal(0), "kind": "MARKET"}, "NOTIONAL"),
        ({"quantity": Decimal("0.00009")}, ""),
    ],
)
def test_filters_refuse_in_binances_words(changes: dict[str, object], failed: str) -> None:
    if not failed:
        check_spot_filters(order(**changes), FILTERS, LAST)
        return
    with pytest.raises(ApiError) as refused:
        check_spot_filters(order(**changes), FILTERS, LAST)
    assert (refused.value.code, refused.value.message) == (-1013, f"Filter failure: {failed}")


def test_five_stops_may_wait_and_no_more() -> None:
    wallet, kind = opened(1e6), "STOP_LOSS_LIMIT"
    for number in range(1, 6):
        waiting = order(kind=kind)
        waiting.id, waiting.client_id = number, f"c{number}"
        check_spot_counts(waiting, wallet)
        wallet.accept(waiting, Decimal(60))
    with pytest.raises(ApiError, match="MAX_NUM_ALGO_ORDERS"):
        check_spot_counts(order(kind=kind), wallet)
    check_spot_counts(order(), wallet)
    wallet.orders[1].working_ms = 5
    check_spot_counts(order(kind=kind), wallet)
