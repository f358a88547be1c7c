"""The page of what agents learn says what its rows say."""

from typing import Any

import numpy as np

from plimsoll.agents.training import Algorithm
from tests.agent_checks.allocating import ALLOCATOR_TRIALS, made_sleeves
from tests.agent_checks.page import page
from tests.agent_checks.picture import rewards_png
from tests.agent_checks.running import MONTHS, TRIALS, made_market


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
    assert "| PPO | 20 | 1 | 25% | 20 | +1.20% to +1.20% | -10.00% |" in text
    assert "| PPO | 1 | 128 | -0.0100, +0.0500 | +1.2% (+0.4% to +2.0%) |" in text
    assert "22 trainings took 33 minutes of one processor (torch 2.0)." in text
    assert rewards_png(rows).startswith(b"\x89PNG")


def share_row(*, planted: bool, better: bool, seed: int = 1) -> dict[str, Any]:
    one = {"mean": 0.012, "low": 0.004, "high": 0.02}
    return {
        "trial": {"planted": planted, "seed": seed, "steps": 100},
        "steps": 128,
        "rewards": [-0.01, 0.05],
        "learned": {**one, "mean": 0.03},
        "equal": {**one, "mean": 0.018},
        "difference": one,
        "drawdown": 0.021,
        "equal_drawdown": 0.033,
        "turnover": 0.05,
        "episodes": 48,
        "is_better": better,
        "seconds": 30.0,
        "made_with": {"torch": "2.0"},
    }


def test_the_page_counts_allocators() -> None:
    shares = [
        share_row(planted=True, better=True),
        *(share_row(planted=False, better=False, seed=seed) for seed in range(1, 21)),
    ]
    text = page([row(planted=True, better=True)], shares, planned=22)
    assert "Not finished" not in text
    assert "1 of 1 allocators were better with the edge." in text
    assert "| 1 | -0.0100, +0.0500 | +3.00% | +1.80% | +1.20% (+0.40% to +2.00%) |" in text
    assert "On noise 0 of 20 were declared better; with 95 % confidence the rate is below" in text


def test_a_planted_edge_is_where_the_state_shows_it_and_noise_has_none() -> None:
    planted, noise = (made_sleeves(1, planted=one) for one in (True, False))
    is_wild = planted.seen[:, 0, 0] > 1.0
    rows = np.flatnonzero(is_wild[:-1])
    for sleeves, has_edge in ((planted, True), (noise, False)):
        leads = np.nan_to_num(sleeves.seen[:, :, 1]).argmax(axis=1)
        more = sleeves.returns[rows + 1, leads[rows]] - sleeves.returns[rows + 1].mean(axis=1)
        ratio = more.mean() / (more.std() / np.sqrt(len(more)))
        assert (ratio > 3) == has_edge


def test_every_trial_has_a_name_of_its_own_and_noise_at_least_twenty_seeds() -> None:
    names = [trial.name for trial in (*TRIALS, *ALLOCATOR_TRIALS)]
    assert len(names) == len(set(names))
    for algorithm in Algorithm:
        assert sum(one.algorithm is algorithm and not one.planted for one in TRIALS) >= 20
    assert sum(not one.planted for one in ALLOCATOR_TRIALS) >= 20


def test_a_planted_pattern_is_there_and_noise_is_not() -> None:
    def lasting(planted: bool) -> float:
        moves = np.diff(np.log(made_market(1, planted=planted).close))
        days = moves[: len(moves) // 24 * 24].reshape(-1, 24).sum(axis=1)
        return float(np.corrcoef(days[1:], days[:-1])[0, 1])

    assert lasting(planted=True) > 0.2
    assert abs(lasting(planted=False)) < 0.1
    assert len(made_market(1, planted=False).first_rows()) == MONTHS
