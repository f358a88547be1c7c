"""What an order that takes pays for the book it meets."""

import pytest

from plimsoll.core import PlimsollError
from plimsoll.risk.order_book import TakingCosts, taking_costs, typical

BIDS = [[99.9, 10.0], [99.0, 1000.0]]
ASKS = [[100.1, 10.0], [101.0, 1000.0]]


def test_a_small_order_pays_half_the_spread_and_no_slippage() -> None:
    found = taking_costs(BIDS, ASKS, order_usd=900)
    assert found.spread_bps == pytest.approx(10)
    assert found.slippage_bps == pytest.approx(0, abs=1e-9)


def test_a_large_order_pays_the_mean_of_the_levels_it_takes() -> None:
    # 1001 USD at 100.1, as much again at 101: 10 and 9.911 coins.
    found = taking_costs([[99.9, 1e6]], ASKS, order_usd=2002)
    mean = 2002 / (10 + 1001 / 101)
    assert found.slippage_bps == pytest.approx((mean - 100.1) / 100 * 10_000)


def test_the_dearer_side_counts() -> None:
    deep = [[100.1, 1e6]]
    assert taking_costs(BIDS, deep, order_usd=5000).slippage_bps > 1
    assert taking_costs([[99.9, 1e6]], deep, order_usd=5000).slippage_bps == pytest.approx(
        0, abs=1e-9
    )


def test_contracts_count_for_what_they_are_worth() -> None:
    small = taking_costs(BIDS, ASKS, order_usd=9, contract_size=0.01)
    assert small.slippage_bps == pytest.approx(0, abs=1e-9)
    assert taking_costs(BIDS, ASKS, order_usd=900, contract_size=0.01).slippage_bps > 1


@pytest.mark.parametrize(
    ("bids", "asks"),
    [([], ASKS), (BIDS, []), ([[101.0, 1.0]], [[100.0, 1.0]]), ([[0.0, 1.0]], ASKS)],
)
def test_a_book_that_is_none_is_refused(bids: list, asks: list) -> None:
    with pytest.raises(PlimsollError, match="two sides that do not cross"):
        taking_costs(bids, asks, order_usd=1)


@pytest.mark.parametrize("amount", [float("nan"), -1.0])
def test_an_amount_that_is_none_is_refused(amount: float) -> None:
    with pytest.raises(PlimsollError, match="expected amounts"):
        taking_costs([[99.9, amount]], ASKS, order_usd=1)


def test_an_order_larger_than_the_book_is_refused() -> None:
    with pytest.raises(PlimsollError, match="2,001 USD on a side, 5,000 are wanted"):
        taking_costs([[99.9, 1e6]], [[100.1, 10.0], [100.0 + 0.1, 9.99]], order_usd=5000)


def test_one_odd_look_does_not_count() -> None:
    looks = [TakingCosts(1.0, 0.0), TakingCosts(90.0, 50.0), TakingCosts(2.0, 1.0)]
    assert typical(looks) == TakingCosts(2.0, 1.0)


def test_amounts_below_one_dollar_and_a_bid_at_the_ask_are_a_book_too() -> None:
    crumbs = [[100.0, 0.005]] * 4
    found = taking_costs(crumbs, crumbs, order_usd=1.5)
    assert (found.spread_bps, found.slippage_bps) == (0.0, 0.0)
    with pytest.raises(PlimsollError, match="2 USD on a side"):
        taking_costs(crumbs, crumbs, order_usd=2.5)
