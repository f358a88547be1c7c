"""Results that do not even pay for themselves."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.break_even import break_even
from tests.unit.risk.accounts import PROFILE, account, before, closed, profile

TEN = profile(break_even_trades=10, break_even_z=0.0)


def judge(profits, limits=TEN, **changes):
    trades = None if profits is None else [closed(profit) for profit in profits]
    return break_even(account(closed_trades=trades, **changes), limits)


def test_a_sum_of_exactly_nothing_is_break_even() -> None:
    assert judge([1.0, -1.0] * 5).mode is Mode.ACTIVE


def test_a_cent_below_goes_back_to_paper() -> None:
    verdict = judge([1.0, -1.0] * 4 + [1.0, -1.01])
    assert verdict.mode is Mode.HALTED
    assert verdict.reason == (
        "the latest 10 trades made -0.01 USD, below break-even, limit 0.00 USD: back to paper"
    )
    assert verdict.value == pytest.approx(-0.01)
    assert verdict.limit == 0


def test_fewer_trades_than_stated_prove_nothing() -> None:
    assert judge([-1.0] * 9).mode is Mode.ACTIVE
    assert judge([-1.0] * 99, PROFILE).mode is Mode.ACTIVE
    assert judge([-1.0] * 100, PROFILE).mode is Mode.HALTED


def test_older_trades_are_forgotten() -> None:
    assert judge([-100.0] + [1.0] * 10).mode is Mode.ACTIVE
    assert judge([100.0] + [-1.0] * 10).mode is Mode.HALTED


def test_trades_up_to_the_rearming_do_not_count() -> None:
    assert judge([-1.0] * 10, rearmed_at=before(days=2)).mode is Mode.ACTIVE


def test_the_check_can_be_switched_off() -> None:
    assert judge([-1.0] * 500, profile(break_even_trades=None)).mode is Mode.ACTIVE


@pytest.mark.parametrize("profits", [None, [float("nan")] * 10, [float("inf")] * 10])
def test_what_is_not_known_denies(profits) -> None:
    verdict = judge(profits)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 0


# More than by chance


def test_a_loss_that_may_be_chance_is_none() -> None:
    by_chance = [10.0, -10.5] * 5
    assert judge(by_chance).mode is Mode.HALTED
    assert judge(by_chance, profile(break_even_trades=10, break_even_z=1.645)).mode is Mode.ACTIVE


def test_a_loss_of_exactly_as_many_standard_errors_is_still_chance_and_a_cent_more_is_not() -> None:
    narrow = [9.0, -10.0] * 50  # -50 in all
    error = 9.5 * (100 * 100 / 99) ** 0.5
    assert judge(narrow, profile(break_even_z=50.0 / error + 1e-9)).mode is Mode.ACTIVE
    verdict = judge(narrow, profile(break_even_z=50.0 / error - 1e-6))
    assert verdict.mode is Mode.HALTED
    assert verdict.value == pytest.approx(-50.0)
    assert verdict.limit == pytest.approx(-50.0, abs=1e-3)


def test_trades_that_all_lose_the_same_are_no_chance() -> None:
    assert judge([-1.0] * 100, PROFILE).mode is Mode.HALTED
