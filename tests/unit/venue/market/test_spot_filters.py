from dataclasses import replace
from decimal import Decimal

import pytest

from plimsoll.venue.market.spot_filters import pair_of, spot_filters
from plimsoll.venue.market.symbols import LISTED, unknown_spec


@pytest.mark.parametrize(
    ("symbol", "step", "decimals"),
    [
        ("BTCUSDT", "0.00001", 5),
        ("ETHUSDT", "0.0001", 4),
        ("SOLUSDT", "0.001", 3),
        ("XRPUSDT", "0.1", 1),
        ("DOGEUSDT", "1", 0),
    ],
)
def test_a_step_costs_at_most_a_dollar(symbol: str, step: str, decimals: int) -> None:
    filters = spot_filters(LISTED[symbol])
    assert (filters.step, filters.size_decimals) == (Decimal(step), decimals)
    assert float(filters.step) * LISTED[symbol].typical_price_usd <= 1.0


def test_every_coin_has_a_tick_of_its_contract_and_a_name_without_settlement() -> None:
    for spec in LISTED.values():
        filters = spot_filters(spec)
        assert float(filters.tick) == pytest.approx(spec.tick_size)
        assert filters.most % filters.step == 0
        assert filters.step >= Decimal("0.00000001")
    assert pair_of(LISTED["BTCUSDT"]) == "BTC/USDT"


def test_a_coin_that_only_data_know_has_filters_too() -> None:
    spec = replace(unknown_spec("NEWUSDT"), tick_size=0.001)
    filters = spot_filters(spec)
    assert (filters.base, filters.tick, filters.step) == ("NEW", Decimal("0.001"), Decimal("0.001"))
