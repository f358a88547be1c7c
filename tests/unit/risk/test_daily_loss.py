"""The daily loss guard."""

from datetime import UTC, datetime

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.daily_loss import daily_loss
from tests.unit.risk.accounts import ETH, PROFILE, account, fresh, position, profile

NEXT_DAY = datetime(2024, 8, 6, tzinfo=UTC)


def loss(usd: float, **changes):
    return account(equity_usd=1000 - usd, **changes)


def test_daily_loss_below_limit_is_active() -> None:
    assert daily_loss(loss(29.99), PROFILE).mode is Mode.ACTIVE


def test_daily_loss_exactly_at_limit_flattens_until_the_day_ends() -> None:
    verdict = daily_loss(loss(30.0), PROFILE)
    assert verdict.mode is Mode.FLATTEN
    assert (verdict.value, verdict.limit) == (30, 30)
    assert verdict.until == NEXT_DAY
    assert verdict.rule == "daily_loss"


def test_caller_without_open_positions_only_denies_new_risk() -> None:
    verdict = daily_loss(loss(100, sees_open_positions=False), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert "(10.00%, realised)" in verdict.reason


@pytest.mark.parametrize(("usd", "lost", "limit"), [(10, 10, 10), (100, 30, 30)])
def test_the_tighter_of_fraction_and_usd_holds(usd: float, lost: float, limit: float) -> None:
    limits = profile(max_daily_loss_usd=usd)
    assert daily_loss(loss(lost - 0.01), limits).mode is Mode.ACTIVE
    verdict = daily_loss(loss(lost), limits)
    assert verdict.mode is Mode.FLATTEN
    assert verdict.limit == limit


def test_reason_holds_value_and_limit_and_kind() -> None:
    assert daily_loss(loss(50), PROFILE).reason == (
        "daily loss 50.00 USD (5.00%, realised and open) reached its limit 30.00 USD (3.00%)"
    )


def test_the_day_ends_at_the_hour_of_the_profile() -> None:
    evening = profile(day_starts_at_hour_utc=17)
    assert daily_loss(loss(900), evening).until == datetime(2024, 8, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize("start", [None, float("nan"), float("inf"), 0.0, -1.0])
def test_a_day_that_began_with_no_known_money_is_denied(start: float | None) -> None:
    verdict = daily_loss(account(day_start_equity_usd=start), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == NEXT_DAY
    assert f"day start {start} USD (limit 3.00%)" in verdict.reason


@pytest.mark.parametrize("now", [None, float("nan"), float("inf"), float("-inf")])
def test_an_equity_that_is_not_known_is_denied(now: float | None) -> None:
    assert daily_loss(account(equity_usd=now), PROFILE).mode is Mode.REDUCING


def fallen(usd: float, **changes):
    """An account that lost all of it on one open position."""
    return loss(usd, positions=[position(mark_price=100 - usd, liquidation_price=1.0)], **changes)


def test_a_loss_by_marks_alone_must_be_confirmed() -> None:
    assert daily_loss(fallen(30), PROFILE).debounced is True
    assert daily_loss(fallen(44.99), PROFILE).debounced is True


def test_a_loss_by_marks_exactly_at_the_hard_limit_acts_at_once() -> None:
    assert daily_loss(fallen(45), PROFILE).debounced is False


def test_a_loss_beyond_the_hard_limit_on_an_implausible_tick_must_be_confirmed() -> None:
    doubtful = fresh(ETH, implausible="fell 90 % in a second")
    assert daily_loss(fallen(90, data_health=doubtful), PROFILE).debounced is True


def test_a_realised_loss_acts_at_once() -> None:
    assert daily_loss(loss(30, positions=[]), PROFILE).debounced is False


def test_a_loss_that_is_realised_up_to_the_limit_acts_at_once_whatever_the_marks() -> None:
    marked = [position(mark_price=99.0)]
    assert daily_loss(loss(31, positions=marked), PROFILE).debounced is False
    assert daily_loss(loss(30.5, positions=marked), PROFILE).debounced is True


def test_a_loss_that_cannot_be_split_acts_at_once() -> None:
    assert daily_loss(loss(30, positions=None), PROFILE).debounced is False
    assert daily_loss(loss(30, positions=[position(mark_price=None)]), PROFILE).debounced is False
