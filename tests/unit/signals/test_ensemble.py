"""The ensemble: shares, what each component adds, and that no row looks ahead."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.performance.held import promised
from plimsoll.signals.components import (
    Sleeve,
    at_day_end,
    daily_sleeve,
    ends_day,
    on_candles,
    sleeves,
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
from tests.unit.signals.panels import START, closes, settlements

PAIRS = ["BTC", "ETH", "SOL"]
DAYS = 250
GRID = pd.date_range(START, periods=6 * DAYS, freq="4h")


def of(index: pd.DatetimeIndex, seed: int, *, size: float) -> pd.DataFrame:
    values = np.random.default_rng(seed).normal(0, size, (len(index), len(PAIRS)))
    return pd.DataFrame(values, index, PAIRS)


def components() -> dict[str, Sleeve]:
    """One that decides each day, and one that holds BTC now and then."""
    daily = of(GRID, 1, size=0.05).rolling(60, min_periods=1).mean()
    held = pd.Series(np.arange(len(GRID)) % 40 < 20, GRID)
    event = pd.DataFrame({"BTC": held * 0.1, "ETH": 0.0, "SOL": 0.0})
    changed = pd.DataFrame({"BTC": held.ne(held.shift(1)), "ETH": False, "SOL": False})
    return {"trend": daily_sleeve(daily), "cross": Sleeve(event, changed)}


def market() -> pd.DataFrame:
    return 100 * np.exp(of(GRID, 3, size=0.01).cumsum())


def rates() -> pd.DataFrame:
    return of(pd.date_range(START, periods=3 * DAYS, freq="8h"), 4, size=1e-4)


def whole(
    until: pd.Timestamp | None = None, *, weighting: str = "equal", size: float = 0.1
) -> Targets:
    cut = slice(None, None if until is None else until - pd.Timedelta(hours=4))
    prices = market().loc[cut]
    days = at_day_end(prices)
    return ensemble_targets(
        {
            name: Sleeve(sleeve.weights.loc[cut], sleeve.changed.loc[cut])
            for name, sleeve in components().items()
        },
        prices,
        days,
        rates()[lambda frame: frame.index < (until or frame.index[-1])],
        pd.DataFrame(size, days.index, PAIRS),
        allocator=ALLOCATORS[weighting],
        target_volatility=0.09,
    )


@pytest.mark.parametrize("weighting", list(ALLOCATORS))
def test_rows_before_a_cut_stay_as_they_were(weighting: str) -> None:
    expected = whole(weighting=weighting).weights
    assert expected.iloc[-1].notna().all()
    for day in (160, 201, 240):
        until = START + pd.Timedelta(days=day)
        found = whole(until, weighting=weighting).weights
        pd.testing.assert_frame_equal(expected.iloc[: 6 * day], found, rtol=1e-12, check_freq=False)


def test_a_row_between_midnights_changes_only_what_a_sleeve_traded() -> None:
    found = whole().weights.iloc[6 * 160 :]
    moved = found.ne(found.shift(1)).iloc[1:]
    at_end = ends_day(GRID).reindex(moved.index)
    traded = components()["cross"].changed["BTC"].reindex(moved.index)
    assert not moved.loc[~at_end, ["ETH", "SOL"]].any(axis=None)
    assert (moved.loc[~at_end, "BTC"] == traded[~at_end]).all()
    assert traded[~at_end].sum() > 20
    assert moved[at_end].all(axis=None)


def test_the_whole_has_its_target_volatility_in_the_long_run() -> None:
    found = at_day_end(whole().weights)
    days = at_day_end(market())
    book = promised(found.iloc[160:], days.iloc[160:])
    assert book.annual_volatility_fraction == pytest.approx(0.09, rel=0.25)


def test_there_is_no_opinion_before_every_sleeve_has_one_for_sixty_days() -> None:
    made = components()
    late = made["trend"].weights.copy()
    late.iloc[: 6 * 100 - 1] = np.nan
    prices, days = market(), at_day_end(market())
    found = ensemble_targets(
        {**made, "trend": daily_sleeve(late)},
        prices,
        days,
        rates(),
        pd.DataFrame(0.1, days.index, PAIRS),
        allocator=ALLOCATORS["equal"],
        target_volatility=0.09,
    ).weights
    assert found.notna().any(axis=1).idxmax() == ends_day(GRID).index[6 * 159 - 1]


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
    row = found.weights.index[-8]
    tag = found.reasons(row, "BTC")
    assert tag.startswith("ens ")
    parts = [float(word.lstrip("abcdefghijklmnopqrstuvwxyz")) for word in tag.split()[1:]]
    assert sum(parts) == pytest.approx(found.weights.loc[row, "BTC"], abs=0.0011)
    assert abs(parts[0]) >= abs(parts[1])
    parts_of_spec = {"carry": -0.006, "trend": 0.021, "cross": 0.018, "follow": 0.01}
    assert words(parts_of_spec) == "ens trend+0.021 cross+0.018 follow+0.010 carry-0.006"


def test_no_opinion_where_the_size_is_unknown() -> None:
    assert whole(size=np.nan).weights.isna().all(axis=None)


# Components on one grid


def test_a_day_counts_from_the_candle_that_closes_with_it() -> None:
    days = pd.DataFrame({"BTC": [1.0, 2.0]}, pd.date_range(START, periods=2, freq="D"))
    found = on_candles(days, GRID[:12])["BTC"]
    assert found.iloc[:5].isna().all()
    assert found.iloc[5:].tolist() == [1.0] * 6 + [2.0]
    pd.testing.assert_frame_equal(at_day_end(found.to_frame()), days, check_freq=False)


def test_the_sleeves_are_the_four_strategies_each_on_its_own() -> None:
    names = ["BTC", "ETH", "SOL", "XRP", "ADA"]
    frames = {
        pair: random_candles(6 * 300, timeframe="4h", seed=seed).set_index("date")
        for seed, pair in enumerate(names)
    }
    opens = pd.DatetimeIndex(frames["BTC"].index)
    made = closes(300).set_axis(opens[::6].floor("D"))
    paid = settlements(300)
    paid.index = paid.index + (opens[0].floor("D") - START)
    found = sleeves(made, frames, opens, paid)
    assert list(found) == ["trend", "carry", "cross", "follow"]
    for name in ("trend", "carry"):
        weights = found[name].weights
        assert not found[name].changed.any(axis=None)
        assert weights.diff().iloc[:, 0].where(~ends_day(opens)).abs().max() == 0
    for name in ("cross", "follow"):
        sides = np.sign(found[name].weights).fillna(0.0)
        turns = sides.ne(sides.shift(1)) & found[name].weights.notna().shift(1, fill_value=False)
        assert (found[name].changed.iloc[1:] == turns.iloc[1:]).to_numpy().mean() > 0.999
        assert turns.sum().sum() > 20
        assert found[name].weights.iloc[:300].isna().all(axis=None)
    assert found["carry"].weights.sum(axis=1).abs().max() < 1e-12
