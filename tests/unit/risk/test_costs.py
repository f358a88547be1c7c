"""The cost of a fill: stated for all pairs, for one pair, and of latency."""

from math import sqrt

import pytest
from pydantic import ValidationError

from plimsoll.core import PlimsollError
from plimsoll.risk.costs import TradingCosts

BTC, DOGE = "BTC/USDT:USDT", "DOGE/USDT:USDT"
WIDE = TradingCosts(pairs={DOGE: {"spread_bps": 5, "slippage_bps": 3}})
FIVE_MINUTES_A_YEAR = 365 * 288


def test_the_stated_cost_is_the_sum_of_fee_spread_and_slippage() -> None:
    assert TradingCosts(fee_bps=5, spread_bps=1, slippage_bps=0.5).fill_fraction == 0.00065


def test_a_pair_differs_where_it_says_so_and_nowhere_else() -> None:
    assert WIDE.of_pair(DOGE).fraction == pytest.approx(12 / 10_000)
    assert WIDE.of_pair(DOGE).fee_bps == 4
    assert WIDE.of_pair(BTC).fraction == WIDE.fill_fraction == pytest.approx(7 / 10_000)


def test_a_pair_may_cost_nothing_of_a_kind() -> None:
    costs = TradingCosts(pairs={BTC: {"fee_bps": 0}})
    assert costs.of_pair(BTC).fraction == pytest.approx(3 / 10_000)


def test_latency_costs_a_share_of_what_the_price_moves_meanwhile() -> None:
    candle_volatility = 0.0015
    yearly = candle_volatility * sqrt(FIVE_MINUTES_A_YEAR)
    costs = TradingCosts(latency_ms=100, latency_share=0.5)
    by_candle = sqrt(0.1 / 300) * candle_volatility * 0.5
    assert costs.latency_fraction(yearly) == pytest.approx(by_candle, rel=1e-12)
    assert by_candle == pytest.approx(0.0000137, abs=1e-7)


def test_four_times_the_latency_costs_twice_as_much() -> None:
    quick, slow = TradingCosts(latency_ms=50), TradingCosts(latency_ms=200)
    assert slow.latency_fraction(0.6) == pytest.approx(2 * quick.latency_fraction(0.6))


@pytest.mark.parametrize("off", [{"latency_ms": 0}, {"latency_share": 0}])
def test_without_latency_or_without_a_share_it_is_free(off: dict) -> None:
    assert TradingCosts(**off).latency_fraction(0.8) == 0


def test_the_whole_cost_of_a_fill_is_stated_and_latency_together() -> None:
    whole = WIDE.fill_fraction_of(DOGE, 0.6)
    assert whole == WIDE.of_pair(DOGE).fraction + WIDE.latency_fraction(0.6)
    assert whole > WIDE.of_pair(DOGE).fraction


@pytest.mark.parametrize("volatility", [float("nan"), float("inf"), -0.1])
def test_an_unknown_volatility_is_never_free(volatility: float) -> None:
    with pytest.raises(PlimsollError, match="cost of latency is unknown"):
        TradingCosts().latency_fraction(volatility)


@pytest.mark.parametrize(
    "wrong",
    [
        {"latency_ms": -1},
        {"latency_ms": 20_000},
        {"latency_share": 1.1},
        {"pairs": {DOGE: {"spread_bps": -1}}},
        {"pairs": {DOGE: {"spread": 1}}},
        {"pairs": {"DOGE": {"spread_bps": 1}}},
        {"fee_bps": float("nan")},
    ],
    ids=str,
)
def test_what_cannot_be_a_cost_is_refused(wrong: dict) -> None:
    with pytest.raises(ValidationError):
        TradingCosts(**wrong)
