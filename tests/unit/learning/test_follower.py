"""A running bot goes on from the candle before, and wants what a backtest wants."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from plimsoll.agents import Agent
from plimsoll.learning import follower as module
from plimsoll.learning.follower import Follower
from plimsoll.learning.following import followed, with_next
from plimsoll.learning.play import Play
from tests.unit.agents.agents import agent
from tests.unit.learning.markets import HOUR
from tests.unit.learning.test_following import candles

ONE = agent()
FRAME = candles(rows=24 * 62)
KEPT = 24 * 31 + 340
"""Candles that a bot has."""


def always(_: pd.Timestamp) -> Agent:
    return ONE


def frame_at(end: int) -> pd.DataFrame:
    return with_next(FRAME.iloc[max(end - KEPT, 0) : end].reset_index(drop=True), HOUR)


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry a step that is played for the month that goes on."""
    taken: list[int] = []

    class Counted(Play):
        def step(self, *arguments: object, **others: object) -> object:  # type: ignore[override]
            taken.append(1)
            return super().step(*arguments, **others)  # type: ignore[arg-type]

    monkeypatch.setattr(module, "Play", Counted)
    return taken


def test_candle_by_candle_it_wants_what_a_backtest_wants(steps: list[int]) -> None:
    follow: Callable[..., pd.DataFrame] = Follower()
    whole = followed(with_next(FRAME, HOUR), always, HOUR)
    ends = [*range(24 * 46, 24 * 46 + 4), 24 * 46 + 9, 24 * 51 - 1, 24 * 51, 24 * 51 + 1, 24 * 52]
    for end in ends:
        found = follow(frame_at(end), always, HOUR).iloc[-2]
        for name in ("agent_units", "agent_action", "agent_most_units"):
            assert found[name] == whole[name][end - 1], (end, name)
    # Each candle is lived through once, and once more when it was the newest: January has 22 days.
    assert len(steps) <= ends[-1] - 24 * 22 + 2 * len(ends)


def test_a_frame_is_answered_whole() -> None:
    follow = Follower()
    for end in (24 * 45, 24 * 45 + 1):
        frame = frame_at(end)
        pd.testing.assert_frame_equal(follow(frame, always, HOUR), followed(frame, always, HOUR))


def test_only_new_candles_are_played(steps: list[int]) -> None:
    follow = Follower()
    follow(frame_at(24 * 46), always, HOUR)
    steps.clear()
    follow(frame_at(24 * 46 + 1), always, HOUR)
    assert len(steps) == 2


@pytest.mark.parametrize("change", ["candle", "agent", "nothing"])
def test_what_has_changed_is_played_again(steps: list[int], change: str) -> None:
    follow = Follower()
    frame = frame_at(24 * 46)
    follow(frame, always, HOUR)
    steps.clear()
    asked = always
    if change == "candle":
        frame.loc[len(frame) - 50, "low"] *= 0.9
    if change == "agent":
        other = agent(seed=2)
        asked = lambda _: other  # noqa: E731
    found = follow(frame, asked, HOUR)
    pd.testing.assert_frame_equal(found, followed(frame, asked, HOUR))
    assert (len(steps) > 100) == (change != "nothing")


def test_without_an_agent_or_a_whole_month_nothing_is_wanted() -> None:
    follow = Follower()
    found = follow(frame_at(24 * 46), lambda _: None, HOUR)
    assert (found["agent_units"] == 0).all()
    january = follow(with_next(FRAME.iloc[: 24 * 20], HOUR), always, HOUR)
    assert (january["agent_action"] == -1).all()
    late = with_next(FRAME.iloc[24 * 22 - 10 : 24 * 30].reset_index(drop=True), HOUR)
    assert (follow(late, always, HOUR)["agent_action"] == -1).all()
    assert np.array_equal(follow(late.iloc[:0], always, HOUR).to_numpy(), np.empty((0, 4)))
