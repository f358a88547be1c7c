"""What one trade loses at its stop."""

import pytest

from plimsoll.core import Mode, Side
from plimsoll.risk.guards.risk_per_trade import risk_per_trade
from tests.unit.risk.accounts import BTC, ETH, PROFILE, account, position, profile, request

FREE = {"fill_cost_fraction": 0.0}


def judge(limits=PROFILE, *, positions=(), pair=BTC, **changes):
    return risk_per_trade(request(pair, **changes), account(positions=positions), limits)


def test_a_risk_exactly_at_the_limit_is_allowed() -> None:
    # 333.33 USD of stake at 3x, 1 % to the stop: 10 USD of 1,000.
    assert judge(**FREE, stake_usd=1000 / 3).mode is Mode.ACTIVE


def test_a_risk_above_the_limit_is_refused() -> None:
    verdict = judge(**FREE, stake_usd=334.0)
    assert verdict.mode is Mode.REDUCING
    assert verdict.pair == BTC
    assert verdict.value == pytest.approx(0.01002)
    assert verdict.limit == 0.01
    assert verdict.reason == f"{BTC}: risk of 1.00% of equity at the stop is above its limit 1.00%"


def test_both_fills_count() -> None:
    # 300 USD: 3 to the stop, 0.0007 * (300 + 297) in fees.
    risk = 3 + 0.0007 * 597
    assert judge(profile(max_risk_per_trade_fraction=risk / 1000)).mode is Mode.ACTIVE
    assert judge(profile(max_risk_per_trade_fraction=(risk - 0.001) / 1000)).mode is Mode.REDUCING


def test_a_short_risks_what_is_above_it() -> None:
    sell = {"side": Side.SHORT, "stop_price": 101.0, **FREE}
    assert judge(**sell, stake_usd=1000 / 3).mode is Mode.ACTIVE
    assert judge(**sell, stake_usd=334.0).mode is Mode.REDUCING


def test_without_a_stop_the_whole_stake_and_its_fee_are_at_risk() -> None:
    assert judge(stop_price=None, stake_usd=9.9).mode is Mode.ACTIVE
    assert judge(stop_price=None, stake_usd=9.99).mode is Mode.REDUCING


def test_what_the_pair_already_risks_counts() -> None:
    held = [position(BTC, amount=7.0), position(ETH, amount=50.0)]
    assert judge(positions=held, **FREE).mode is Mode.ACTIVE
    assert judge(positions=held, **FREE, stake_usd=101.0).mode is Mode.REDUCING


@pytest.mark.parametrize(
    "broken",
    [
        {"stop_price": 100.0},
        {"stop_price": 101.0},
        {"stop_price": 0.0},
        {"stop_price": float("nan")},
        {"stop_price": 99.0, "side": Side.SHORT},
        {"price": 0.0},
        {"price": float("nan")},
        {"leverage": 0.0},
        {"stake_usd": float("inf")},
        {"fill_cost_fraction": -0.001},
        {"fill_cost_fraction": float("nan")},
    ],
    ids=str,
)
def test_an_entry_whose_risk_is_not_known_is_refused(broken: dict) -> None:
    verdict = judge(**broken)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 0.01)
    assert verdict.value is None


@pytest.mark.parametrize(
    "unknown", [{"positions": None}, {"equity_usd": None}, {"equity_usd": -1.0}]
)
def test_an_account_that_is_not_known_refuses(unknown: dict) -> None:
    assert risk_per_trade(request(), account(**unknown), PROFILE).mode is Mode.REDUCING


def test_no_profile_may_risk_more_than_five_percent() -> None:
    with pytest.raises(ValueError, match=r"less than or equal to 0\.05"):
        profile(max_risk_per_trade_fraction=0.051)
