"""Losing trades in a row."""

from datetime import timedelta

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.consecutive_losses import consecutive_losses
from tests.unit.risk.accounts import NOON, PROFILE, account, before, closed, profile


def series(*profits: float, last=None):
    """Trades an hour apart, the last an hour ago."""
    end = last or before(hours=1)
    count = len(profits)
    return [
        closed(profit, closed_at=end - timedelta(hours=count - 1 - index))
        for index, profit in enumerate(profits)
    ]


def judge(*profits: float, limits=PROFILE, **changes):
    last = changes.pop("last", None)
    return consecutive_losses(account(closed_trades=series(*profits, last=last), **changes), limits)


def test_four_losses_trade_on() -> None:
    assert judge(1, -1, -1, -1, -1).mode is Mode.ACTIVE


def test_the_fifth_loss_pauses_for_a_day_from_its_close() -> None:
    verdict = judge(1, -1, -1, -1, -1, -1)
    assert verdict.mode is Mode.REDUCING
    assert verdict.until == before(hours=1) + timedelta(hours=24)
    assert (verdict.value, verdict.limit) == (5, 5)
    assert verdict.reason == "5 losses in a row reached the limit 5: pause of 24 h"


def test_a_win_between_begins_a_new_streak() -> None:
    assert judge(-1, -1, -1, 0.01, -1, -1).mode is Mode.ACTIVE


def test_a_trade_without_profit_or_loss_ends_the_streak() -> None:
    assert judge(-1, 0.0, -1, -1, -1, -1).mode is Mode.ACTIVE


def test_the_pause_is_over_exactly_when_its_time_is() -> None:
    losses = [-1.0] * 5
    assert judge(*losses, last=before(hours=24)).mode is Mode.ACTIVE
    assert judge(*losses, last=before(hours=24) + timedelta(seconds=1)).mode is Mode.REDUCING


def test_a_sixth_loss_after_the_pause_pauses_again() -> None:
    trades = [*series(*[-1.0] * 5, last=before(hours=30)), *series(-1.0)]
    assert consecutive_losses(account(closed_trades=trades), PROFILE).mode is Mode.REDUCING


def test_a_profile_may_close_positions_too() -> None:
    assert judge(*[-1.0] * 5, limits=profile(flatten_on_consecutive_losses=True)).mode is (
        Mode.FLATTEN
    )


def test_losses_up_to_the_rearming_do_not_count() -> None:
    losses = [-1.0] * 5
    assert judge(*losses, rearmed_at=before(hours=5)).mode is Mode.ACTIVE
    assert judge(*losses, rearmed_at=before(hours=5, seconds=1)).mode is Mode.REDUCING
    assert judge(*losses, rearmed_at=NOON).mode is Mode.ACTIVE


def test_an_account_without_trades_is_active() -> None:
    assert judge().mode is Mode.ACTIVE


def test_trades_that_cannot_be_seen_deny() -> None:
    verdict = consecutive_losses(account(closed_trades=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 5


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_profit_that_is_not_finite_denies(bad: float) -> None:
    verdict = judge(1, bad)
    assert (verdict.mode, verdict.limit) == (Mode.REDUCING, 5)


def test_a_single_loss_pauses_when_the_limit_is_one() -> None:
    assert judge(-0.01, limits=profile(max_consecutive_losses=1)).mode is Mode.REDUCING


def test_older_trades_are_not_read() -> None:
    class Guarded(list):
        def __getitem__(self, index):
            assert index in (-1, *range(95, 100)), index
            return super().__getitem__(index)

        def __reversed__(self):
            for index in range(len(self) - 1, -1, -1):
                yield self[index]

    trades = Guarded(series(*[-1.0] * 100))
    assert consecutive_losses(account(closed_trades=trades), PROFILE).mode is Mode.REDUCING
