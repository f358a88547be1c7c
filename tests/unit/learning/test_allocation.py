"""Shares by scores: what is seen, bounds, costs, drawdown, and nothing of the future."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import PlimsollError
from plimsoll.learning.allocation import (
    ALLOCATION_STATE,
    LONG_DAYS,
    AllocationPlay,
    AllocationTerms,
    allocate,
    equal_score,
    observed_allocation,
    shares_of,
    sleeves_of,
)
from plimsoll.signals.ensemble import capped_shares
from tests.unit.learning.sleeves import EPISODE, follows_the_signal, made_returns, made_sleeves

TERMS = AllocationTerms()


@pytest.mark.parametrize("count", [2, 3, 4, 7])
def test_shares_are_on_the_simplex_and_within_the_ensembles_bounds(count: int) -> None:
    scores = np.random.default_rng(1).normal(0, 30, (200, count))
    shares = shares_of(scores)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (shares >= 0.5 / count - 1e-12).all()
    assert (shares <= 2 / count + 1e-12).all()
    capped = capped_shares(pd.DataFrame(shares)).to_numpy()
    assert np.allclose(capped, shares)
    assert (shares.argmax(axis=1) == scores.argmax(axis=1)).all()


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_score_that_is_no_number_makes_shares_equal(wrong: float) -> None:
    shares = shares_of(np.array([[wrong, 3.0, 1.0], [0.0, 3.0, 1.0]]))
    assert shares[0].tolist() == [1 / 3] * 3
    assert shares[1, 1] > 0.5
    assert np.allclose(shares_of(np.array([[5.0, 5.0, 5.0]])), 1 / 3)


def test_the_state_is_seven_numbers_of_the_sleeve_against_the_rest() -> None:
    returns = made_returns(days=300)
    sleeves, day = sleeves_of(returns, np.arange(300) // EPISODE), 290
    play = AllocationPlay(sleeves, np.array([day]), TERMS)
    [state] = play.states()
    assert state.shape == (3, len(ALLOCATION_STATE)) == (3, 7)
    last = returns[day - 19 : day + 1]
    signal = last.mean(axis=0) * np.sqrt(20) / last.std(axis=0, ddof=1)
    long = returns[day - 59 : day + 1]
    confidence = long.mean(axis=0) * np.sqrt(60) / long.std(axis=0, ddof=1)
    whole = returns.mean(axis=1)
    wild = whole[day - 19 : day + 1].std(ddof=1) / whole[day - 119 : day + 1].std(ddof=1)
    told = dict(zip(ALLOCATION_STATE, state.T, strict=True))
    assert np.allclose(told["market_volatility"], wild)
    assert np.allclose(told["signal"], signal)
    assert np.allclose(told["confidence"], confidence)
    assert np.allclose(told["rest_signal"][0], signal[1:].mean())
    assert np.allclose(told["rest_confidence"][2], confidence[:2].mean())
    assert told["current_position"].tolist() == [0.0] * 3
    play.step(np.array([[3.0, 0.0, 0.0]]))
    told = dict(zip(ALLOCATION_STATE, play.states()[0].T, strict=True))
    assert told["current_position"][0] == pytest.approx(3 * play.shares[0, 0] - 1)
    assert told["unrealized_pnl"] == pytest.approx(np.full(3, play.equity[0] - 1))


def test_a_day_is_paid_and_rewarded_as_stated() -> None:
    returns = made_returns(days=200)
    play = AllocationPlay(sleeves_of(returns, np.zeros(200, int)), np.array([150]), TERMS)
    before = play.shares.copy()
    reward, _ = play.step(np.array([[2.0, 0.0, -1.0]]))
    shares = shares_of(np.array([[2.0, 0.0, -1.0]]))
    profit, moved = float(shares[0] @ returns[151]), float(np.abs(shares - before).sum())
    assert reward.profit[0] == pytest.approx(100 * profit)
    assert reward.costs[0] == pytest.approx(100 * TERMS.cost_fraction * moved)
    assert play.equity[0] == pytest.approx(1 + profit - TERMS.cost_fraction * moved)
    assert reward.total[0] == pytest.approx((reward.profit - reward.costs - reward.drawdown)[0])


def test_the_penalty_of_an_episode_is_lambda_times_its_deepest_drawdown() -> None:
    sleeves, total, equity = made_sleeves(), 0.0, [1.0]
    play = AllocationPlay(sleeves, np.array([2 * EPISODE]), TERMS)
    done = False
    while not done:
        reward, over = play.step(np.array([[1.0, 0.0, 0.0]]))
        total, done = total + float(reward.drawdown[0]), bool(over[0])
        equity.append(float(play.equity[0]))
    curve = np.array(equity)
    deepest = float((1 - curve / np.maximum.accumulate(curve)).max())
    assert deepest > 0.005
    assert total == pytest.approx(100 * TERMS.drawdown_weight * deepest)
    assert play.deepest[0] == pytest.approx(deepest)


def test_no_share_depends_on_a_later_day() -> None:
    returns, day = made_returns(), 400
    other = returns.copy()
    other[day + 1 :] = np.random.default_rng(9).normal(0, 0.03, other[day + 1 :].shape)
    episode = np.arange(len(returns)) // EPISODE
    before, after = (
        allocate(sleeves_of(one, episode), lambda _: follows_the_signal, TERMS).shares
        for one in (returns, other)
    )
    assert np.array_equal(before[: day + 1], after[: day + 1])
    assert not np.allclose(before[day + 1 :], after[day + 1 :])


def test_a_bot_that_knows_less_of_the_past_shares_out_alike() -> None:
    returns, episode = made_returns(), np.arange(700) // EPISODE
    whole = allocate(sleeves_of(returns, episode), lambda _: follows_the_signal, TERMS).shares
    began = 4 * EPISODE - 120
    later = allocate(
        sleeves_of(returns[began:], episode[began:]), lambda _: follows_the_signal, TERMS
    ).shares
    assert np.allclose(whole[4 * EPISODE :], later[120:], atol=1e-12)


def test_training_and_running_share_out_by_the_same_steps() -> None:
    sleeves = made_sleeves()
    done = allocate(sleeves, lambda _: follows_the_signal, TERMS)
    first = int(sleeves.first_days()[3])
    play = AllocationPlay(sleeves, np.array([first]), TERMS)
    for day in range(first, first + 40):
        seen = play.observations()
        scores = follows_the_signal(seen.reshape(-1, 7)).reshape(1, -1).astype(float)
        play.step(scores)
        assert np.allclose(play.shares[0], done.shares[day])


def test_what_is_not_known_is_shared_out_equally() -> None:
    returns = made_returns(days=300)
    returns[150, 1] = np.nan
    sleeves = sleeves_of(returns, np.arange(300) // EPISODE)
    shares = allocate(sleeves, lambda _: follows_the_signal, TERMS).shares
    is_equal = np.isclose(shares, 1 / 3).all(axis=1)
    assert is_equal[: LONG_DAYS - 1].all()
    assert not is_equal[LONG_DAYS : EPISODE - 1].any()
    assert is_equal[150:270].all()  # its usual volatility has the hole for 120 days
    assert not is_equal[270:].any()
    still = np.zeros((200, 3))
    assert np.isnan(sleeves_of(still, np.zeros(200, int)).seen).all()


def test_equal_scores_hold_equal_shares_and_pay_nothing() -> None:
    sleeves = made_sleeves()
    done = allocate(sleeves, lambda _: equal_score, TERMS)
    none = allocate(sleeves, lambda _: None, TERMS)
    assert np.allclose(done.shares, 1 / 3)
    assert np.allclose(done.returns, none.returns)
    assert done.turnover == none.turnover == 0
    first = made_returns()[1:EPISODE].mean(axis=1)
    assert done.returns[0] == pytest.approx(np.prod(1 + first) - 1)


def test_a_score_that_sees_an_edge_earns_more_than_equal_shares() -> None:
    sleeves = made_sleeves(edge=0.003, days=2_000)
    own, usual = (
        allocate(sleeves, lambda _, one=one: one, TERMS) for one in (follows_the_signal, None)
    )
    assert own.returns.mean() > usual.returns.mean() + 0.01
    assert own.turnover > 0


def test_an_observation_is_clipped_and_0_where_it_is_not_known() -> None:
    seen = observed_allocation(np.array([[np.nan, 100.0, -100.0, 0.0, 0.0, 0.5, 0.05]]))
    assert seen.tolist() == [[0.0, 5.0, -5.0, 0.0, 0.0, 1.0, 1.0]]
    assert seen.dtype == np.float32


@pytest.mark.parametrize(
    ("returns", "episode", "said"),
    [
        (np.zeros((50, 1)), np.zeros(50, int), "2 sleeves or more"),
        (np.zeros((50, 3)), np.zeros(40, int), "an episode for each day"),
        (np.zeros((50, 3)), -np.arange(50), "ascending"),
    ],
)
def test_what_is_no_sleeves_is_refused(returns: np.ndarray, episode: np.ndarray, said: str) -> None:
    with pytest.raises(PlimsollError, match=said):
        sleeves_of(returns, episode)


@pytest.mark.parametrize("wrong", [{"cost_fraction": -0.1}, {"drawdown_weight": float("nan")}])
def test_terms_out_of_bounds_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(PlimsollError, match="costs and a weight of drawdown"):
        AllocationTerms(**wrong)
