"""A strategy that does what a trained agent decides.

This module defines the class and nothing else: hyperopt pickles a strategy's base modules by
value, so an enum or dataclass defined beside it would be another object in each worker.
"""

import logging
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from freqtrade.enums import CandleType
from freqtrade.persistence import Trade

from plimsoll.agents import Agent, AgentError, Shelf, agent_files
from plimsoll.agents.shelf import read_shelf
from plimsoll.bridge.account.freqtrade_trades import side_of
from plimsoll.bridge.strategies.panel import FUNDING_TIMEFRAME, RUNNING, funding_rates
from plimsoll.bridge.strategies.volatility_sized import SizedStrategy
from plimsoll.core import PlimsollError, Side
from plimsoll.core.health import ModelHealth
from plimsoll.features.merging import join_funding
from plimsoll.learning import Action, Inputs, rise_probability
from plimsoll.learning.follower import Follower
from plimsoll.learning.following import NOBODY, followed, nothing_wanted, with_next
from plimsoll.signals.model import call_results, recent_calls

MONTH = pd.Timedelta(days=31)


class AgentStrategy(SizedStrategy):
    """Enters, scales and leaves as an agent's own account does, pair by pair.

    The agent trades each pair in an account of its own, as it did when it learned: the account is
    worked out from the candles of the calendar month, by the same function, and never stored. What
    the strategy trades follows it, at the volatility sizing of every strategy of single trades: a
    position of all units has the size that the pair may have. Where a guard, a stop or a late start
    keeps the strategy out, the agent's account goes on, and the strategy waits for its next entry.

    The agents are files in ``user_data/agents/<strategy>``. For each month the newest is asked that
    had learned by then and is not older than ``expires_days``. Without one nothing is entered, and
    what is held is left. It finds in its candles:

    - ``agent_units``: units wanted after the candle, signed; 0 without an agent;
    - ``agent_action``: what was decided at its close; −1 without an agent;
    - ``agent_right`` and ``agent_calls``: for the guard `model_accuracy`.
    """

    panel_funding = True
    use_custom_roi = False
    expires_days: ClassVar[int] = 120
    judged_after_candles: ClassVar[int] = 4
    """Whether a position was on the right side is asked so many candles later."""

    def __init__(self, config: dict[str, Any]) -> None:
        super().__init__(config)
        longest = Inputs(forecast=True, interest=True).lookback_candles
        month = ceil(MONTH / self.candle_span())
        self.startup_candle_count = max(self.startup_candle_count, month + longest + 2)
        self._shelf: tuple[Any, Shelf[Agent]] | None = None
        self._said: set[str] = set()
        self._followers: dict[str, Follower] = {}
        self._runs = config.get("runmode") in RUNNING
        # Freqtrade's cache of backtests knows the config and not the agents.
        config["plimsoll_agents"] = [str(one) for one in self._files()]

    # What an author may replace

    def forecast(self, candles: pd.DataFrame, pair: str) -> pd.Series | None:
        """Return a model's probability that the price rises, 0 to 1; ``None`` without one.

        Where the strategy is a `ModelStrategy` too and FreqAI is configured, that of its model;
        0.5 where its forecast is not to be trusted. An agent that learned with a forecast enters
        nothing where there is none.
        """
        if not getattr(self, "has_model", False):
            return None
        return rise_probability(candles["model_lean"])

    # What Freqtrade calls

    def informative_pairs(self) -> list[tuple[str, str, str]]:
        """Fetch what the agents' states are made of."""
        wanted = super().informative_pairs()
        if any(agent.inputs.interest for agent in self.shelf().agents):
            wanted += self.other_pairs("1h", str(CandleType.OPEN_INTEREST))
        return wanted

    def populate_indicators(self, dataframe: pd.DataFrame, metadata: dict) -> pd.DataFrame:
        """Add what the agent wants."""
        candles = super().populate_indicators(dataframe, metadata)
        return self._with_agent(candles, metadata["pair"])

    def entry_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where the agent enters a side."""
        return candles["agent_action"] == (Action.LONG if side is Side.LONG else Action.SHORT)

    def exit_signal(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        """Return where the agent holds nothing of a side, or where there is no agent."""
        return np.sign(candles["agent_units"]) != side.sign

    def desired_stake(self, pair: str, side: Side, proposed_stake: float, now: datetime) -> float:
        """Return a unit: the pair's size over the most units; 0 without an agent."""
        candle = self.last_candle(pair, now)
        if candle is None or candle["agent_action"] == NOBODY:
            return 0.0
        whole = super().desired_stake(pair, side, proposed_stake, now)
        return whole / float(candle["agent_most_units"] * candle["agent_leverage"])

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        """Return the leverage that the agent learned with."""
        candle = self.last_candle(pair, now)
        if candle is None or candle["agent_action"] == NOBODY:
            return 1.0
        return float(candle["agent_leverage"])

    def adjust_position(
        self, trade: Trade, now: datetime, price: float, profit_fraction: float
    ) -> float | None:
        """Return the stake by which a trade becomes as many units as the agent's account has."""
        candle = self.last_candle(trade.pair, now)
        if candle is None or trade.has_open_orders:
            return None
        wanted = int(candle["agent_units"]) * side_of(trade).sign
        held = trade.nr_of_successful_entries - trade.nr_of_successful_exits
        if wanted < 1 or held < 1 or wanted == held:
            return None
        return float(trade.stake_amount) * (wanted - held) / held

    def on_loop(self, now: datetime) -> None:
        """Tell the guards how often the agents were on the right side of late, over all pairs."""
        if self._session is None or self._session.supervisor is None:
            return
        right = calls = 0.0
        for pair in self.dp.current_whitelist():
            candle = self.last_candle(pair, now)
            if candle is not None and "agent_calls" in candle:
                right, calls = right + candle["agent_right"], calls + candle["agent_calls"]
        health = ModelHealth(
            name=type(self).__name__,
            accuracy_fraction=right / calls if calls else None,
            predictions=int(calls),
        )
        self._session.set_models((health,))

    # The agents

    def agent_folder(self) -> Path:
        """Return where the agents lie."""
        return Path(self.config["user_data_dir"]) / "agents" / type(self).__name__

    def shelf(self) -> Shelf[Agent]:
        """Return the agents; read anew when their folder has changed.

        None of a folder is asked while one of its files must not be.
        """
        seen = self._files()
        if self._shelf is None or self._shelf[0] != seen:
            self._shelf = seen, self._read(self.agent_folder())
        return self._shelf[1]

    def _files(self) -> list[tuple[str, int, int]]:
        """Return name, time and size of each agent's file."""
        found = [(file.name, file.stat()) for file in agent_files(self.agent_folder())]
        return [(name, known.st_mtime_ns, known.st_size) for name, known in found]

    def _read(self, folder: Path) -> Shelf[Agent]:
        expires = pd.Timedelta(days=self.expires_days)
        nobody: Shelf[Agent] = Shelf([], expires)
        try:
            shelf = read_shelf(folder, expires_after=expires)
        except AgentError as error:
            self._say(f"{error}; nothing is entered")
            return nobody
        others = sorted({one.timeframe for one in shelf.agents} - {self.timeframe})
        if others:
            self._say(
                f"expected agents for {self.timeframe} in {folder}, found one for {others[0]}; "
                "nothing is entered"
            )
            return nobody
        if not shelf.agents:
            self._say(f"expected an agent in {folder}, found none; nothing is entered")
        return shelf

    def _say(self, text: str) -> None:
        """Log a line once."""
        if text not in self._said:
            self._said.add(text)
            logging.getLogger(__name__).warning("plimsoll: %s: %s", type(self).__name__, text)

    # How

    def _with_agent(self, candles: pd.DataFrame, pair: str) -> pd.DataFrame:
        shelf = self.shelf()
        try:
            market = self._with_data(candles, pair, shelf.agents)
            follow = self._followers.setdefault(pair, Follower()) if self._runs else followed
            found = follow(with_next(market, self.candle_span()), shelf.at, self.candle_span())
            found = found.iloc[: len(candles)].set_axis(candles.index)
        except PlimsollError as error:
            self._say(f"{pair}: {error}; nothing is entered")
            found = nothing_wanted(candles)
        if shelf.agents and found["agent_action"].iloc[-1:].eq(NOBODY).all():
            self._say(f"{pair}: no agent has learned lately enough; nothing is entered")
        side = np.sign(found["agent_units"]).astype("float64")
        results = call_results(
            lean=side,
            close=candles["close"],
            horizon_candles=self.judged_after_candles,
            least=1.0,
        )
        recent = recent_calls(results, latest=self._settings.risk.model_accuracy_predictions)
        return candles.assign(
            **{str(name): found[name] for name in found},
            agent_right=recent["right"],
            agent_calls=recent["calls"],
        )

    def _with_data(self, candles: pd.DataFrame, pair: str, agents: Any) -> pd.DataFrame:
        """Join what the agents' states are made of."""
        used: list[Inputs] = [agent.inputs for agent in agents]
        joined = candles
        if any(one.funding for one in used):
            kind = str(CandleType.FUNDING_RATE)
            rates = funding_rates(self._reader.frame(self.dp, pair, FUNDING_TIMEFRAME, kind))
            joined = join_funding(joined, self.timeframe, rates)
        if any(one.interest for one in used):
            joined = self.with_open_interest(joined, pair)
        if any(one.forecast for one in used):
            said = self.forecast(joined, pair)
            joined = joined if said is None else joined.assign(ml_signal=said)
        return joined
