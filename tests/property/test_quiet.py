"""A calm account never hides a verdict that closes something: `risk.quiet` against the guards."""

from dataclasses import replace
from math import inf, nan, nextafter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from plimsoll.core import AccountSnapshot, Mode, Side
from plimsoll.risk import RiskProfile
from plimsoll.risk.guards.daily_loss import daily_loss
from plimsoll.risk.guards.drawdown import drawdown
from plimsoll.risk.guards.liquidation_distance import liquidation_distance
from plimsoll.risk.quiet import MARGIN, liquidation_is_far, loss_floor_usd
from tests.unit.risk.accounts import ETH, account, position

numbers = st.one_of(
    st.floats(1e-6, 1e9), st.sampled_from([0.0, -1.0, nan, inf, -inf]), st.just(1000.0)
)
levels = st.one_of(st.none(), numbers)


@st.composite
def profiles(draw: st.DrawFn) -> RiskProfile:
    reduce_at = draw(st.floats(0.001, 0.14))
    return RiskProfile(
        max_daily_loss_fraction=draw(st.floats(1e-4, 0.10)),
        max_daily_loss_usd=draw(st.one_of(st.none(), st.floats(0.01, 1e6))),
        drawdown_reduce_fraction=reduce_at,
        drawdown_halt_fraction=draw(st.floats(reduce_at, 0.15, exclude_min=True)),
        min_liquidation_distance_fraction=draw(st.floats(0.05, 0.95)),
    )


@st.composite
def losses(draw: st.DrawFn) -> tuple[AccountSnapshot, RiskProfile]:
    """An account near, at, above or far from its limits."""
    profile = draw(profiles())
    start, high = draw(levels), draw(levels)
    equity = draw(numbers)
    if draw(st.booleans()):
        floor = loss_floor_usd(start, high, profile)
        equity = draw(st.sampled_from([floor, nextafter(floor, inf), nextafter(floor, -inf)]))
    seen = account(
        equity_usd=equity, day_start_equity_usd=start, high_water_equity_usd=high, positions=()
    )
    return seen, profile


def closes(seen: AccountSnapshot, profile: RiskProfile) -> bool:
    """Whether a loss guard closes positions, whatever it is about to debounce."""
    return max(daily_loss(seen, profile).mode, drawdown(seen, profile).mode) >= Mode.FLATTEN


@settings(max_examples=1500, deadline=None)
@given(losses())
def test_above_the_floor_no_loss_guard_closes_anything(
    case: tuple[AccountSnapshot, RiskProfile],
) -> None:
    seen, profile = case
    floor = loss_floor_usd(seen.day_start_equity_usd, seen.high_water_equity_usd, profile)
    assert seen.equity_usd is not None
    if seen.equity_usd > floor:
        assert not closes(seen, profile)


@settings(max_examples=500, deadline=None)
@given(profile=profiles(), high=st.floats(1.0, 1e8), share=st.floats(0.5, 1.0))
def test_the_floor_is_no_farther_from_the_limit_than_its_margin(
    profile: RiskProfile, high: float, share: float
) -> None:
    """A floor that were too high would only cost time; it must still let most candles pass."""
    start = high * share
    floor = loss_floor_usd(start, high, profile)
    below = floor - 3 * high * MARGIN
    assert closes(
        account(
            equity_usd=below, day_start_equity_usd=start, high_water_equity_usd=high, positions=()
        ),
        profile,
    )


def test_the_floor_of_a_known_account() -> None:
    # 3 % of 1,000 a day, 12 % from 1,050: 970 lies above 924.
    profile = RiskProfile()
    assert loss_floor_usd(1000.0, 1050.0, profile) == pytest.approx(970 + 1050 * MARGIN)
    # 12 % from 1,200 is 1,056, which lies above 970.
    assert loss_floor_usd(1000.0, 1200.0, profile) == pytest.approx(1056 + 1200 * MARGIN)
    tight = RiskProfile(max_daily_loss_usd=10.0)
    assert loss_floor_usd(1000.0, 1050.0, tight) == pytest.approx(990 + 1050 * MARGIN)
    wide = RiskProfile(max_daily_loss_usd=500.0)
    assert loss_floor_usd(1000.0, 1050.0, wide) == pytest.approx(970 + 1050 * MARGIN)


@pytest.mark.parametrize("unknown", [None, nan, inf, -inf, 0.0, -5.0])
def test_no_equity_is_calm_while_a_level_is_unknown(unknown: float | None) -> None:
    assert loss_floor_usd(unknown, 1000.0, RiskProfile()) == inf
    assert loss_floor_usd(1000.0, unknown, RiskProfile()) == inf


def at_liquidation(
    mark: float, liquidation: float | None, *, side: Side, leverage: float
) -> AccountSnapshot:
    held = replace(
        position(), side=side, mark_price=mark, liquidation_price=liquidation, leverage=leverage
    )
    return account(positions=(held,))


@settings(max_examples=1500, deadline=None)
@given(
    profile=profiles(),
    mark=numbers,
    liquidation=st.one_of(st.none(), numbers),
    side=st.sampled_from(Side),
    leverage=st.sampled_from([1.0, 1.5, 3.0, 20.0]),
    near=st.one_of(st.none(), st.floats(-2 * MARGIN, 2 * MARGIN)),
)
@example(RiskProfile(), 100.0, None, Side.LONG, 1.0, None)
@example(RiskProfile(), 100.0, None, Side.LONG, 3.0, None)
def test_a_far_liquidation_closes_nothing(
    profile: RiskProfile,
    mark: float,
    liquidation: float | None,
    side: Side,
    leverage: float,
    near: float | None,
) -> None:
    if near is not None:  # at the limit, but for rounding
        limit = profile.min_liquidation_distance_fraction * (1 + near)
        liquidation = mark * (1 - limit * side.sign)
    far = liquidation_is_far(mark, liquidation, sign=side.sign, leverage=leverage, profile=profile)
    if far:
        seen = at_liquidation(mark, liquidation, side=side, leverage=leverage)
        assert liquidation_distance(ETH, seen, profile).mode is Mode.ACTIVE


@pytest.mark.parametrize(("side", "liquidation"), [(Side.LONG, 80.0), (Side.SHORT, 120.0)])
def test_a_position_twenty_per_cent_away_is_far(side: Side, liquidation: float) -> None:
    profile = RiskProfile()
    assert liquidation_is_far(100.0, liquidation, sign=side.sign, leverage=3.0, profile=profile)
    wrong_side = 200 - liquidation
    assert not liquidation_is_far(100.0, wrong_side, sign=side.sign, leverage=3.0, profile=profile)


@pytest.mark.parametrize("mark", [nan, inf, 0.0, -100.0])
def test_a_mark_that_is_no_price_is_never_far(mark: float) -> None:
    assert not liquidation_is_far(mark, 50.0, sign=1, leverage=3.0, profile=RiskProfile())


@pytest.mark.parametrize("liquidation", [nan, inf, -inf])
def test_a_liquidation_price_that_is_no_number_is_never_far(liquidation: float) -> None:
    for sign in (1, -1):
        assert not liquidation_is_far(
            100.0, liquidation, sign=sign, leverage=3.0, profile=RiskProfile()
        )


def test_only_an_unleveraged_position_has_no_liquidation() -> None:
    far = [
        liquidation_is_far(100.0, None, sign=1, leverage=leverage, profile=RiskProfile())
        for leverage in (1.0, 1.1)
    ]
    assert far == [True, False]


def test_exactly_at_the_limit_is_not_surely_far() -> None:
    profile = RiskProfile(min_liquidation_distance_fraction=0.25)
    assert not liquidation_is_far(100.0, 75.0, sign=1, leverage=3.0, profile=profile)
    assert liquidation_is_far(100.0, 74.9, sign=1, leverage=3.0, profile=profile)
