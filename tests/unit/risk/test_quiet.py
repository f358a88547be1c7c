"""When an account is surely calm; `tests/property/test_quiet.py` holds it to the guards."""

from math import inf, nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plimsoll.risk.quiet import MARGIN, calm_marks, liquidation_is_far, loss_floor_usd
from tests.unit.risk.accounts import profile

LIMITS = profile(max_daily_loss_fraction=0.03, drawdown_halt_fraction=0.12)


def test_the_nearer_of_daily_loss_and_drawdown_is_the_floor() -> None:
    assert loss_floor_usd(1000.0, 1000.0, LIMITS) == pytest.approx(970 + 1000 * MARGIN)
    assert loss_floor_usd(1000.0, 1200.0, LIMITS) == pytest.approx(1056 + 1200 * MARGIN)


def test_a_limit_in_usd_is_nearer_when_it_is_smaller() -> None:
    few = profile(max_daily_loss_fraction=0.03, max_daily_loss_usd=10.0)
    assert loss_floor_usd(1000.0, 1000.0, few) == pytest.approx(990 + 1000 * MARGIN)


@pytest.mark.parametrize("level", [None, nan, inf, 0.0, -1.0])
def test_a_level_that_is_unknown_is_never_calm(level: float | None) -> None:
    assert loss_floor_usd(level, 1000.0, LIMITS) == inf
    assert loss_floor_usd(1000.0, level, LIMITS) == inf


def far(mark: float, liquidation: float | None, *, sign: int = 1, leverage: float = 3.0) -> bool:
    limits = profile(min_liquidation_distance_fraction=0.1)
    return liquidation_is_far(mark, liquidation, sign=sign, leverage=leverage, profile=limits)


@pytest.mark.parametrize(("sign", "far_price", "near_price"), [(1, 89.9, 90.0), (-1, 110.1, 110.0)])
def test_a_liquidation_is_far_beyond_the_limit_and_not_at_it(
    sign: int, far_price: float, near_price: float
) -> None:
    assert far(100.0, far_price, sign=sign)
    assert not far(100.0, near_price, sign=sign)


def test_without_a_liquidation_price_only_a_position_that_cannot_be_liquidated_is_calm() -> None:
    assert far(100.0, None, leverage=1.0)
    assert not far(100.0, None, leverage=1.1)


@pytest.mark.parametrize(
    ("mark", "liquidation"), [(0.0, 50.0), (nan, 50.0), (100.0, nan), (100.0, inf), (100.0, -inf)]
)
def test_a_price_that_is_no_price_is_not_calm(mark: float, liquidation: float) -> None:
    assert not far(mark, liquidation)


positives = st.floats(0.01, 1e5)


@given(
    mark=positives,
    liquidation=st.one_of(st.none(), positives),
    sign=st.sampled_from([1, -1]),
    leverage=st.sampled_from([1.0, 3.0]),
    amount=positives,
    fall=st.floats(0.0, 1e6),
    rise=st.floats(0.0, 1e6),
    where=st.floats(0.0, 1.0),
)
def test_between_calm_marks_nothing_is_near(
    mark: float,
    liquidation: float | None,
    sign: int,
    leverage: float,
    amount: float,
    fall: float,
    rise: float,
    where: float,
) -> None:
    limits = profile(min_liquidation_distance_fraction=0.1)
    calm = calm_marks(
        mark,
        liquidation,
        sign=sign,
        leverage=leverage,
        usd_a_point=amount,
        fall_usd=fall,
        rise_usd=rise,
        profile=limits,
    )
    if calm is None:
        return
    lowest, highest = calm
    later = lowest + where * (highest - lowest)
    if not lowest < later < highest:
        return
    assert liquidation_is_far(later, liquidation, sign=sign, leverage=leverage, profile=limits)
    assert -fall < (later - mark) * sign * amount < rise


@pytest.mark.parametrize("unknown", [nan, inf, 0.0, -1.0])
def test_without_room_on_both_sides_no_mark_is_calm(unknown: float) -> None:
    known = {"sign": 1, "leverage": 1.0, "usd_a_point": 1.0, "profile": LIMITS}
    assert calm_marks(100.0, None, fall_usd=10.0, rise_usd=10.0, **known) is not None
    assert calm_marks(100.0, None, fall_usd=unknown, rise_usd=10.0, **known) is None
    assert calm_marks(100.0, None, fall_usd=10.0, rise_usd=unknown, **known) is None
