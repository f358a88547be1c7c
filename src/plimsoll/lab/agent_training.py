"""Train an agent on a Freqtrade data folder, and judge it on the months after."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from plimsoll.agents import Agent, write_agent
from plimsoll.agents.shelf import ONE_DAY
from plimsoll.agents.training import Plan, Trained, train
from plimsoll.bridge.strategies.panel import FUNDING_TIMEFRAME, funding_rates
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.core import PlimsollError
from plimsoll.features.merging import join, join_funding, open_interest
from plimsoll.lab.results import load_candles, stored_kind
from plimsoll.labels import DOWN, UP
from plimsoll.learning import (
    Inputs,
    Market,
    Terms,
    Weights,
    joined,
    market_of,
    rise_probability,
    with_signals,
)
from plimsoll.learning.judgement import Judgement, judge
from plimsoll.learning.signals import NO_FORECAST
from plimsoll.signals.model import lean

YEAR = pd.Timedelta(days=365)
INTEREST_TIMEFRAME = "1h"
LEAST_FORECAST = 0.5
"""Of the candles that an agent learns from, the part that needs a forecast."""
FAR = pd.Timestamp("2100-01-01", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What an agent is to learn from.

    Attributes
    ----------
    begin, until
        It learns from candles that open from ``begin`` on and close by ``until``; UTC.
    forecasts
        FreqAI's ``backtesting_predictions`` of the model that the agent sees; ``None`` without.
    """

    datadir: Path
    pairs: Sequence[str]
    timeframe: str
    begin: pd.Timestamp
    until: pd.Timestamp
    inputs: Inputs = field(default_factory=Inputs)
    terms: Terms = field(default_factory=Terms)
    weights: Weights = field(default_factory=Weights)
    plan: Plan = field(default_factory=Plan)
    forecasts: Path | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Taught:
    """An agent, where it lies, and how it did on the months after; ``None`` where they are few."""

    agent: Agent
    file: Path
    trained: Trained
    judgement: Judgement | None


def teach(lesson: Lesson, folder: Path, *, tell: Callable[[str], None] = lambda _: None) -> Taught:
    """Train an agent, or go on, write it into a folder and judge it.

    The training is written down in ``folder/training`` until it is done. The agent is judged on
    whole months that begin an embargo after ``until``.

    Raises
    ------
    PlimsollError
        Without candles, with fewer than they need, or without the extra ``rl``.
    """
    span = timeframe_span(lesson.timeframe)
    terms = _per_year(lesson.terms, span)
    frames = {pair: _signals(lesson, pair) for pair in lesson.pairs}
    lived = {
        pair: frame[(frame["date"] >= lesson.begin) & (frame["date"] + span <= lesson.until)]
        for pair, frame in frames.items()
    }
    few = [pair for pair, frame in lived.items() if len(frame) * span < 2 * pd.Timedelta(days=31)]
    if few:
        raise PlimsollError(
            f"expected two months of candles or more to learn from, found fewer of "
            f"{', '.join(few)} from {lesson.begin:%Y-%m-%d} to {lesson.until:%Y-%m-%d}"
        )
    market = joined([market_of(frame, span) for frame in lived.values()])
    at = folder / "training" / f"{lesson.plan.algorithm.value}-{lesson.plan.seed}"
    done = train(market, terms, lesson.weights, lesson.plan, at, tell=tell)
    if done is None:  # it has no limit of rounds
        raise PlimsollError(f"expected a training that ends, found {at} unfinished")
    agent = Agent(
        policy=done.policy,
        algorithm=lesson.plan.algorithm.value,
        inputs=lesson.inputs,
        terms=terms,
        timeframe=lesson.timeframe,
        pairs=tuple(lesson.pairs),
        trained_from=min(frame["date"].iloc[0] for frame in lived.values()),
        trained_until=max(frame["date"].iloc[-1] for frame in lived.values()) + span,
        steps=done.steps,
        seed=lesson.plan.seed,
        made_with=done.made_with,
    )
    file = folder / f"{agent.name}.npz"
    write_agent(agent, file)
    return Taught(agent, file, done, _judged(agent, frames, lesson, span))


def _signals(lesson: Lesson, pair: str) -> pd.DataFrame:
    """Return a pair's candles with the signals, from before the lesson to the end of the data."""
    span = timeframe_span(lesson.timeframe)
    start = lesson.begin - (lesson.inputs.lookback_candles + 1) * span
    candles = load_candles(lesson.datadir, [pair], lesson.timeframe, start=start, end=FAR)[pair]
    if lesson.inputs.funding:
        rates = stored_kind(lesson.datadir, pair, FUNDING_TIMEFRAME, "funding_rate")
        candles = join_funding(candles, lesson.timeframe, funding_rates(rates))
    if lesson.inputs.interest:
        found = stored_kind(lesson.datadir, pair, INTEREST_TIMEFRAME, "open_interest")
        candles = join(candles, lesson.timeframe, [open_interest(found, INTEREST_TIMEFRAME)])
    if lesson.inputs.forecast:
        candles = candles.assign(ml_signal=_forecasts(lesson, pair, candles["date"]))
    return with_signals(candles, lesson.inputs)


def _forecasts(lesson: Lesson, pair: str, dates: pd.Series) -> pd.Series:
    """Return what a model said in a backtest, on each candle; 0.5 where it said nothing to trust.

    FreqAI forecasts each stretch by a model that was trained before it, so that the agent learns
    from forecasts as good as those that it will see. By the same rule as `ModelStrategy`.

    Raises
    ------
    PlimsollError
        Without forecasts of classes of the pair, or for less than half of the candles.
    """
    folder = lesson.forecasts or Path()
    coin = pair.split("/")[0].lower()
    files = sorted(folder.glob(f"cb_{coin}_*_prediction.feather"))
    said = [pd.read_feather(file) for file in files]
    needed = {"date", UP, DOWN, "do_predict", "holdout_side_skill"}
    if not said or not all(needed <= set(one.columns) for one in said):
        raise PlimsollError(
            f"expected forecasts of up and down for {pair} in {folder}, found {len(said)} files; "
            "backtest a strategy with a classifier of FreqAI over the same days first"
        )
    known = pd.concat(said).drop_duplicates("date", keep="last").set_index("date")
    trusted = (known["do_predict"] == 1) & (known["holdout_side_skill"] > 0)
    rises = rise_probability(lean(up=known[UP], down=known[DOWN], trusted=trusted))
    found = rises.reindex(pd.DatetimeIndex(dates))
    lived = (dates >= lesson.begin) & (dates < lesson.until)
    covered = found.notna().to_numpy()[lived.to_numpy()]
    if not covered.mean() >= LEAST_FORECAST:
        raise PlimsollError(
            f"expected forecasts for {LEAST_FORECAST:.0%} of the candles of {pair} or more, found "
            f"{covered.mean():.0%} in {folder}; backtest the model over the same days first"
        )
    return found.fillna(NO_FORECAST).set_axis(dates.index)


def _per_year(terms: Terms, span: pd.Timedelta) -> Terms:
    return replace(terms, candles_per_year=YEAR / span)


def _judged(
    agent: Agent, frames: dict[str, pd.DataFrame], lesson: Lesson, span: pd.Timedelta
) -> Judgement | None:
    """Judge on whole months after the embargo; ``None`` where there are fewer than five."""
    first = (agent.trained_until + ONE_DAY).floor("D")
    if first.day != 1:
        first = (first + pd.offsets.MonthBegin(1)).floor("D")
    after: list[Market] = []
    for frame in frames.values():
        unseen = frame[frame["date"] >= first]
        if len(unseen) > 1:
            after.append(market_of(unseen, span))
    if sum(len(market.first_rows()) for market in after) < 5:
        return None
    return judge(agent.policy, joined(after), agent.terms, lesson.weights, seed=agent.seed)
