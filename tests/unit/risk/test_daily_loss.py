"""The daily loss guard."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from plimsoll.core import AccountSnapshot, Mode
from plimsoll.risk import RiskProfile, evaluate
from plimsoll.risk.daily_loss import daily_loss
from plimsoll.risk.trading_day import day_end, day_start

NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
PROFILE = RiskProfile(max_daily_loss_fraction=0.03)


def account(
    start: float | None, now: float | None, *, sees_open: bool = True, at: datetime = NOON
) -> AccountSnapshot:
    return AccountSnapshot(at, start, now, sees_open)


def test_daily_loss_below_limit_is_active() -> None:
    assert daily_loss(account(1000, 970.01), PROFILE).mode is Mode.ACTIVE


def test_daily_loss_exactly_at_limit_flattens() -> None:
    assert daily_loss(account(1000, 970.0), PROFILE).mode is Mode.FLATTEN


def test_caller_without_open_positions_only_denies_new_risk() -> None:
    assert daily_loss(account(1000, 900, sees_open=False), PROFILE).mode is Mode.REDUCING


def test_the_tighter_of_fraction_and_usd_holds() -> None:
    tight = RiskProfile(max_daily_loss_fraction=0.03, max_daily_loss_usd=10)
    assert daily_loss(account(1000, 990), tight).mode is Mode.FLATTEN
    loose = RiskProfile(max_daily_loss_fraction=0.03, max_daily_loss_usd=100)
    assert daily_loss(account(1000, 970), loose).mode is Mode.FLATTEN


def test_reason_holds_value_and_limit_and_kind() -> None:
    reason = daily_loss(account(1000, 950), PROFILE).reason
    assert "50.00 USD" in reason
    assert "30.00 USD" in reason
    assert "realised and open" in reason


def test_denial_ends_when_the_trading_day_ends() -> None:
    assert daily_loss(account(1000, 1), PROFILE).until == datetime(2024, 8, 6, tzinfo=UTC)
    evening = RiskProfile(day_starts_at_hour_utc=17)
    assert daily_loss(account(1000, 1), evening).until == datetime(2024, 8, 5, 17, tzinfo=UTC)


@pytest.mark.parametrize("bad", [None, float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("which", ["start", "now"])
def test_a_number_that_is_missing_is_never_active(bad: float | None, which: str) -> None:
    start, now = (bad, 1000.0) if which == "start" else (1000.0, bad)
    assert daily_loss(account(start, now), PROFILE).mode is not Mode.ACTIVE


def test_an_account_that_began_the_day_with_nothing_is_denied() -> None:
    assert daily_loss(account(0, 0), PROFILE).mode is not Mode.ACTIVE


MONEY = st.floats(1, 1e7)


@given(start=MONEY, now=MONEY, less=st.floats(0, 1e6))
def test_a_worse_account_never_loosens_the_verdict(start: float, now: float, less: float) -> None:
    better = daily_loss(account(start, now), PROFILE).mode
    assert daily_loss(account(start, now - less), PROFILE).mode >= better


@given(start=MONEY, now=MONEY, a=st.floats(0.001, 0.1), b=st.floats(0.001, 0.1))
def test_a_stricter_profile_never_loosens_the_verdict(
    start: float, now: float, a: float, b: float
) -> None:
    strict, loose = (RiskProfile(max_daily_loss_fraction=limit) for limit in sorted((a, b)))
    state = account(start, now)
    assert daily_loss(state, strict).mode >= daily_loss(state, loose).mode


@given(
    hours=st.integers(0, 24 * 400),
    minutes=st.integers(0, 59),
    boundary=st.integers(0, 23),
)
def test_every_moment_lies_in_exactly_one_day(hours: int, minutes: int, boundary: int) -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=hours, minutes=minutes)
    begin, end = (f(moment, starts_at_hour_utc=boundary) for f in (day_start, day_end))
    assert begin <= moment < end
    assert end - begin == timedelta(days=1)
    assert begin.hour == boundary


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware UTC"):
        day_start(datetime(2024, 1, 1), starts_at_hour_utc=0)  # noqa: DTZ001


def test_a_guard_that_raises_denies_and_says_so() -> None:
    def broken(_account: AccountSnapshot, _profile: RiskProfile) -> None:
        raise ZeroDivisionError("boom")

    verdict = evaluate(account(1000, 1000), PROFILE, [broken, daily_loss])  # type: ignore[list-item]
    assert verdict.mode is Mode.REDUCING
    assert "boom" in verdict.reason
    assert verdict.rule == "broken"


def test_no_guards_is_an_error() -> None:
    with pytest.raises(ValueError, match="at least one guard"):
        evaluate(account(1000, 1000), PROFILE, [])


def test_every_violation_of_a_profile_is_reported_at_once() -> None:
    with pytest.raises(ValidationError) as caught:
        RiskProfile.model_validate(
            {"max_daily_loss_fraction": 0.5, "max_daily_loss_usd": -1, "typo": 1}
        )
    assert len(caught.value.errors()) == 3


def test_a_profile_takes_no_infinity() -> None:
    with pytest.raises(ValidationError):
        RiskProfile(max_daily_loss_usd=float("inf"))
