"""Carry weights: what they mean."""

import pandas as pd
import pytest

from plimsoll.signals.carry import LARGEST_GROSS, CarryRule, carry_scores
from plimsoll.signals.covariance import shrunk_covariances
from plimsoll.signals.panels import log_returns
from tests.unit.signals.panels import closes, settlements
from tests.unit.signals.targets import DAYS, carry


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
    covariances = shrunk_covariances(log_returns(made), window=60)
    found = covariances.volatility(weights, periods_per_year=365)
    free = gross < LARGEST_GROSS - 1e-9
    assert free.any()
    assert found[free.reindex(found.index, fill_value=False)].to_numpy() == pytest.approx(0.1)


def test_a_pair_whose_score_is_unknown_takes_no_part_and_leaves_the_rest_neutral() -> None:
    made, rates = closes(DAYS), settlements(DAYS)
    rates.iloc[-200:, 1] = float("nan")
    found = carry(made, rates)
    last = found.weights.iloc[-1]
    assert last.isna().tolist() == found.full_sizes.iloc[-1].isna().tolist()
    assert last.isna().tolist() == [False, True, False, False, False]
    assert last.sum() == pytest.approx(0.0, abs=1e-12)


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
    found = carry_scores(same, same.notna(), windows=CarryRule().windows, scale_days=180)
    assert found.isna().all(axis=None)
