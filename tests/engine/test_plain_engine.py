"""Freqtrade's backtest of each shipped rule against a few dozen lines that share none of its code.

Pairs, sides, times and prices of every trade; then the profit, from prices, fees and funding.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.results import BacktestResult
from plimsoll.lab.study import DATA, GUARDS_OFF, STUDIES, Study, backtest_study, study_folder
from tests.engine import plain
from tests.support.strategy_data import write_strategy_data

RULES: dict[str, tuple[Callable[..., plain.Rules], str | None]] = {
    "TrendFollow": (plain.trend_follow, None),
    "SlowTrend": (plain.slow_trend, None),
    "MomentumCross": (plain.momentum_cross, None),
    "MeanReversion": (plain.mean_reversion, None),
    "BasisReversion": (plain.basis_reversion, "spot"),
    "OpenInterestFlow": (plain.open_interest_flow, "open_interest"),
}
"""How each strategy trades, and the data that it looks at beside its candles."""
TWO = ("BTC/USDT:USDT", "ETH/USDT:USDT")
UNSIZED = ("TrendFollow",)
TICK = 3e-4
"""Freqtrade rounds a target to the exchange's tick: up to 3 bps of a coin of 0.4 USD."""
LEAST_COINS = 1.1e-3
"""Amounts are rounded down to the exchange's step, a thousandth of a coin for Bitcoin."""
FEE = 0.0007


def test_the_second_engine_shares_no_code() -> None:
    tree = ast.parse(Path(plain.__file__).read_text(encoding="utf-8"))
    names = {
        (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert names == {"collections.abc", "dataclasses", "numpy", "pandas"}


@contextmanager
def backtests(study: Study, datadir: Path) -> Iterator[tuple[dict[str, BacktestResult], Path]]:
    """Run the plain freqtrade command once for all strategies of a study."""
    with study_folder([study], datadir) as folder:
        results = backtest_study(study, GUARDS_OFF, study.strategies, folder)
        yield {result.strategy: result for result in results}, folder / DATA


def read(datadir: Path, pair: str, timeframe: str, kind: str = "futures") -> pd.DataFrame:
    """Read what Freqtrade reads; candles that are missing are flat and without volume, as there."""
    stem = pair.replace("/", "_").replace(":", "_")
    file = datadir / "futures" / f"{stem}-{timeframe}-{kind}.feather"
    if kind == "spot":
        file = datadir / f"{stem.rpartition('_')[0]}-{timeframe}.feather"
    stored = pd.read_feather(file)
    if kind != "futures":
        return stored
    every = pd.date_range(stored["date"].iloc[0], stored["date"].iloc[-1], freq=timeframe)
    whole = stored.set_index("date").reindex(every)
    whole["close"] = whole["close"].ffill()
    for name in ("open", "high", "low"):
        whole[name] = whole[name].fillna(whole["close"])
    return whole.fillna({"volume": 0.0}).rename_axis("date").reset_index()


def by_plain_rules(result: BacktestResult, datadir: Path) -> pd.DataFrame:
    """The trades that a strategy's formulas make of the same files, and each one's size.

    The size is a fraction of equity; NaN for the strategy that Freqtrade gives its stake.
    """
    rule, beside = RULES[result.strategy]
    hourly = {pair: read(datadir, pair, "1h") for pair in result.pairs}
    shares = plain.sizes(hourly)
    rows = []
    for pair in result.pairs:
        candles = read(datadir, pair, result.timeframe)
        others = [] if beside is None else [read(datadir, pair, "1h", beside)]
        yesterday = candles["date"].dt.floor("D") - pd.Timedelta(days=1)
        size = yesterday.map(shares[pair]).to_numpy()
        rules = rule(candles, *others)
        if result.strategy not in UNSIZED:
            rules.may_enter = np.isfinite(size)
        first, last = (int(candles["date"].searchsorted(at)) for at in (result.start, result.end))
        for one in plain.trades_of(candles, rules, first, last):
            opened, closed = candles["date"].iloc[[one.opened, one.closed]]
            rates = one.open_rate, one.close_rate
            rows.append((pair, opened, closed, one.side < 0, *rates, size[one.opened]))
    names = ["pair", "open_date", "close_date", "is_short", "open_rate", "close_rate", "size"]
    frame = pd.DataFrame(rows, columns=names)
    return frame.sort_values(["open_date", "pair"], kind="stable").reset_index(drop=True)


def assert_same(result: BacktestResult, datadir: Path, *, least: int) -> None:
    ours = by_plain_rules(result, datadir)
    theirs = result.trades.sort_values(["open_date", "pair"], kind="stable").reset_index(drop=True)
    keys = ["pair", "open_date", "close_date", "is_short"]
    of_ours, of_theirs = (set(frame[keys].itertuples(index=False)) for frame in (ours, theirs))
    assert of_ours == of_theirs, {
        "only in freqtrade": sorted(of_theirs - of_ours)[:5],
        "only by formulas": sorted(of_ours - of_theirs)[:5],
    }
    assert len(theirs) == len(ours) >= least
    for name in ("open_rate", "close_rate"):
        np.testing.assert_allclose(theirs[name], ours[name], rtol=TICK)
    sign = np.where(theirs["is_short"], -1, 1)
    paid = FEE * (theirs["open_rate"] + theirs["close_rate"])
    gross = sign * (theirs["close_rate"] - theirs["open_rate"]) - paid
    profit = theirs["amount"] * gross + theirs["funding_fees"]
    np.testing.assert_allclose(theirs["profit_abs"], profit, atol=0.01)
    if result.strategy not in UNSIZED:
        begun = theirs["pair"][theirs["open_date"] == theirs["open_date"].iloc[0]]
        row = min(begun.index, key=lambda at: result.pairs.index(begun[at]))  # equity is whole
        wanted = ours["size"][row] * result.starting_balance_usd / ours["open_rate"][row]
        np.testing.assert_allclose(theirs["amount"][row], wanted, rtol=2e-3, atol=LEAST_COINS)


@pytest.mark.slow
@pytest.mark.freqtrade
def test_formulas_alone_make_the_same_trades_of_made_up_markets(tmp_path: Path) -> None:
    """All on candles of an hour: one freqtrade process is quick."""
    data = write_strategy_data(tmp_path / "made-up")
    study = Study("made up", "1h", TWO, "20230501-20231101", tuple(RULES))
    with backtests(study, data) as (results, datadir):
        for result in results.values():
            assert_same(result, datadir, least=20)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.freqtrade
@pytest.mark.parametrize("study", STUDIES, ids=lambda study: study.name)
def test_formulas_alone_make_the_same_trades_of_real_markets(real_data: Path, study: Study) -> None:
    names = tuple(name for name in study.strategies if name in RULES)
    with backtests(replace(study, strategies=names), real_data) as (results, datadir):
        for name in names:
            assert_same(results[name], datadir, least=30)
