"""How much of a limit is used: the guard of the same name acts exactly when all of it is."""

from dataclasses import replace
from math import inf, nan
from typing import Any

import pytest

from plimsoll.core import AccountSnapshot, ApiHealth, Mode
from plimsoll.risk import GUARDS, RiskProfile, evaluate
from plimsoll.risk.limit_use import LimitUse, limit_uses, recent_api_errors
from tests.unit.risk.accounts import NOON, PROFILE, account, before, closed, position, profile


def used(found: AccountSnapshot, rule: str, limits: RiskProfile = PROFILE) -> LimitUse:
    return {one.rule: one for one in limit_uses(found, limits)}[rule]


ERRORS = ApiHealth(error_times=tuple(before(seconds=10 * n) for n in range(5, 0, -1)))
LOSSES = [closed(-1.0, closed_at=before(hours=n)) for n in range(9, 0, -1)]
ORDERS = tuple(before(seconds=n) for n in range(20, 0, -1))
TODAY = [closed(1.0, closed_at=before(hours=2), opened_at=before(hours=3)) for _ in range(9)]
CASES = [
    ("daily_loss", {"equity_usd": 970.0, "day_start_equity_usd": 1000.0}, {}),
    ("drawdown", {"equity_usd": 880.0, "high_water_equity_usd": 1000.0}, {}),
    ("terminal_drawdown", {"equity_usd": 750.0, "peak_equity_usd": 1000.0}, {}),
    ("consecutive_losses", {"closed_trades": LOSSES}, {"max_consecutive_losses": 9}),
    ("trades_per_day", {"closed_trades": TODAY}, {}),
    ("order_throttle", {"order_times": ORDERS}, {"max_orders": 20, "order_window_seconds": 60}),
    ("api_errors", {"api_health": ERRORS}, {}),
]


@pytest.mark.parametrize(("rule", "changes", "limits"), CASES, ids=[one[0] for one in CASES])
def test_the_guard_of_that_name_acts_when_all_is_used(
    rule: str, changes: dict[str, Any], limits: dict[str, Any]
) -> None:
    found, held = account(**changes), profile(**limits)
    use = used(found, rule, held)
    assert use.used_fraction == pytest.approx(1.0)
    [denial] = evaluate(found, held, GUARDS.only([rule])).denials
    assert denial.mode is not Mode.ACTIVE
    assert (use.value, use.limit) == pytest.approx((denial.value, denial.limit))


def test_a_quiet_account_uses_some_of_its_limits_and_denies_nothing() -> None:
    found = account()
    for use in limit_uses(found, PROFILE):
        fraction = use.used_fraction
        assert fraction is not None, use
        assert 0.0 <= fraction < 1.0, use
    assert evaluate(found, PROFILE).denials == ()


def test_exposure_heat_and_positions_are_shares_of_their_limits() -> None:
    found = account(positions=(position(), position("SOL/USDT:USDT")))
    assert used(found, "open_positions").value == 2
    one, two = used(account(), "exposure"), used(found, "exposure")
    assert two.value == pytest.approx(2 * (one.value or nan))
    assert used(found, "portfolio_heat").value == pytest.approx(
        2 * (used(account(), "portfolio_heat").value or nan)
    )


def test_the_tighter_limit_of_the_day_counts() -> None:
    use = used(account(), "daily_loss", profile(max_daily_loss_usd=7.0))
    assert use.limit == 7.0


@pytest.mark.parametrize("bad", [None, nan, inf])
def test_what_is_not_known_is_not_used_at_nought(bad: float | None) -> None:
    found = account(equity_usd=bad)
    for rule in ("daily_loss", "drawdown", "exposure", "portfolio_heat"):
        assert used(found, rule).used_fraction is None
    unseen = replace(found, positions=None, closed_trades=None, order_times=None, api_health=None)
    assert all(one.used_fraction is None for one in limit_uses(unseen, PROFILE))
    assert recent_api_errors(unseen, PROFILE) is None


def test_a_gain_uses_nothing_of_a_loss_and_a_re_arming_ends_a_streak() -> None:
    rich = account(equity_usd=1100.0, day_start_equity_usd=1000.0)
    assert used(rich, "daily_loss").used_fraction == 0.0
    assert used(account(closed_trades=LOSSES, rearmed_at=NOON), "consecutive_losses").value == 0
    strange = [*LOSSES, closed(nan, closed_at=before(minutes=1))]
    assert used(account(closed_trades=strange), "consecutive_losses").value is None


def test_no_terminal_drawdown_has_no_row() -> None:
    rules = {one.rule for one in limit_uses(account(), profile(terminal_drawdown_fraction=None))}
    assert "terminal_drawdown" not in rules
