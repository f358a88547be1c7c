from decimal import Decimal

import pytest

from plimsoll.venue.account.spot_wallet import SpotOrder
from plimsoll.venue.errors import ApiError
from plimsoll.venue.spot.order_shape import placed, text
from tests.unit.venue.markets import exchange_at, pair_of_coins


def test_numbers_have_eight_decimals() -> None:
    assert [text(Decimal(one)) for one in ("1", "0.00000001")] == ["1.00000000", "0.00000001"]


@pytest.mark.parametrize(
    ("kind", "fields"), [("ACK", 5), ("RESULT", 16), ("FULL", 17)], ids=["ack", "result", "full"]
)
def test_an_order_is_answered_as_fully_as_it_was_asked(kind: str, fields: int) -> None:
    order = SpotOrder(1, "c", "BTCUSDT", "BUY", "LIMIT", Decimal("0.01"), Decimal(60_000))
    assert len(placed(exchange_at(market=pair_of_coins()), order, kind)) == fields


def test_an_unknown_kind_of_answer_is_refused() -> None:
    order = SpotOrder(1, "c", "BTCUSDT", "BUY", "LIMIT", Decimal("0.01"), Decimal(60_000))
    with pytest.raises(ApiError, match="newOrderRespType"):
        placed(exchange_at(market=pair_of_coins()), order, "MORE")
