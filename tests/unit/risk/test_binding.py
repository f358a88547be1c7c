"""Which limit has cut a stake."""

from typing import Any

import pytest

from plimsoll.core import Mode, Verdict
from plimsoll.risk import Evaluation, size_entry
from plimsoll.risk.binding import SIZING, binding_rule
from tests.unit.risk.accounts import NOON, account, profile, request

CALM = Evaluation(NOON, ())
WIDE: dict[str, Any] = {
    "max_position_fraction": 1.0,
    "max_exposure_fraction": 2.0,
    "max_risk_per_trade_fraction": 0.05,
    "fixed_risk_fraction": 0.05,
    "max_portfolio_heat_fraction": 0.2,
}


@pytest.mark.parametrize(
    ("limits", "rule"),
    [
        ({"max_position_fraction": 0.05}, "position_size"),
        ({"max_exposure_fraction": 0.3, "max_position_fraction": 0.3}, "exposure"),
        (
            {"max_portfolio_heat_fraction": 0.012, "max_risk_per_trade_fraction": 0.012},
            "portfolio_heat",
        ),
        ({"max_risk_per_trade_fraction": 0.0002}, "risk_per_trade"),
        ({"max_liquidity_share_fraction": 0.0001}, "liquidity"),
        ({"fixed_risk_fraction": 0.0001}, SIZING),
    ],
)
def test_the_limit_that_leaves_least_has_cut_the_stake(limits: dict[str, Any], rule: str) -> None:
    allowed = profile(**{**WIDE, **limits})
    wanted = request(stake_usd=5000.0, leverage=1.0, liquidity_usd=100_000.0)
    found = account()
    size = size_entry(wanted, found, allowed, CALM)
    assert 0 < size.stake_usd < 5000
    named = binding_rule(wanted, found, allowed, CALM, stake_usd=size.stake_usd)
    assert named == rule


def test_a_share_of_the_stake_is_the_verdicts_that_leaves_it() -> None:
    drawdown = Verdict(Mode.REDUCING, "drawdown", "down", stake_multiplier=0.5)
    halved = Evaluation(NOON, (drawdown,))
    wanted, found = request(stake_usd=10.0), account()
    size = size_entry(wanted, found, profile(**WIDE), halved)
    assert size.stake_usd == pytest.approx(5.0)
    named = binding_rule(wanted, found, profile(**WIDE), halved, stake_usd=size.stake_usd)
    assert named == "drawdown"


def test_an_account_that_cannot_be_known_blames_the_sizing() -> None:
    unknown = account(equity_usd=None)
    assert binding_rule(request(), unknown, profile(), CALM, stake_usd=1.0) == SIZING
