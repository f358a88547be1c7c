"""What is earned on prices that nobody can foretell is luck, of a known size."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.checks.fair_game import FairGame, fair_game_finding, played
from plimsoll.checks.leaks import Fill

PAIR = "BTC/USDT:USDT"
DATES = pd.date_range("2024-01-01", periods=401, freq="h", tz="UTC")


def prices(seed: int) -> "pd.Series[float]":
    steps = np.random.default_rng(seed).normal(0, 0.01, len(DATES))
    return pd.Series(100 * np.exp(np.cumsum(steps)), index=DATES)


def traded(closes: "pd.Series[float]", wanted: np.ndarray) -> list[Fill]:
    """Hold a coin where it is wanted, from the close of that row: the next row's opening."""
    made, held = [], 0.0
    for row in range(len(wanted) - 1):
        change = float(wanted[row]) - held
        if change:
            side = "buy" if change > 0 else "sell"
            price = float(closes.iloc[row])
            made.append(Fill(DATES[row + 1], PAIR, side, abs(change), price, ""))
        held = float(wanted[row])
    return made


def errors(seed: int, wanted: np.ndarray) -> float:
    closes = prices(seed)
    return played(traded(closes, wanted), {PAIR: closes}, 0.0).errors


def test_earned_is_what_the_positions_made() -> None:
    closes = pd.Series([100.0, 110.0, 121.0, 121.0], index=DATES[:4])
    fills = [
        Fill(DATES[1], PAIR, "buy", 2.0, 100.0, ""),
        Fill(DATES[3], PAIR, "sell", 2.0, 121, ""),
    ]
    game = played(fills, {PAIR: closes}, 0.001)
    assert game.earned_usd == pytest.approx(2 * 21 - 0.2 - 0.242)
    assert game.error_usd == pytest.approx(2 * np.hypot(10, 11))


def test_luck_has_the_size_that_is_said() -> None:
    rules = [np.random.default_rng(seed + 1_000).integers(-1, 2, 401) for seed in range(200)]
    known = [errors(seed, wanted) for seed, wanted in enumerate(rules)]
    assert np.std(known) == pytest.approx(1.0, abs=0.1)
    assert np.mean(known) == pytest.approx(0.0, abs=0.15)


def test_rule_that_rests_on_the_past_earns_luck_alone() -> None:
    known = [
        errors(seed, np.sign(prices(seed).diff(10).fillna(0).to_numpy())) for seed in range(200)
    ]
    assert max(known) < 4
    assert np.std(known) == pytest.approx(1.0, abs=0.15)


def test_rule_that_knows_the_next_close_is_found() -> None:
    closes = prices(1)
    wanted = np.sign(closes.shift(-1).sub(closes).fillna(0).to_numpy())
    game = played(traded(closes, wanted), {PAIR: closes}, 0.0005)
    finding = fair_game_finding("strategy Tried", game)
    assert finding is not None
    assert finding.contract == "a fair game pays nothing"
    assert "standard errors above nothing" in finding.text


@pytest.mark.parametrize(
    "game",
    [FairGame(400, 100, 30), FairGame(-900, 100, 30), FairGame(900, 100, 19), FairGame(0, 0, 0)],
)
def test_luck_losses_and_few_fills_are_no_finding(game: FairGame) -> None:
    assert fair_game_finding("strategy Tried", game) is None
