"""Every shipped strategy on a data folder of its own: it trades, and it does not look ahead.

The ordinary run compares signals in this process, and lets Freqtrade's own recursive analysis look
at one strategy of each kind; the others are slow, and so is its look-ahead analysis, of which
tests/compat/test_plugin_loading.py runs one.
"""

import json
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import cloudpickle
import pandas as pd
import pytest
from freqtrade.data.dataprovider import DataProvider
from freqtrade.data.history import load_pair_history
from freqtrade.enums import CandleType, RunMode
from freqtrade.persistence import LocalTrade
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy
from freqtrade.strategy.parameters import CategoricalParameter, NumericParameter

from plimsoll.core import Side
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.results import read_backtests
from plimsoll.lab.user_folder import lay_out
from plimsoll.lab.venue import Venue, serve_venue
from plimsoll.strategies import GuardedStrategy
from tests.conftest import ROOT
from tests.support.strategy_data import DAYS, END, PAIRS, START, write_strategy_data
from tests.unit.bridge.trades import backtest_trades, trade_fields

HOURLY = ("TrendPortfolio", "FundingCarry", "Ensemble", "BasisReversion", "OpenInterestFlow")
FOUR_HOURLY = ("MomentumCross", "SlowTrend", "MeanReversion")
TRADING = (*HOURLY, *FOUR_HOURLY, "TrendFollow")
TIMEFRAMES = dict.fromkeys(HOURLY, "1h") | dict.fromkeys(FOUR_HOURLY, "4h") | {"TrendFollow": "1h"}
CUT = START + pd.Timedelta(days=DAYS - 40, hours=13)
SIGNALS = ["enter_long", "enter_short", "exit_long", "exit_short", "enter_tag"]
EARLY = f"{START + pd.Timedelta(days=230):%Y%m%d}"

every_strategy = pytest.mark.parametrize("name", TRADING)
# It reads a panel of all pairs. TrendFollow, which reads its pair's features, is analysed in
# tests/compat/test_plugin_loading.py.
ANALYSED_ALWAYS = ("TrendPortfolio",)
every_strategy_some_slow = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ANALYSED_ALWAYS else pytest.mark.slow)
        for name in TRADING
    ],
)


PROPOSED_USD = 50.0


class Balance:
    """A wallet with 10,000 USDT, 95 % of which are traded."""

    def get_total(self, currency: str) -> float:
        return 10_000.0

    def get_total_stake_amount(self) -> float:
        return 9_500.0


class Whitelist:
    """The pairs, as Freqtrade's pairlist manager gives them."""

    def __init__(self) -> None:
        self.whitelist = list(PAIRS)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_strategy_data(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def another_future(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_strategy_data(tmp_path_factory.mktemp("future"), changed_from=CUT)


USERS = TemporaryDirectory(prefix="plimsoll-users-")
"""Holds a user folder for each strategy that is loaded; gone when the tests are."""


def load(name: str, data: Path, **others: Any) -> IStrategy:
    config = {
        "strategy": name,
        "timeframe": TIMEFRAMES[name],
        "strategy_path": str(ROOT / "user_data/strategies"),
        "user_data_dir": Path(mkdtemp(dir=USERS.name)),
        "runmode": RunMode.BACKTEST,
        "stake_currency": "USDT",
        "dry_run": True,
        "candle_type_def": CandleType.FUTURES,
        "trading_mode": "futures",
        "datadir": data,
        "dataformat_ohlcv": "feather",
        "timerange": f"{START:%Y%m%d}-",
        **others,
    }
    strategy = StrategyResolver.load_strategy(config)
    strategy.dp = DataProvider(config, None, Whitelist())
    return strategy


def candles(data: Path, pair: str, timeframe: str) -> pd.DataFrame:
    return load_pair_history(
        pair, timeframe, data, data_format="feather", candle_type=CandleType.FUTURES
    )


@cache
def signals(
    name: str, data: Path, *, until: pd.Timestamp = END, pairs: tuple[str, ...] = PAIRS[:2]
) -> pd.DataFrame:
    """The signals and columns of two pairs, with nothing known from ``until`` on."""
    timerange = f"{START.timestamp():.0f}-{until.timestamp():.0f}"
    strategy = load(name, data, timerange=timerange)
    found = []
    for pair in pairs:
        known = candles(data, pair, strategy.timeframe)
        closes = known["date"] + pd.Timedelta(strategy.timeframe)
        frame = known[closes <= until].reset_index(drop=True)
        analysed = strategy.ft_advise_signals(
            strategy.advise_indicators(frame, {"pair": pair}), {"pair": pair}
        )
        found.append(analysed.assign(pair=pair))
    return pd.concat(found, ignore_index=True)


def stakes(
    name: str, data: Path, moments: pd.DatetimeIndex, *, until: pd.Timestamp = END
) -> pd.DataFrame:
    """What would be staked at each moment, pairs and sides, and added to the first two pairs.

    A long of one and a short of the other are open, so that the equity moves with the closes.
    """
    strategy = load(name, data, timerange=f"{START.timestamp():.0f}-{until.timestamp():.0f}")
    strategy.wallets = Balance()
    adjusts = strategy.position_adjustment_enable
    with backtest_trades():
        held = [
            LocalTrade(**trade_fields(START, pair=pair, is_short=short))
            for pair, short in zip(PAIRS, (False, True), strict=False)
        ]
        for trade in held:
            LocalTrade.add_bt_trade(trade)
        rows = []
        for moment in moments:
            now = moment.to_pydatetime()
            row = {
                f"{pair} {side.value}": strategy.desired_stake(pair, side, PROPOSED_USD, now)
                for pair in PAIRS
                for side in Side
            }
            for trade in held if adjusts else []:
                change = strategy.adjust_position(trade, now, 100.0, 0.0)
                row[f"{trade.pair} change"] = 0.0 if change is None else change
            rows.append(row)
    return pd.DataFrame(rows, index=moments)


def signal_columns(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=["date", "pair", *SIGNALS]).astype({"enter_tag": object})


def test_every_shipped_strategy_is_looked_at() -> None:
    folder = ROOT / "user_data/strategies"
    taught = ("ModelStrategy", "AgentStrategy", "AllocatorStrategy")
    rules = {
        file.stem
        for file in folder.glob("*.py")
        if not any(base in file.read_text("utf-8") for base in taught)
    }
    assert rules == {*TRADING, "BuyAndHold", "NoTrade"}


@every_strategy
def test_defaults_lie_inside_their_ranges(name: str, data: Path) -> None:
    made, found = load(name, data), 0
    for parameter in dir(type(made)):
        value = getattr(type(made), parameter, None)
        if isinstance(value, NumericParameter):
            found += 1
            assert value.low <= value.value <= value.high, parameter
    assert found >= 2


@pytest.mark.parametrize("name", [name for name in TRADING if name != "TrendFollow"])
def test_its_page_tells_every_parameter_and_the_warm_up(name: str, data: Path) -> None:
    file = re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()
    page = (ROOT / f"docs/strategies/{file}.md").read_text(encoding="utf-8")
    told = {}
    for line in page.splitlines():
        if line.startswith("| `"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            told[cells[0].strip("`")] = cells[1:4]
    made = load(name, data)
    found = {}
    for parameter in dir(type(made)):
        value = getattr(type(made), parameter, None)
        if isinstance(value, NumericParameter):
            span = f"{value.low:g} to {value.high:g}"
            found[parameter] = [f"`{value.value:g}`", span, value.space]
        elif isinstance(value, CategoricalParameter):
            found[parameter] = [f"`{value.value}`", ", ".join(value.opt_range), "buy"]
    told.pop("freqtrade backtesting`, guards off", None)
    told.pop("freqtrade backtesting`, guards on", None)
    assert told == found
    assert f"Timeframe {made.timeframe}; {made.startup_candle_count} candles" in page


@every_strategy
def test_another_future_changes_no_signal_before_it(
    name: str, data: Path, another_future: Path
) -> None:
    known, other = (signals(name, folder, pairs=PAIRS) for folder in (data, another_future))
    before = known["date"] + pd.Timedelta(load(name, data).timeframe) <= CUT
    compared = known.columns.difference(["open", "high", "low", "close", "volume"])
    pd.testing.assert_frame_equal(known.loc[before, compared], other.loc[before, compared])
    entries = ["enter_long", "enter_short"] if load(name, data).can_short else ["enter_long"]
    entered = known.reindex(columns=entries).eq(1)
    assert entered[before].any().all(), "nothing was compared"
    assert not signal_columns(known)[~before].equals(signal_columns(other)[~before])


@every_strategy
def test_another_future_changes_no_stake_before_it(
    name: str, data: Path, another_future: Path
) -> None:
    moments = pd.date_range(CUT - pd.Timedelta(days=4), CUT + pd.Timedelta(days=4), freq="h")
    known, other = stakes(name, data, moments), stakes(name, another_future, moments)
    pd.testing.assert_frame_equal(known[:CUT], other[:CUT], check_exact=True)
    assert (known[:CUT] > 0).any(axis=None), "nothing was compared"
    if type(load(name, data)).desired_stake is GuardedStrategy.desired_stake:
        assert (known == PROPOSED_USD).all(axis=None)
    else:
        assert not known[CUT:].equals(other[CUT:])


@every_strategy
def test_a_stake_needs_nothing_that_comes_after_it(name: str, data: Path) -> None:
    for until in (CUT, CUT.floor("D"), CUT.floor("D") - pd.Timedelta(hours=1)):
        now = pd.DatetimeIndex([until])
        cut, whole = stakes(name, data, now, until=until), stakes(name, data, now)
        pd.testing.assert_frame_equal(cut, whole, check_exact=True)


@every_strategy
def test_the_last_candle_of_a_shorter_past_says_what_it_did_in_a_longer_one(
    name: str, data: Path
) -> None:
    whole = signals(name, data)
    for hours in (0, 59, 224):
        until = (CUT - pd.Timedelta(hours=hours)).floor("4h" if hours else "D")
        cut = signals(name, data, until=until)
        for pair, part in cut.groupby("pair"):
            same = whole[(whole["pair"] == pair) & (whole["date"] <= part["date"].iloc[-1])]
            pd.testing.assert_frame_equal(
                signal_columns(part).reset_index(drop=True),
                signal_columns(same).reset_index(drop=True),
            )


@every_strategy
def test_it_travels_to_a_worker_of_hyperopt_with_its_panel(name: str, data: Path) -> None:
    strategy = load(name, data)
    frame = candles(data, PAIRS[0], strategy.timeframe)
    analysed = strategy.advise_indicators(frame, {"pair": PAIRS[0]})
    expected = strategy.ft_advise_signals(analysed.copy(), {"pair": PAIRS[0]})
    worker = pickle.loads(cloudpickle.dumps(strategy))
    found = worker.ft_advise_signals(analysed.copy(), {"pair": PAIRS[0]})
    pd.testing.assert_frame_equal(expected, found)


@pytest.mark.parametrize("name", ["TrendPortfolio", "FundingCarry", "Ensemble"])
def test_changed_parameters_change_the_targets_without_new_indicators(
    name: str, data: Path
) -> None:
    strategy = load(name, data)
    analysed = strategy.advise_indicators(
        candles(data, PAIRS[0], strategy.timeframe), {"pair": PAIRS[0]}
    )
    before = strategy.ft_advise_signals(analysed.copy(), {"pair": PAIRS[0]})
    default, lowest = strategy.target_volatility.value, strategy.target_volatility.low
    strategy.target_volatility.value = lowest
    after = strategy.ft_advise_signals(analysed.copy(), {"pair": PAIRS[0]})
    moved = after["target_weight"].abs().sum() / before["target_weight"].abs().sum()
    assert moved == pytest.approx(lowest / default, rel=0.2)


def test_open_interest_flow_stands_aside_without_and_with_stale_open_interest(
    data: Path, tmp_path: Path
) -> None:
    for kept in (0.0, 0.5):
        folder = tmp_path / f"kept-{kept}"
        (folder / "futures").mkdir(parents=True)
        for file in data.rglob("*.feather"):
            target = folder / file.relative_to(data)
            if "open_interest" not in file.name:
                target.symlink_to(file)
            elif kept:
                # Every other hour is missing is bridged; three of four are not.
                pd.read_feather(file).iloc[::4].reset_index(drop=True).to_feather(target)
        found = signals("OpenInterestFlow", folder)
        assert not found.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=None)


def test_basis_reversion_stands_aside_without_a_premium(data: Path, tmp_path: Path) -> None:
    (tmp_path / "futures").symlink_to(data / "futures")
    found = signals("BasisReversion", tmp_path)
    assert not found.reindex(columns=["enter_long", "enter_short"]).eq(1).any(axis=None)


def test_carry_stands_aside_without_funding(data: Path, tmp_path: Path) -> None:
    (tmp_path / "futures").mkdir()
    for file in (data / "futures").glob("*futures.feather"):
        (tmp_path / "futures" / file.name).symlink_to(file)
    found = signals("FundingCarry", tmp_path)
    assert found["target_weight"].isna().all()
    assert not found.reindex(columns=SIGNALS[:4]).eq(1).any(axis=None)


def test_the_tag_of_the_ensemble_sums_to_the_weight(data: Path) -> None:
    found = signals("Ensemble", data)
    entered = found[found[["enter_long", "enter_short"]].eq(1).any(axis=1)]
    assert len(entered) > 20
    for _, row in entered.iterrows():
        words = row["enter_tag"].split()
        assert words[0] == "ens"
        parts = [float(word.lstrip("abcdefghijklmnopqrstuvwxyz")) for word in words[1:]]
        assert sum(parts) == pytest.approx(row["target_weight"], abs=0.0021)


# The real command


@pytest.fixture(scope="module")
def venue(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Venue]:
    symbols = ",".join(PAIRS)
    arguments = ["--market", "synthetic", "--symbols", symbols, "--clock", "stepped"]
    with serve_venue(arguments, folder=tmp_path_factory.mktemp("venue")) as served:
        yield served


def run(
    command: str, arguments: list[str], *, data: Path, venue: Venue, folder: Path, **settings: Any
) -> str:
    """Run freqtrade with the portfolio's risk layer on the made-up folder."""
    userdir = folder / "user_data"
    lay_out(userdir)
    own = folder / "own.json"
    pairs = {"pairlists": [{"method": "StaticPairList"}], "exchange": {"pair_whitelist": PAIRS}}
    own.write_text(json.dumps({**pairs, "max_open_trades": len(PAIRS), **settings}))
    config = userdir / "config"
    layers = [config / "base.json", venue.config, config / "risk-portfolio.json"]
    layers += [config / "mode-backtest.json", own]
    return freqtrade(
        [
            command,
            *("--userdir", str(userdir), "--datadir", str(data)),
            *(part for file in layers for part in ("-c", str(file))),
            *arguments,
        ],
        folder=folder,
        log=folder / "freqtrade.log",
        seconds=600,
    )


@pytest.mark.freqtrade
@pytest.mark.parametrize(("timeframe", "names"), [("1h", HOURLY), ("4h", FOUR_HOURLY)])
def test_every_strategy_trades_in_a_backtest_under_the_guards(
    timeframe: str, names: tuple[str, ...], data: Path, venue: Venue, tmp_path: Path
) -> None:
    arguments = ["--timeframe", timeframe, "--timerange", f"{EARLY}-{END:%Y%m%d}"]
    arguments += ["--cache", "none", "--strategy-list", *names]
    output = run("backtesting", arguments, data=data, venue=venue, folder=tmp_path)
    assert "denied, because" not in output
    found = {
        one.strategy: one.trades for one in read_backtests(tmp_path / "user_data/backtest_results")
    }
    assert set(found) == set(names)
    for name, trades in found.items():
        assert len(trades) >= 5, name
        shorts = {True, False} if load(name, data).can_short else {False}
        assert set(trades["is_short"]) == shorts, name
    if "TrendPortfolio" in found:
        fills = found["TrendPortfolio"]["orders"].map(len)
        assert (fills > 2).any(), "no position was ever rebalanced"


@pytest.mark.freqtrade
@pytest.mark.slow
@pytest.mark.timeout(900)
@every_strategy
def test_lookahead_analysis_finds_no_bias(
    name: str, data: Path, venue: Venue, tmp_path: Path
) -> None:
    arguments = ["--strategy", name, "--timeframe", TIMEFRAMES[name]]
    arguments += ["--timerange", f"{EARLY}-{END:%Y%m%d}"]
    least, most = ("3", "4") if name in ANALYSED_ALWAYS else ("5", "8")  # a backtest for each
    arguments += ["--minimum-trade-amount", least, "--targeted-trade-amount", most]
    output = run(
        "lookahead-analysis",
        arguments,
        data=data,
        venue=venue,
        folder=tmp_path,
        plimsoll={"guards": "off"},
    )
    assert f"{name}.py" in output
    [row] = [line for line in output.splitlines() if f"{name}.py" in line and "│" in line]
    assert "No" in [cell.strip() for cell in row.split("│")], row


@pytest.mark.freqtrade
@pytest.mark.timeout(900)
@every_strategy_some_slow
def test_recursive_analysis_finds_no_variance(
    name: str, data: Path, venue: Venue, tmp_path: Path
) -> None:
    strategy = load(name, data)
    enough = strategy.startup_candle_count
    arguments = ["--strategy", name, "--timeframe", TIMEFRAMES[name]]
    arguments += ["--timerange", f"{EARLY}-{END:%Y%m%d}"]
    arguments += ["--startup-candle", *map(str, (enough // 10, enough, enough + 200))]
    output = run("recursive-analysis", arguments, data=data, venue=venue, folder=tmp_path)
    assert "No lookahead bias on indicators found" in output
    table = [
        [cell.strip() for cell in line.split("│")[1:-1]]
        for line in output.splitlines()
        if line.startswith("│")
    ]
    of_candles = {use.column for use in strategy.features() if use.lookback_candles}
    if not of_candles:
        # What it reads has a warm-up of its own, however few candles it is given.
        assert "No variance on indicator(s) found due to recursive formula" in output
        assert table == []
        return
    # Too short a warm-up shows in every feature, so every one was looked at.
    assert {cells[0] for cells in table} >= of_candles
    for feature, too_few, *others in table:
        assert too_few == "nan%", feature
        assert all(cell == "-" or abs(float(cell.rstrip("%"))) < 0.1 for cell in others), feature
