"""Trend and carry weights: what they mean, and that no row looks ahead."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from plimsoll.signals.carry import LARGEST_GROSS, WINDOWS, carry_scores, carry_targets
from plimsoll.signals.panels import Targets, log_returns, portfolio_volatility
from plimsoll.signals.trend_following import HORIZONS, trend_scores, trend_targets
from tests.unit.signals.panels import closes, settlements

DAYS = 420
Panel = tuple[pd.DataFrame, pd.DataFrame]
Made = Callable[[pd.DataFrame, pd.DataFrame], Targets]


def trend(made: pd.DataFrame, rates: pd.DataFrame, **changed: float) -> Targets:
    options = {"short_strength": 0.5, "target_volatility": 0.1, "volatility_days": 30} | changed
    return trend_targets(made, horizons=HORIZONS, **options)  # type: ignore[arg-type]


def carry(made: pd.DataFrame, rates: pd.DataFrame) -> Targets:
    return carry_targets(
        made, rates, windows=WINDOWS, scale_days=180, volatility_days=30, target_volatility=0.1
    )


both = pytest.mark.parametrize("of", [trend, carry])


@both
def test_rows_before_a_cut_stay_as_they_were(of: Made) -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    whole = of(made, rates)
    for cut in range(150, DAYS, 37):
        until = made.index[cut] + pd.Timedelta(days=1)
        early = of(made[made.index < until], rates[rates.index < until])
        for name in ("weights", "full_sizes"):
            expected, found = getattr(whole, name).iloc[: cut + 1], getattr(early, name)
            pd.testing.assert_frame_equal(expected, found, check_exact=True, check_freq=False)


@both
def test_rows_do_not_feel_another_future(of: Made) -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    later = made.index[300]
    other_closes, other_rates = made.copy(), rates.copy()
    other_closes[other_closes.index > later] *= 3
    other_rates[other_rates.index >= later + pd.Timedelta(days=1)] += 0.01
    before, after = of(made, rates).weights, of(other_closes, other_rates).weights
    assert before.iloc[:301].equals(after.iloc[:301])
    assert not before.iloc[301:].equals(after.iloc[301:])


@both
def test_a_pair_without_a_close_today_has_no_opinion(of: Made) -> None:
    made = closes(DAYS)
    made.iloc[-1, 2] = np.nan
    last = of(made, settlements(DAYS)).weights.iloc[-1]
    assert last.isna().tolist() == [False, False, True, False, False]


def test_a_steady_rise_is_a_full_long_and_a_fall_half_a_short() -> None:
    made = closes(200, pairs=["UP", "DOWN"])
    steps = np.linspace(0, 2, 200)
    noise = np.where(np.arange(200) % 2, 0.0005, -0.0005)
    made["UP"], made["DOWN"] = np.exp(steps + noise), np.exp(-steps - noise)
    found = trend(made, settlements(1))
    share = (found.weights / found.full_sizes).iloc[-1]
    scale = share["UP"]
    assert 0 < scale <= 1
    assert share["DOWN"] == pytest.approx(-0.5 * scale, rel=0.01)


def test_scores_are_bounded_and_symmetric() -> None:
    made = closes(DAYS)
    found = trend_scores(made, horizons=HORIZONS, volatility_days=30)
    mirrored = trend_scores(1 / made, horizons=HORIZONS, volatility_days=30)
    assert found.abs().max(axis=None) <= 1
    # The t-statistics mirror exactly, the channels of prices and of their inverses nearly.
    known = found.iloc[HORIZONS[-1] :].to_numpy().ravel()
    against = -mirrored.iloc[HORIZONS[-1] :].to_numpy().ravel()
    assert np.corrcoef(known, against)[0, 1] > 0.99


def test_trend_weights_stay_below_their_volatility_cap() -> None:
    made = closes(DAYS)
    weights = trend(made, settlements(1), target_volatility=0.1).weights
    found = portfolio_volatility(weights, log_returns(made), window=60, periods_per_year=365)
    assert found.max() <= 0.12 + 1e-9


def test_carry_is_short_what_pays_most_whatever_the_sign() -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    for shift in (0.0, 0.01, -0.01):
        moved = rates + shift
        scores = carry(made, moved).weights.iloc[-1]
        mean = moved.iloc[-90:].mean()
        assert scores[mean.idxmax()] < 0 < scores[mean.idxmin()]


def test_carry_does_not_depend_on_the_level_of_funding() -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    pd.testing.assert_frame_equal(
        carry(made, rates).weights, carry(made, rates + 0.005).weights, rtol=1e-6
    )


def test_carry_sums_to_zero_within_its_gross_and_hits_its_volatility() -> None:
    made = closes(DAYS)
    weights = carry(made, settlements(DAYS)).weights.iloc[200:]
    assert weights.sum(axis=1).abs().max() < 1e-12
    gross = weights.abs().sum(axis=1)
    assert gross.max() <= LARGEST_GROSS + 1e-12
    found = portfolio_volatility(weights, log_returns(made), window=60, periods_per_year=365)
    free = gross < LARGEST_GROSS - 1e-9
    assert free.any()
    assert found[free.reindex(found.index, fill_value=False)].to_numpy() == pytest.approx(0.1)


def test_carry_of_three_pairs_has_no_opinion() -> None:
    three = ["BTC", "ETH", "SOL"]
    found = carry(closes(DAYS, pairs=three), settlements(DAYS, pairs=three))
    assert found.weights.isna().all(axis=None)


def test_carry_without_funding_has_no_opinion() -> None:
    nothing = settlements(DAYS).iloc[:0]
    assert carry(closes(DAYS), nothing).weights.isna().all(axis=None)


def test_equal_funding_everywhere_gives_no_score() -> None:
    days = closes(DAYS).index
    same = pd.DataFrame(1e-4, days, closes(1).columns)
    found = carry_scores(same, same.notna(), windows=WINDOWS, scale_days=180)
    assert found.isna().all(axis=None)
