"""The fall from the highest equity ever."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.terminal_drawdown import terminal_drawdown
from tests.unit.risk.accounts import PROFILE, account, before, position, profile


def at(equity: float | None, **changes):
    return account(equity_usd=equity, positions=(), **changes)


def test_below_its_limit_it_is_active_and_exactly_there_it_halts() -> None:
    assert terminal_drawdown(at(750.01), PROFILE).mode is Mode.ACTIVE
    verdict = terminal_drawdown(at(750.0), PROFILE)
    assert verdict.mode is Mode.HALTED
    assert (verdict.value, verdict.limit) == (0.25, 0.25)
    assert verdict.reason == (
        "drawdown 25.00% from the highest equity ever, 1000.00 USD, to 750.00 USD reached its "
        "limit 25.00%"
    )


def test_the_high_water_mark_of_a_re_arming_is_not_its_measure() -> None:
    fell = at(740.0, high_water_equity_usd=745.0, rearmed_at=before(days=1))
    assert terminal_drawdown(fell, PROFILE).mode is Mode.HALTED


def test_what_a_person_accepted_is_not_halted_for_again_before_a_new_highest_equity() -> None:
    accepted = {"beyond_terminal_at": before(days=1)}
    assert terminal_drawdown(at(500.0, **accepted), PROFILE).mode is Mode.ACTIVE
    since = at(500.0, peak_at=before(hours=1), **accepted)
    assert terminal_drawdown(since, PROFILE).mode is Mode.HALTED


def test_it_can_be_switched_off() -> None:
    off = profile(terminal_drawdown_fraction=None)
    assert terminal_drawdown(at(1.0), off).mode is Mode.ACTIVE
    assert terminal_drawdown(at(1.0, peak_equity_usd=None), off).mode is Mode.ACTIVE


@pytest.mark.parametrize("unknown", [{"peak_equity_usd": None}, {"equity_usd": None}])
def test_what_is_not_known_denies(unknown) -> None:
    verdict = terminal_drawdown(account(**unknown), PROFILE)
    assert (verdict.mode, verdict.multiplier) == (Mode.REDUCING, 0.0)


def test_a_fall_that_rests_on_marks_must_last_and_a_realised_or_huge_one_need_not() -> None:
    marked = account(equity_usd=740.0, positions=(position(mark_price=70.0, amount=9.0),))
    assert terminal_drawdown(marked, PROFILE).debounced
    assert not terminal_drawdown(at(740.0), PROFILE).debounced
    huge = account(equity_usd=600.0, positions=(position(mark_price=50.0, amount=9.0),))
    assert not terminal_drawdown(huge, PROFILE).debounced
