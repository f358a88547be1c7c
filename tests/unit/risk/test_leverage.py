"""Leverage that the track record has earned."""

from dataclasses import replace

import pytest

from plimsoll.core import Mode, TrackRecord
from plimsoll.risk.guards.leverage import allowed_leverage, leverage
from tests.unit.risk.accounts import BTC, PROFILE, account, request

PROVEN = TrackRecord(trades=100, win_rate_fraction=0.56, sharpe=1.81, max_drawdown_fraction=0.149)


def test_three_times_is_for_everybody() -> None:
    assert leverage(request(leverage=3.0), account(track_record=None), PROFILE).mode is Mode.ACTIVE


def test_more_must_be_earned() -> None:
    verdict = leverage(request(leverage=3.1), account(track_record=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.value, verdict.limit) == (BTC, 3.1, 3)
    assert verdict.reason == f"{BTC}: leverage 3.1 is above the 3 that the track record allows"


def test_a_proven_account_may_use_five_times_and_no_more() -> None:
    found = account(track_record=PROVEN)
    assert leverage(request(leverage=5.0), found, PROFILE).mode is Mode.ACTIVE
    assert leverage(request(leverage=5.1), found, PROFILE).limit == 5


@pytest.mark.parametrize(
    "lacking",
    [
        {"trades": 99},
        {"win_rate_fraction": 0.55},
        {"win_rate_fraction": None},
        {"win_rate_fraction": float("nan")},
        {"sharpe": 1.8},
        {"sharpe": None},
        {"sharpe": float("inf")},
        {"max_drawdown_fraction": 0.15},
        {"max_drawdown_fraction": None},
        {"max_drawdown_fraction": float("nan")},
        {"max_drawdown_fraction": -0.1},
    ],
    ids=str,
)
def test_each_part_of_the_proof_is_needed(lacking: dict) -> None:
    assert allowed_leverage(PROVEN, PROFILE) == 5
    assert allowed_leverage(replace(PROVEN, **lacking), PROFILE) == 3


def test_an_account_that_never_fell_is_proven() -> None:
    assert allowed_leverage(replace(PROVEN, max_drawdown_fraction=0.0), PROFILE) == 5


@pytest.mark.parametrize("asked", [0.0, -1.0, float("nan"), float("inf")])
def test_a_leverage_that_is_none_is_refused(asked: float) -> None:
    verdict = leverage(request(leverage=asked), account(), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert (verdict.pair, verdict.limit) == (BTC, 5)
