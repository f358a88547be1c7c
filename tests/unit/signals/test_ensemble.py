"""The ensemble: shares, what each component adds, and that no row looks ahead."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.signals.components import (
    at_day_end,
    crossing_rule,
    following_rule,
    held_sides,
    on_candles,
)
from plimsoll.signals.ensemble import (
    ALLOCATORS,
    capped_shares,
    component_returns,
    ensemble_targets,
    words,
)
from plimsoll.signals.panels import Targets
from tests.conftest import random_candles
from tests.unit.signals.panels import START

PAIRS = ["BTC", "ETH", "SOL"]
GRID = pd.date_range(START, periods=6 * 200, freq="4h")


def of(index: pd.DatetimeIndex, seed: int, *, size: float) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(0, size, (len(index), len(PAIRS)))
    return pd.DataFrame(values, index, PAIRS)


def components() -> dict[str, pd.DataFrame]:
    return {
        "trend": of(GRID, 1, size=0.05).rolling(60, min_periods=1).mean(),
        "carry": of(GRID, 2, size=0.05).rolling(60, min_periods=1).mean(),
    }


def market() -> pd.DataFrame:
    return 100 * np.exp(of(GRID, 3, size=0.01).cumsum())


def rates() -> pd.DataFrame:
    return of(pd.date_range(START, periods=600, freq="8h"), 4, size=1e-4)


def whole(until: pd.Timestamp | None = None, *, weighting: str = "equal") -> Targets:
    cut = slice(None, None if until is None else until - pd.Timedelta(hours=4))
    days = pd.date_range(START, periods=200, freq="D")
    full = pd.DataFrame(0.1, days, PAIRS).loc[: cut.stop]
    return ensemble_targets(
        {name: frame.loc[cut] for name, frame in components().items()},
        market().loc[cut],
        rates()[lambda frame: frame.index < (until or frame.index[-1])],
        full,
        allocator=ALLOCATORS[weighting],
        target_volatility=0.09,
    )


@pytest.mark.parametrize("weighting", list(ALLOCATORS))
def test_rows_before_a_cut_stay_as_they_were(weighting: str) -> None:
    expected = whole(weighting=weighting).weights
    for day in (70, 111, 150):
        until = START + pd.Timedelta(days=day)
        found = whole(until, weighting=weighting).weights
        pd.testing.assert_frame_equal(expected.iloc[:day], found, rtol=1e-12, check_freq=False)


@pytest.mark.parametrize("weighting", list(ALLOCATORS))
def test_shares_are_equal_until_sixty_days_are_known(weighting: str) -> None:
    returns = pd.DataFrame(np.random.default_rng(5).normal(0, 0.01, (120, 4)))
    found = capped_shares(ALLOCATORS[weighting](returns))
    assert (found.iloc[:59] == 0.25).all(axis=None)
    assert found.sum(axis=1).to_numpy() == pytest.approx(1.0)
    assert (found.iloc[-1] != 0.25).any() == (weighting != "equal")


def test_what_earned_most_gets_more_but_no_more_than_the_cap() -> None:
    means = [0.01, 0.0, 0.0, -0.01]
    made = np.random.default_rng(6).normal(means, 0.01, (200, 4))
    returns = pd.DataFrame(made, columns=list("abcd"))
    last = capped_shares(ALLOCATORS["recent_sharpe"](returns)).iloc[-1]
    assert last["a"] > last["b"] > last["d"]
    assert last.between(0.5 / 4 * 0.9, 2 / 4 * 1.1).all()


def test_a_calm_component_gets_more_by_inverse_volatility() -> None:
    returns = pd.DataFrame(np.random.default_rng(7).normal(0, [0.01, 0.02], (100, 2)))
    last = capped_shares(ALLOCATORS["inverse_volatility"](returns)).iloc[-1]
    assert last[0] == pytest.approx(2 / 3, abs=0.08)


@pytest.mark.parametrize("wild", [np.nan, np.inf, -np.inf])
def test_a_learned_allocator_that_fails_gives_equal_shares(wild: float) -> None:
    shares = pd.DataFrame([[wild, 0.5], [0.9, 0.1]])
    assert capped_shares(shares).iloc[0].tolist() == [0.5, 0.5]


def test_a_component_earns_its_weights_before_less_costs_and_funding() -> None:
    index = pd.date_range(START, periods=3, freq="8h")
    closes = pd.DataFrame({"BTC": [100.0, 110.0, 99.0]}, index)
    weights = {"one": pd.DataFrame({"BTC": [0.5, 0.2, 0.2]}, index)}
    paid = pd.DataFrame({"BTC": [0.01, 0.01, 0.0]}, index)
    # 0.5 * (10 % - 1 %) - 0.3 * 7 bps, then 0.2 * -10 %
    found = component_returns(weights, closes, paid)
    assert found["one"].tolist() == pytest.approx([0.045 - 0.3 * 7e-4 - 0.02])


def test_the_tag_tells_each_part_and_the_parts_are_the_weight() -> None:
    found = whole()
    assert found.reasons is not None
    day = found.weights.index[-1]
    tag = found.reasons(day, "ETH")
    assert tag.startswith("ens ")
    parts = [float(word.lstrip("abcdefghijklmnopqrstuvwxyz")) for word in tag.split()[1:]]
    assert sum(parts) == pytest.approx(found.weights.loc[day, "ETH"], abs=0.0011)
    assert abs(parts[0]) >= abs(parts[1])
    parts_of_spec = {"carry": -0.006, "trend": 0.021, "cross": 0.018, "follow": 0.01}
    assert words(parts_of_spec) == "ens trend+0.021 cross+0.018 follow+0.010 carry-0.006"


def test_no_opinion_where_the_size_is_unknown() -> None:
    found = ensemble_targets(
        components(),
        market(),
        rates(),
        pd.DataFrame(np.nan, pd.date_range(START, periods=200, freq="D"), PAIRS),
        allocator=ALLOCATORS["equal"],
        target_volatility=0.09,
    )
    assert found.weights.isna().all(axis=None)


# Components on one grid


def test_a_day_counts_from_the_candle_that_closes_with_it() -> None:
    days = pd.DataFrame({"BTC": [1.0, 2.0]}, pd.date_range(START, periods=2, freq="D"))
    found = on_candles(days, GRID[:12])["BTC"]
    assert found.iloc[:5].isna().all()
    assert found.iloc[5:].tolist() == [1.0] * 6 + [2.0]
    pd.testing.assert_frame_equal(at_day_end(found.to_frame()), days, check_freq=False)


@pytest.mark.parametrize("rule", [crossing_rule, following_rule])
def test_a_rule_holds_a_side_exactly_from_entry_to_exit(rule) -> None:
    candles = random_candles(1500, timeframe="4h").set_index("date")
    index = pd.DatetimeIndex(candles.index)
    held = held_sides({"BTC": candles}, index, rule)["BTC"]
    assert set(held.unique()) == {-1.0, 0.0, 1.0}
    for side in Side:
        entry, leave = rule(candles, side)
        assert (held[entry] == side.sign).all()
        assert not (held[leave] == side.sign).any()


def test_a_bot_just_started_holds_what_one_of_long_standing_does() -> None:
    candles = random_candles(2000, timeframe="4h").set_index("date")
    index = pd.DatetimeIndex(candles.index)
    for rule in (crossing_rule, following_rule):
        long = held_sides({"BTC": candles}, index, rule)["BTC"]
        short = held_sides({"BTC": candles.iloc[-499:]}, index[-499:], rule)["BTC"]
        assert (long.iloc[-100:] == short.iloc[-100:]).mean() > 0.95
