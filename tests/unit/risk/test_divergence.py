"""Live results against what a backtest promised."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.divergence import divergence
from tests.unit.risk.accounts import PROFILE, account, before, closed, expectation, profile

PLAIN = profile(divergence_z=0)


def trades(wins: int, win: float, losses: int, loss: float, **changes):
    return [
        *(closed(0, profit_fraction=win, **changes) for _ in range(wins)),
        *(closed(0, profit_fraction=loss, **changes) for _ in range(losses)),
    ]


def judge(latest, limits=PLAIN, **changes):
    made = {"expectation": expectation(), "closed_trades": latest}
    return divergence(account(**{**made, **changes}), limits)


def test_results_as_promised_trade_on() -> None:
    assert judge(trades(18, 0.03, 12, -0.02)).mode is Mode.ACTIVE


def test_results_better_than_promised_trade_on() -> None:
    assert judge(trades(30, 0.05, 0, 0)).mode is Mode.ACTIVE


def test_a_mean_exactly_20_percent_below_is_allowed() -> None:
    assert judge(
        trades(30, 0.0075, 0, 0), profile(divergence_z=0, max_divergence_fraction=0.25)
    ).mode is (Mode.ACTIVE)


def test_a_gap_exactly_at_the_limit_and_one_exactly_at_chance_are_allowed() -> None:
    always = expectation(win_rate_fraction=1.0)
    half = profile(divergence_z=0, max_divergence_fraction=0.5)
    assert judge(trades(15, 0.05, 15, 0.0), half, expectation=always).mode is Mode.ACTIVE
    assert judge(trades(14, 0.05, 16, 0.0), half, expectation=always).mode is Mode.HALTED
    # 25 trades of a spread of 0.625: one standard error is exactly 0.125.
    wide = {"mean_profit_fraction": 0.25, "profit_std_fraction": 0.625, "win_rate_fraction": 0.1}
    one = profile(divergence_z=1, divergence_trades=25)
    assert judge(trades(25, 0.125, 0, 0), one, expectation=expectation(**wide)).mode is Mode.ACTIVE
    assert judge(trades(25, 0.124, 0, 0), one, expectation=expectation(**wide)).mode is Mode.HALTED


def test_a_mean_further_below_goes_back_to_paper() -> None:
    verdict = judge(trades(30, 0.0074, 0, 0), profile(divergence_z=0, max_divergence_fraction=0.25))
    assert verdict.mode is Mode.HALTED
    assert verdict.value == pytest.approx(0.26)
    assert verdict.limit == 0.25
    for word in ("mean profit 0.740%", "30 trades", "26.0%", "backtest.json", "25.0%", "paper"):
        assert word in verdict.reason


def test_a_win_rate_too_low_goes_back_to_paper_even_with_its_profit() -> None:
    verdict = judge(trades(14, 0.05, 16, -0.01))
    assert verdict.mode is Mode.HALTED
    assert "win rate 46.667% of 30 trades is 22.2% below the 60.000%" in verdict.reason


def test_a_trade_without_profit_is_no_win() -> None:
    assert judge(trades(14, 0.05, 16, 0.0)).mode is Mode.HALTED


def test_a_gap_within_chance_is_no_divergence() -> None:
    # 30 trades of a spread of 2 %: 1.645 standard errors are 0.60 %.
    assert judge(trades(30, 0.0041, 0, 0), PROFILE).mode is Mode.ACTIVE
    assert judge(trades(30, 0.0038, 0, 0), PROFILE).mode is Mode.HALTED


def test_a_win_rate_within_chance_is_no_divergence() -> None:
    # 60 % of 30 trades: 1.645 standard errors are 14.7 %.
    assert judge(trades(14, 0.05, 16, -0.01), PROFILE).mode is Mode.ACTIVE
    assert judge(trades(13, 0.05, 17, -0.01), PROFILE).mode is Mode.HALTED


def test_twenty_nine_trades_prove_nothing() -> None:
    assert judge(trades(0, 0, 29, -0.5)).mode is Mode.ACTIVE
    assert judge(trades(0, 0, 30, -0.5)).mode is Mode.HALTED


def test_only_the_latest_trades_are_compared() -> None:
    assert judge([*trades(0, 0, 50, -0.5), *trades(30, 0.01, 0, 0)]).mode is Mode.ACTIVE


def test_trades_up_to_the_rearming_do_not_count() -> None:
    bad = trades(0, 0, 30, -0.5)
    assert judge(bad, rearmed_at=before(days=2)).mode is Mode.ACTIVE
    assert judge(bad, rearmed_at=before(days=2, seconds=1)).mode is Mode.HALTED


def test_without_an_expectation_nothing_is_compared() -> None:
    assert judge(trades(0, 0, 30, -0.5), expectation=None).mode is Mode.ACTIVE
    assert judge(None, expectation=None).mode is Mode.ACTIVE


def test_a_required_expectation_that_is_missing_denies() -> None:
    verdict = judge([], profile(require_expectation=True), expectation=None)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 0.2
    assert "no expectation" in verdict.reason


def test_trades_that_cannot_be_seen_deny() -> None:
    assert judge(None).mode is Mode.REDUCING


@pytest.mark.parametrize(
    "broken",
    [
        {"mean_profit_fraction": 0.0},
        {"mean_profit_fraction": -0.01},
        {"mean_profit_fraction": float("nan")},
        {"profit_std_fraction": 0.0},
        {"win_rate_fraction": 0.0},
        {"win_rate_fraction": 1.01},
    ],
)
def test_an_expectation_without_a_profit_denies(broken: dict) -> None:
    verdict = judge(trades(30, 1, 0, 0), expectation=expectation(**broken))
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 0.2


def test_an_expectation_that_always_wins_is_compared() -> None:
    always = expectation(win_rate_fraction=1.0)
    assert judge(trades(23, 0.05, 7, -0.01), expectation=always).mode is Mode.HALTED
    assert judge(trades(24, 0.05, 6, -0.01), expectation=always).mode is Mode.ACTIVE


def test_a_profit_that_is_not_finite_denies() -> None:
    verdict = judge(trades(29, 1, 1, float("nan")))
    assert (verdict.mode, verdict.limit) == (Mode.REDUCING, 0.2)
