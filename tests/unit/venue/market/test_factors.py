import numpy as np
import pytest

from plimsoll.venue.clock import parse_utc_ms
from plimsoll.venue.market.factors import (
    HOURS,
    LIFE_START_MS,
    Factors,
    autoregress,
    day_index,
    hour_index,
    stream,
    student,
)
from plimsoll.venue.market.symbols import LISTED


def test_autoregression_is_the_recursion_to_rounding() -> None:
    shocks = np.random.default_rng(1).standard_normal(200)
    state, expected = 0.0, []
    for shock in shocks:
        state = 0.9 * state + shock
        expected.append(state)
    assert autoregress(shocks, 0.9).tolist() == pytest.approx(expected, abs=1e-9)
    assert autoregress(shocks, 0.0).tolist() == shocks.tolist()


def test_a_stream_belongs_to_seed_purpose_contract_and_block() -> None:
    draw = stream(7, "minutes", "BTCUSDT", 3).random()
    assert draw == stream(7, "minutes", "BTCUSDT", 3).random()
    others = [(8, "minutes", "BTCUSDT", 3), (7, "book", "BTCUSDT", 3), (7, "minutes", "ETHUSDT", 3)]
    assert draw not in [
        stream(*other).random() for other in [*others, (7, "minutes", "BTCUSDT", 4)]
    ]


def test_student_draws_have_unit_variance_and_fat_tails() -> None:
    draws = student(stream(7, "test"), 200_000)
    assert draws.std() == pytest.approx(1.0, abs=0.02)
    assert (np.abs(draws) > 4).mean() > 10 * 6.3e-5  # a normal draw's share


def test_a_skeleton_covers_the_whole_life_and_is_made_once() -> None:
    factors = Factors(7)
    skeleton = factors.skeleton(LISTED["BTCUSDT"])
    assert len(skeleton.log_price) == HOURS + 1
    assert len(skeleton.deviation) == len(skeleton.volume_usd) == HOURS
    assert factors.skeleton(LISTED["BTCUSDT"]) is skeleton
    assert (skeleton.deviation > 0).all()
    assert (skeleton.volume_usd > 0).all()
    assert (np.abs(skeleton.market_loading) <= 1).all()


def test_days_and_hours_count_from_the_beginning_of_the_market() -> None:
    assert (day_index(LIFE_START_MS), hour_index(LIFE_START_MS)) == (0, 0)
    instant = parse_utc_ms("2019-09-02T01:59:59.999Z")
    assert (day_index(instant), hour_index(instant)) == (1, 25)
