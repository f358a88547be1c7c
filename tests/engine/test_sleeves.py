"""A sleeve of the ensemble against the strategy itself, backtested by Freqtrade: who holds what."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.bridge.strategies.panel import Panel, real, resampled
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import STUDIES, Study
from plimsoll.signals.components import on_candles
from plimsoll.signals.crossing import CrossRule
from plimsoll.signals.panels import SizeRule
from plimsoll.signals.sleeve import EventRule, sleeve_weights, without_holes
from plimsoll.signals.trend import SlowTrendRule
from tests.engine.test_plain_engine import TWO, backtests, read
from tests.support.strategy_data import write_strategy_data

RULES: dict[str, EventRule] = {"MomentumCross": CrossRule(), "SlowTrend": SlowTrendRule()}


def traded_sides(result: BacktestResult, pair: str, dates: pd.DatetimeIndex) -> pd.Series:
    """What the strategy held after the fills at each candle's open; a stop comes later in it."""
    span = dates[1] - dates[0]
    sides = pd.Series(0, dates)
    for trade in result.trades[result.trades["pair"] == pair].itertuples():
        last = trade.close_date if "stop_loss" in trade.exit_reason else trade.close_date - span
        sides.loc[trade.open_date : last] = -1 if trade.is_short else 1
    return sides


def sleeve_sides(result: BacktestResult, datadir: Path) -> pd.DataFrame:
    """What its sleeve holds after the fills at each candle's open: what was decided before it."""
    sizing, span = SizeRule(), timeframe_span(result.timeframe)
    hourly = {pair: real(read(datadir, pair, "1h")) for pair in result.pairs}
    daily = {pair: resampled(frame, "1h", "1d") for pair, frame in hourly.items()}
    sizes = sizing.sizes(Panel({"1d": daily}, pd.DataFrame()).closes("1d"))
    sides = {}
    for pair in result.pairs:
        candles = without_holes(real(read(datadir, pair, result.timeframe)), span)
        known = on_candles(sizes, pd.DatetimeIndex(candles.index))[pair]
        rule = RULES[result.strategy]
        held = sleeve_weights(candles, known, rule, widest_fraction=sizing.widest_stop_fraction)
        sides[pair] = held["side"].shift(1)
    return pd.DataFrame(sides)


def assert_alike(result: BacktestResult, datadir: Path, *, least: int, apart: float) -> None:
    """Compare from the first candle on at which both hold nothing."""
    sleeves = sleeve_sides(result, datadir)
    for pair in result.pairs:
        ours = sleeves[pair].loc[result.start : result.end].iloc[:-1]
        theirs = traded_sides(result, pair, pd.DatetimeIndex(ours.index))
        begun = ((ours == 0) & (theirs == 0)).idxmax()
        ours, theirs = ours.loc[begun:], theirs.loc[begun:]
        assert len(ours) > 1000
        assert (theirs != theirs.shift(1)).sum() >= least
        differing = ours != theirs
        assert differing.mean() <= apart, differing.index[differing][:5]


@pytest.mark.slow
@pytest.mark.freqtrade
def test_a_sleeve_holds_what_the_strategy_itself_does_candle_by_candle(tmp_path: Path) -> None:
    data = write_strategy_data(tmp_path / "made-up")
    study = Study("made up", "1h", TWO, "20230501-20231101", tuple(RULES))
    with backtests(study, data) as (results, datadir):
        for result in results.values():
            assert_alike(result, datadir, least=20, apart=0.0)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.freqtrade
def test_a_sleeve_holds_what_the_strategy_itself_does_on_real_markets(real_data: Path) -> None:
    [study] = [one for one in STUDIES if set(RULES) <= set(one.strategies)]
    with backtests(replace(study, strategies=tuple(RULES)), real_data) as (results, datadir):
        for result in results.values():
            # Freqtrade rounds a stop to the tick: now and then it is struck a candle apart.
            assert_alike(result, datadir, least=50, apart=0.001)
