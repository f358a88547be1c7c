"""The fall from the high-water mark."""

import pytest

from plimsoll.core import DataHealth, Mode
from plimsoll.risk.guards.drawdown import drawdown
from tests.unit.risk.accounts import BTC, ETH, NOON, PROFILE, account, fresh, position, profile


def at(equity: float | None, **changes):
    return account(equity_usd=equity, **changes)


def test_a_drawdown_below_the_first_limit_is_active() -> None:
    assert drawdown(at(920.01), PROFILE).mode is Mode.ACTIVE


def test_a_drawdown_exactly_at_the_first_limit_halves_stakes() -> None:
    verdict = drawdown(at(920.0), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.stake_multiplier == 0.5
    assert verdict.allows_entries
    assert verdict.until is not None
    assert (verdict.until - NOON).total_seconds() == PROFILE.recheck_seconds
    assert (verdict.value, verdict.limit) == (0.08, 0.08)
    assert "8.00% from 1000.00 USD to 920.00 USD reached its limit 8.00%" in verdict.reason


def test_a_drawdown_just_below_the_second_limit_still_trades_at_half() -> None:
    assert drawdown(at(880.01), PROFILE).mode is Mode.REDUCING


def test_a_drawdown_exactly_at_the_second_limit_halts_for_good() -> None:
    verdict = drawdown(at(880.0), PROFILE)
    assert verdict.mode is Mode.HALTED
    assert verdict.until is None
    assert not verdict.allows_entries
    assert (verdict.value, verdict.limit) == (0.12, 0.12)
    assert "12.00%" in verdict.reason


def test_a_new_high_is_no_drawdown() -> None:
    assert drawdown(at(1500.0), PROFILE).mode is Mode.ACTIVE


def test_equal_limits_halt_without_a_step_between() -> None:
    limits = profile(drawdown_reduce_fraction=0.05, drawdown_halt_fraction=0.05)
    assert drawdown(at(950.0), limits).mode is Mode.HALTED


@pytest.mark.parametrize("peak", [None, float("nan"), float("inf"), 0.0, -5.0])
def test_a_high_water_mark_that_is_not_known_is_denied(peak: float | None) -> None:
    verdict = drawdown(account(high_water_equity_usd=peak), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.multiplier == 0
    assert verdict.limit == 0.12
    assert verdict.reason.endswith(f"high-water mark {peak} USD (limit 0.12)")


@pytest.mark.parametrize("now", [None, float("nan"), float("-inf")])
def test_an_equity_that_is_not_known_is_denied(now: float | None) -> None:
    assert drawdown(at(now), PROFILE).mode is Mode.REDUCING


def fallen(usd: float, **changes):
    return at(1000 - usd, positions=[position(amount=4.0, mark_price=100 - usd / 4)], **changes)


def test_open_loss_alone_halts_after_confirmation() -> None:
    verdict = drawdown(fallen(120), PROFILE)
    assert verdict.mode is Mode.HALTED
    assert verdict.debounced is True


def test_open_loss_exactly_at_the_hard_limit_halts_at_once() -> None:
    assert drawdown(fallen(179.99), PROFILE).debounced is True
    assert drawdown(fallen(180), PROFILE).debounced is False


def test_an_implausible_tick_never_halts_at_once() -> None:
    doubtful = fresh(position().pair, implausible="a tenth of the last price")
    assert drawdown(fallen(300, data_health=doubtful), PROFILE).debounced is True


@pytest.mark.parametrize("health", [None, fresh(BTC, implausible="spike")], ids=["none", "other"])
def test_an_open_loss_beyond_the_hard_limit_halts_at_once_without_data_of_its_pair(health) -> None:
    assert drawdown(fallen(180, data_health=health), PROFILE).debounced is False


def test_one_implausible_tick_of_two_positions_is_enough_to_wait() -> None:
    doubtful = DataHealth(
        pairs={**fresh(BTC).pairs, **fresh(ETH, implausible="spike").pairs},
    )
    held = [position(ETH, amount=4.0, mark_price=40.0), position(BTC)]
    found = at(760, positions=held, data_health=doubtful)
    assert drawdown(found, PROFILE).debounced is True


def test_positions_that_cannot_be_seen_do_not_keep_a_halt_waiting() -> None:
    verdict = drawdown(at(500, positions=None), PROFILE)
    assert (verdict.mode, verdict.debounced) == (Mode.HALTED, False)


def test_equity_without_open_positions_does_not_rest_on_their_marks() -> None:
    assert drawdown(fallen(130, sees_open_positions=False), PROFILE).debounced is False


def test_realised_loss_halts_at_once() -> None:
    assert drawdown(at(880, positions=()), PROFILE).debounced is False
