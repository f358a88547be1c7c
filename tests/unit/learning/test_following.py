"""What agents want on each candle: as in training, and nothing of it from later candles."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from plimsoll.agents import Agent
from plimsoll.agents.environment import TradingEnvironment
from plimsoll.learning import Action, Inputs, market_of, with_signals
from plimsoll.learning.following import NOBODY, followed, with_next
from tests.unit.agents.agents import agent
from tests.unit.learning.markets import HOUR, wild_candles

ALONE = Inputs(funding=False)


def candles(rows: int = 24 * 60, begin: str = "2024-01-10") -> pd.DataFrame:
    frame = wild_candles(11, rows=rows, begin=begin)
    prices = ["open", "high", "low", "close"]
    return frame[["date", *prices, "volume", "funding_paid"]]


def always(one: Agent) -> Callable[[pd.Timestamp], Agent]:
    return lambda _: one


def wanted(frame: pd.DataFrame, one: Agent | None = None) -> pd.DataFrame:
    found = followed(with_next(frame, HOUR), always(one or agent()), HOUR)
    return found.iloc[: len(frame)]


def test_it_wants_what_the_agent_does_in_its_environment() -> None:
    pytest.importorskip("gymnasium")
    frame, one = candles(), agent()
    found = wanted(frame)
    first = int(np.flatnonzero(frame["date"] == pd.Timestamp("2024-02-01", tz="UTC"))[0])
    environment = TradingEnvironment(market_of(with_signals(frame, ALONE), HOUR), one.terms)
    seen, info = environment.reset(options={"row": first})
    done, row, acted = False, first, set()
    while not done:
        masks = environment.action_masks()
        [action] = one.policy.choose(seen[None], masks[None])
        assert found["agent_action"][row] == action
        assert info["state"]["position"] * one.terms.most_units == (
            found["agent_units"][row - 1] if row > first else 0
        )
        seen, _, done, _, info = environment.step(action)
        acted.add(Action(action))
        row += 1
    assert row == first + 29 * 24 - 1
    assert acted == set(Action)


@pytest.mark.parametrize("cut", [24 * 30, 24 * 40 + 7, 24 * 51 - 2])
def test_what_is_wanted_now_is_what_is_found_later(cut: int) -> None:
    frame = candles()
    now, later = wanted(frame.iloc[:cut]), wanted(frame)
    pd.testing.assert_frame_equal(now, later.iloc[:cut])
    assert now["agent_action"].iloc[-1] != NOBODY


def test_a_bot_that_began_later_wants_the_same() -> None:
    frame = candles()
    whole = wanted(frame)
    month = int(np.flatnonzero(frame["date"] == pd.Timestamp("2024-02-01", tz="UTC"))[0])
    begin = month - ALONE.lookback_candles
    shorter = wanted(frame.iloc[begin:].reset_index(drop=True))
    pd.testing.assert_frame_equal(shorter, whole.iloc[begin:].reset_index(drop=True))


def test_a_month_is_played_whole_or_not_at_all() -> None:
    frame = candles()
    january = frame["date"] < pd.Timestamp("2024-02-01", tz="UTC")
    found = wanted(frame)
    assert (found["agent_action"][january] == NOBODY).all()
    assert (found["agent_units"][january] == 0).all()
    month = int(january.sum())
    begin = month - ALONE.lookback_candles + 1  # the first state would not be known
    late = wanted(frame.iloc[begin:].reset_index(drop=True))
    february = slice(0, month + 29 * 24 - begin)
    assert (late["agent_action"].iloc[february] == NOBODY).all()


def test_each_month_has_its_agent() -> None:
    frame = candles(rows=24 * 100)
    short = agent(terms=agent().terms.__class__(can_short=False, most_units=1))

    def shelf(moment: pd.Timestamp) -> Agent | None:
        return {2: agent(), 3: short}.get(moment.month)

    found = followed(with_next(frame, HOUR), shelf, HOUR).iloc[: len(frame)]
    months = frame["date"].dt.month
    assert (found["agent_action"][months == 4] == NOBODY).all()
    assert found["agent_units"][months == 2].min() < 0
    assert found["agent_units"][months == 3].min() == 0
    assert (found["agent_most_units"][months == 3].iloc[:-1] == 1).all()


def test_without_candles_nothing_is_wanted() -> None:
    assert followed(candles().iloc[:0], always(agent()), HOUR).empty
    assert with_next(candles().iloc[:0], HOUR).empty
