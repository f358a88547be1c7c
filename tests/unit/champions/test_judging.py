from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from plimsoll.champions.events import (
    RULE,
    Drifted,
    Promoted,
    Refused,
    Reviewed,
    RolledBack,
    TradeClosed,
    TrainingBegan,
    TrainingFailed,
)
from plimsoll.champions.judging import Judgement, compare, decide, retraining_due
from plimsoll.champions.seat import EMPTY, Seat
from plimsoll.champions.transition import apply
from tests.unit.champions.seats import HOUR, NOON, POLICY, SECONDS, seated, track

DAY = timedelta(days=1)
DRAWN = np.random.default_rng(7).normal(0, 0.004, 60)
NOISE = DRAWN - DRAWN.mean()
EDGE = np.abs(NOISE) * 0.3


def judged(own: np.ndarray, other: np.ndarray, *, missing: int = 0, **asked: float) -> Judgement:
    rules = {"level": 0.05, "better_fraction": 0.05, "max_missing_fraction": 0.05, **asked}
    return compare(track(own, other, missing=missing), candle_seconds=SECONDS, least=60, **rules)


def test_an_edge_on_the_same_candles_is_better() -> None:
    found = judged(NOISE, NOISE + EDGE)
    assert found.is_better
    assert found.low is not None
    assert found.low > 0
    assert found.p_value is not None
    assert found.p_value < 0.05


def test_the_same_forecasts_are_not_better() -> None:
    assert not judged(NOISE + EDGE, NOISE + EDGE).is_better


def test_five_per_cent_are_needed_however_sure_the_difference_is() -> None:
    own = NOISE + EDGE
    slightly = own + 1e-5 * np.sign(own.mean())
    close = judged(own, slightly)
    assert close.low is not None
    assert close.low > 0
    assert not close.is_better
    assert "are needed (5% beyond the champion's" in close.reason
    assert judged(own, slightly, better_fraction=0.0).is_better


def test_less_bad_is_not_better() -> None:
    found = judged(NOISE - EDGE * 4, NOISE - EDGE * 2)
    assert not found.is_better
    assert "not above 0" in found.reason


def test_a_champion_that_never_moved_is_compared_with_nothing() -> None:
    still = np.zeros(60)
    found = judged(still, NOISE + 3 * EDGE)
    assert found.is_better
    assert found.own_sharpe == 0.0


@pytest.mark.parametrize(
    ("own", "other", "missing", "reason"),
    [
        (NOISE[:59], NOISE[:59] + EDGE[:59], 0, "59 outcomes, 60 are needed"),
        (NOISE, NOISE + EDGE, 4, "of its outcomes are missing"),
        (np.where(np.arange(60) == 5, np.nan, NOISE), NOISE + EDGE, 0, "no number"),
        (NOISE, np.where(np.arange(60) == 5, np.inf, NOISE), 0, "no number"),
        (NOISE, np.zeros(60), 0, "not above 0"),
        (np.zeros(60), np.zeros(60), 0, "not to be compared"),
    ],
)
def test_what_is_missing_or_no_number_is_no_reason_to_change(
    own: np.ndarray, other: np.ndarray, missing: int, reason: str
) -> None:
    found = judged(own, other, missing=missing)
    assert not found.is_better
    assert reason in found.reason


def test_noise_is_promoted_no_more_often_than_the_level() -> None:
    # 100 trials of models without skill: about 5 % may pass; 12 are 3.2 errors beyond.
    passed = 0
    for seed in range(100):
        draw = np.random.default_rng(seed)
        market = draw.normal(0, 0.005, 60)
        own, other = (market * draw.choice([-1, 0, 1], 60) for _ in range(2))
        passed += judged(own, other).is_better
    assert passed <= 12


def on_trial(other: np.ndarray) -> Seat:
    return replace(seated("v1", "v2"), trial=track(NOISE, other), latest_at=NOON)


def after_promotion(other: np.ndarray) -> Seat:
    seat = apply(seated("v1", "v2"), Promoted(NOON, "v2", RULE, "better"))
    return replace(seat, tenure=track(NOISE, other))


def test_a_better_challenger_is_promoted_and_a_worse_one_refused() -> None:
    for other, kind in ((NOISE + EDGE, Promoted), (NOISE - EDGE, Refused)):
        decision = decide(on_trial(other), NOON, POLICY, candle_seconds=SECONDS)
        assert isinstance(decision, kind)
        assert decision.version == "v2"
        assert decision.evidence["outcomes"] == 60
        assert apply(on_trial(other), decision).challenger is None


def test_a_champion_behind_its_predecessor_is_rolled_back() -> None:
    decision = decide(after_promotion(NOISE + EDGE), NOON, POLICY, candle_seconds=SECONDS)
    assert isinstance(decision, RolledBack)
    assert decision.version == "v1"
    worse = after_promotion(NOISE - EDGE)
    bad = replace(worse, tenure=track(NOISE - 2 * EDGE, NOISE - EDGE))
    assert isinstance(decide(bad, NOON, POLICY, candle_seconds=SECONDS), RolledBack)
    # A predecessor that held nothing is better than one that surely loses.
    loses = replace(worse, tenure=track(NOISE - 2 * EDGE, np.zeros(60)))
    assert isinstance(decide(loses, NOON, POLICY, candle_seconds=SECONDS), RolledBack)
    kept = decide(after_promotion(NOISE - EDGE), NOON, POLICY, candle_seconds=SECONDS)
    assert isinstance(kept, Reviewed)
    assert apply(worse, kept).tenure.candles == 0


def test_a_trial_is_judged_once_and_not_before_its_end() -> None:
    early = replace(on_trial(NOISE), trial=track(NOISE[:59], NOISE[:59] + 1))
    assert decide(early, NOON, POLICY, candle_seconds=SECONDS) is None
    assert decide(EMPTY, NOON, POLICY, candle_seconds=SECONDS) is None
    assert decide(seated("v1"), NOON, POLICY, candle_seconds=SECONDS) is None


def test_a_clock_that_went_back_decides_nothing() -> None:
    seat = on_trial(NOISE + EDGE)
    assert decide(seat, NOON - DAY, POLICY, candle_seconds=SECONDS) is None
    assert decide(seat, NOON, POLICY, candle_seconds=SECONDS) is not None


def test_a_model_is_trained_after_hours_trades_or_drift() -> None:
    seat = seated("v1")
    assert retraining_due(seat, NOON + DAY - HOUR, POLICY) is None
    assert retraining_due(seat, NOON + DAY, POLICY) == "24 h since the last training"
    busy = replace(seat, trades_since_training=99)
    assert retraining_due(busy, NOON, POLICY) is None
    busy = apply(busy, TradeClosed(NOON, NOON, "champion", 0.0))
    assert retraining_due(busy, NOON, POLICY) == "100 trades since the last training"
    drifted = apply(seat, Drifted(NOON, "rsi"))
    assert retraining_due(drifted, NOON + HOUR / 2, POLICY) is None
    assert retraining_due(drifted, NOON + HOUR, POLICY) == "drift of rsi"
    assert retraining_due(EMPTY, NOON, POLICY) == "there is no model"


def test_no_training_is_due_while_one_runs_or_soon_after_it_failed() -> None:
    running = apply(seated("v1"), TrainingBegan(NOON, "24 h"))
    assert retraining_due(running, NOON + 9 * DAY, POLICY) is None
    failed = apply(running, TrainingFailed(NOON + DAY, "one class only"))
    assert retraining_due(failed, NOON + DAY + HOUR / 2, POLICY) is None
    assert retraining_due(failed, NOON + DAY + HOUR, POLICY) is not None
    assert retraining_due(EMPTY, NOON, POLICY) is not None


def test_a_clock_that_went_back_makes_no_training_due() -> None:
    assert retraining_due(seated("v1"), NOON - 2 * DAY, POLICY) is None
