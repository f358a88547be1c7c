from dataclasses import dataclass

import pytest

from plimsoll.venue.account.offered import Offered
from tests.unit.venue.markets import NOW_MS, shared, span

BTC = "BTCUSDT"


@dataclass(frozen=True)
class Fill:
    symbol: str
    quantity: float
    time_ms: int
    is_maker: bool


def test_a_candle_offers_its_share_less_what_resting_orders_had_of_it() -> None:
    market, open_ms = shared(), NOW_MS - NOW_MS % 60_000
    volume = float(span(market, BTC, "1m", open_ms, open_ms + 60_000)["volume"][0])
    offered = Offered(market, 0.1)
    assert offered.left(BTC, NOW_MS, []) == pytest.approx(0.1 * volume)
    fills = [
        Fill(BTC, 50.0, open_ms - 1, is_maker=True),
        Fill("ETHUSDT", 50.0, NOW_MS, is_maker=True),
        Fill(BTC, 50.0, NOW_MS, is_maker=False),
        Fill(BTC, 0.001, NOW_MS, is_maker=True),
    ]
    assert offered.left(BTC, NOW_MS, fills) == pytest.approx(0.1 * volume - 0.001)
    fills.append(Fill(BTC, 1e9, NOW_MS, is_maker=True))
    assert offered.left(BTC, NOW_MS, fills) == 0.0
