"""An agent's strategy by the plain freqtrade command: it does what the agent's account does."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType

from plimsoll.agents import write_agent
from plimsoll.bridge.strategies.panel import funding_rates
from plimsoll.features.merging import join_funding
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import read_backtests
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import serve_venue
from plimsoll.learning import Action, Inputs
from plimsoll.learning.following import followed, with_next
from tests.unit.agents.agents import agent

pytestmark = pytest.mark.freqtrade

PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT")
HOUR = pd.Timedelta("1h")
SINCE, FIRST, LAST = (
    pd.Timestamp(day, tz="UTC") for day in ("2025-01-01", "2025-03-01", "2025-04-11")
)
OWN = '{"plimsoll": {"guards": "off"}, "max_open_trades": 2}'
ONE = agent(inputs=Inputs(funding=True), trained_until=pd.Timestamp("2025-02-20", tz="UTC"))


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A user folder after download and backtest."""
    folder = tmp_path_factory.mktemp("agents")
    userdir = folder / "user_data"
    lay_out(userdir)
    write_agent(ONE, userdir / "agents" / "RLTrader" / "one.npz")
    own = folder / "own.json"
    own.write_text(OWN)
    served = ["--market", "synthetic", "--symbols", ",".join(PAIRS), "--clock", "stepped"]
    with serve_venue([*served, "--start", f"{LAST:%Y-%m-%d}T00:00:00Z"], folder=folder) as venue:
        shipped = userdir / "config"
        layers = (shipped / "base.json", venue.config, shipped / "mode-backtest.json", own)
        common = ["--userdir", str(userdir), *(part for one in layers for part in ("-c", str(one)))]
        spans = [f"{begin:%Y%m%d}-{LAST:%Y%m%d}" for begin in (SINCE, FIRST)]
        for arguments in (
            ["download-data", "--timeframes", "1h", "--timerange", spans[0]],
            ["backtesting", "--strategy", "RLTrader", "--cache", "none", "--timerange", spans[1]],
        ):
            freqtrade(
                [arguments[0], *common, *arguments[1:], "--pairs", *PAIRS],
                folder=folder,
                log=folder / "log",
                seconds=400,
            )
    return userdir


@cache
def wanted(userdir: Path, pair: str) -> pd.DataFrame:
    """What the agent wants, from the candles on disk alone."""
    [data] = [one.parent for one in (userdir / "data").rglob("futures") if one.is_dir()]
    frames = [
        load_pair_history(pair, "1h", data, candle_type=kind)
        for kind in (CandleType.FUTURES, CandleType.FUNDING_RATE)
    ]
    candles = join_funding(frames[0], "1h", funding_rates(frames[1]))
    found = followed(with_next(candles, HOUR), lambda _: ONE, HOUR).iloc[: len(candles)]
    return found.set_axis(pd.DatetimeIndex(candles["date"]) + HOUR)  # when it is carried out


def test_every_trade_is_an_entry_of_the_agents_account(userdir: Path) -> None:
    [result] = read_backtests(userdir / "backtest_results")
    assert len(result.trades) > 20
    assert result.trades["is_short"].nunique() == 2
    for pair, trades in result.trades.groupby("pair"):
        says = wanted(userdir, str(pair))
        for trade in trades.itertuples():
            action = Action.SHORT if trade.is_short else Action.LONG
            assert says["agent_action"][trade.open_date] == action
            if trade.exit_reason == "exit_signal" or "ended" in trade.exit_reason:
                assert says["agent_units"][trade.close_date] == 0


def test_a_trade_has_the_units_of_the_agents_account(userdir: Path) -> None:
    [result] = read_backtests(userdir / "backtest_results")
    scaled = 0
    for trade in result.trades.itertuples():
        says = wanted(userdir, str(trade.pair))["agent_units"].abs()
        units = 0
        for order in trade.orders[:-1]:
            units += 1 if order["ft_is_entry"] else -1
            moment = pd.Timestamp(order["order_filled_timestamp"], unit="ms", tz="UTC")
            assert says[moment] == units
        scaled += len(trade.orders) > 2
    assert scaled > 3


def test_nothing_is_entered_before_the_first_whole_month_it_may_play(userdir: Path) -> None:
    [result] = read_backtests(userdir / "backtest_results")
    assert result.trades["open_date"].min() >= FIRST
