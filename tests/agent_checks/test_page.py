"""The page of what agents learn says what its rows say."""

from typing import Any

import numpy as np

from tests.agent_checks.page import page
from tests.agent_checks.picture import rewards_png
from tests.agent_checks.running import MONTHS, made_market


def row(*, planted: bool, better: bool, seed: int = 1) -> dict[str, Any]:
    one = {"mean": 0.012, "low": 0.004, "high": 0.02}
    return {
        "trial": {"algorithm": "ppo", "planted": planted, "seed": seed, "steps": 100},
        "steps": 128,
        "rewards": [-0.01, 0.05],
        "agent": one,
        "gross": one,
        "random": {"mean": -0.1, "low": -0.11, "high": -0.09},
        "held": 0.0,
        "trades": 5.5,
        "is_better": better,
        "cumulative": [0.0, 1.0, 3.0],
        "seconds": 90.0,
        "made_with": {"torch": "2.0"},
    }


def test_the_page_counts() -> None:
    rows = [
        row(planted=True, better=True),
        row(planted=True, better=False, seed=2),
        *(row(planted=False, better=seed == 1, seed=seed) for seed in range(1, 21)),
    ]
    text = page(rows, planned=22)
    assert "Not finished" not in text
    assert "22 of 29 trainings have run" in page(rows, planned=29)
    assert "Found by 1 of 2 agents." in text
    assert (
        "1 of 20 agents (PPO) were declared better; with 95 % confidence the rate is below 25%"
        in text
    )
    assert "| PPO | 1 | 128 | -0.0100, +0.0500 | +1.2% (+0.4% to +2.0%) |" in text
    assert "22 trainings took 33 minutes of one processor (torch 2.0)." in text
    assert rewards_png(rows).startswith(b"\x89PNG")


def test_a_planted_pattern_is_there_and_noise_is_not() -> None:
    def lasting(planted: bool) -> float:
        moves = np.diff(np.log(made_market(1, planted=planted).close))
        days = moves[: len(moves) // 24 * 24].reshape(-1, 24).sum(axis=1)
        return float(np.corrcoef(days[1:], days[:-1])[0, 1])

    assert lasting(planted=True) > 0.2
    assert abs(lasting(planted=False)) < 0.1
    assert len(made_market(1, planted=False).first_rows()) == MONTHS
