"""With guards that only observe, a strategy of others does what it does without Plimsoll.

The ordinary run compares a few in one backtest; `make foreign` runs all of them through each of
Freqtrade's commands.
"""

import json
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from plimsoll.lab.user_folder import lay_out
from tests.drills.evidence import EvidenceFolder
from tests.foreign.runs import (
    BARE,
    ENFORCE,
    EVERY,
    FREQAI,
    FUTURES,
    OBSERVE,
    PAIRS,
    SHORT,
    SPOT,
    Runs,
    Trades,
    digest,
    tables,
    write_strategies,
)

pytestmark = pytest.mark.freqtrade

A_FEW = ("EmaCrossRoi", "DcaLadder", "FuturesLongShort", "OrderFilledState")
TWO = ("DcaLadder", "FuturesLongShort")
ON_REAL = (*A_FEW, "LimitMaker")
LEAST_TRADES = 20
DETAIL = "20250628-20250630"
REAL = "20230601-20230701"
"""Of the years on which the defaults were chosen: no later month is looked at."""
FREQAI_CONFIG: dict[str, Any] = {
    "freqaimodel": "TreesRegressor",
    "freqai": {
        "enabled": True,
        "train_period_days": 6,
        "backtest_period_days": 2,
        "live_retrain_hours": 0,
        "data_kitchen_thread_count": 1,
        "activate_tensorboard": False,
        "feature_parameters": {
            "include_timeframes": ["5m"],
            "include_corr_pairlist": [],
            "label_period_candles": 24,
            "include_shifted_candles": 1,
            "indicator_periods_candles": [10, 20],
            "weight_factor": 0,
        },
        "data_split_parameters": {"test_size": 0.25, "shuffle": False},
        "model_training_parameters": {"n_estimators": 40, "n_jobs": 1, "verbose": -1},
    },
}


def both(run: Callable[[str], Trades], other: str = OBSERVE) -> tuple[Trades, Trades]:
    """Return what a run makes bare and under guards, each in a process of its own."""
    with ThreadPoolExecutor(2) as pool:
        bare, guarded = pool.map(run, (BARE, other))
    return bare, guarded


def require_equal(runs: Runs, bare: Trades, guarded: Trades, *, least: int = LEAST_TRADES) -> None:
    """Assert that each strategy traded, and made the same trades both times."""
    assert set(bare) == set(guarded)
    for name, trades in bare.items():
        assert len(trades) >= least, (name, len(trades))
        for one, other in zip(trades, guarded[name], strict=False):
            assert one == other, name
        assert digest(trades) == digest(guarded[name]), name
    require_observed(runs, bare)


def keep(save: EvidenceFolder, trades: Trades) -> None:
    """Keep what both runs made, for the page."""
    for name, made in trades.items():
        row = {"about": "equal", "strategy": name, "trades": len(made), "digest": digest(made)}
        save(f"equal-{name}", row)


def require_observed(runs: Runs, names: Iterable[str]) -> None:
    """Assert that guards watched each of the strategies: else the same trades show nothing."""
    bare, watched = runs.watched(BARE), runs.watched(OBSERVE)
    for name in names:
        assert bare[name] is None
        assert watched[name] is not None, f"no guard watched {name}"
        assert watched[name]["guards"] == OBSERVE
        assert watched[name]["totals"]["entries_asked"] > 0


@pytest.mark.parametrize(
    "names", [TWO, pytest.param(A_FEW, marks=pytest.mark.slow)], ids=["two", "a few"]
)
def test_a_few_make_the_same_trades_while_the_guards_observe(
    runs: Runs, names: tuple[str, ...]
) -> None:
    require_equal(runs, *both(lambda guards: runs.backtest(guards, *names, timerange=SHORT)))


@pytest.mark.slow
def test_all_make_the_same_trades_in_one_list(runs: Runs, save: EvidenceFolder) -> None:
    bare, guarded = both(lambda guards: runs.backtest(guards, *FUTURES, timerange=SHORT))
    require_equal(runs, bare, guarded, least=15)
    keep(save, guarded)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["SampleStrategy", "MultiTimeframe", "LimitMaker", "Thousands"])
def test_one_by_itself_makes_the_same_trades_over_weeks(runs: Runs, name: str) -> None:
    require_equal(runs, *both(lambda guards: runs.backtest(guards, name)))


@pytest.mark.slow
def test_freqais_example_makes_the_same_trades(runs: Runs, save: EvidenceFolder) -> None:
    def run(guards: str) -> Trades:
        config = FREQAI_CONFIG | {"freqai": {**FREQAI_CONFIG["freqai"], "identifier": guards}}
        return runs.backtest(guards, FREQAI, timerange=SHORT, extra=config)

    bare, guarded = both(run)
    require_equal(runs, bare, guarded)
    keep(save, guarded)


@pytest.mark.slow
@pytest.mark.parametrize("name", SPOT)
def test_each_makes_the_same_trades_on_spot(spot: Runs, name: str, save: EvidenceFolder) -> None:
    bare, guarded = both(lambda guards: spot.backtest(guards, name, timerange=SHORT))
    require_equal(spot, bare, guarded)
    if name not in FUTURES:
        keep(save, guarded)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EmaCrossRoi", "LimitMaker", "FuturesLongShort"])
def test_candles_of_a_minute_in_between_change_nothing(runs: Runs, name: str) -> None:
    detail = ("--timeframe-detail", "1m")
    require_equal(
        runs,
        *both(lambda guards: runs.backtest(guards, name, timerange=DETAIL, arguments=detail)),
        least=10,
    )


@pytest.mark.slow
def test_a_strategy_without_a_file_makes_the_same_trades(runs: Runs) -> None:
    code = runs.base64("MixedIn")
    require_equal(runs, *both(lambda guards: runs.backtest(guards, code, timerange=SHORT)))


@pytest.mark.slow
def test_a_strategy_in_a_folder_below_makes_the_same_trades(runs: Runs) -> None:
    below = runs.strategies / "family" / "of_mine"
    below.mkdir(parents=True, exist_ok=True)
    code = (runs.strategies / "MixedIn.py").read_text(encoding="utf-8")
    moved = code.replace("class MixedIn(", "class MovedBelow(")
    (below / "MovedBelow.py").write_text(moved, encoding="utf-8")
    searched = ("--recursive-strategy-search",)
    try:
        require_equal(
            runs,
            *both(
                lambda guards: runs.backtest(
                    guards, "MovedBelow", timerange=SHORT, arguments=searched
                )
            ),
        )
    finally:
        shutil.rmtree(runs.strategies / "family")


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "spaces"),
    [
        ("HyperoptSpaces", ("buy", "sell", "protection", "roi", "stoploss", "trailing", "trades")),
        ("SampleStrategy", ("buy", "sell", "exit")),
    ],
)
def test_a_search_with_two_workers_finds_the_same(
    runs: Runs, name: str, spaces: tuple[str, ...]
) -> None:
    bare = runs.hyperopt(BARE, name, epochs=8, spaces=spaces)
    guarded = runs.hyperopt(OBSERVE, name, epochs=8, spaces=spaces)
    assert len(bare) == 8
    assert sum(trades for trades, *_ in bare) > 20
    assert bare == guarded


@pytest.mark.slow
@pytest.mark.parametrize("guards", [OBSERVE, ENFORCE])
def test_freqtrades_look_for_looking_ahead_says_the_same(runs: Runs, guards: str) -> None:
    arguments = (
        *("--strategy", "EmaCrossRoi", "--timerange", SHORT, "--timeframe", "5m"),
        *("--minimum-trade-amount", "5", "--targeted-trade-amount", "8"),
    )
    bare, guarded = (
        tables(runs.run("lookahead-analysis", one, *arguments)) for one in (BARE, guards)
    )
    assert any("EmaCrossRoi" in line for line in bare)
    assert bare == guarded


@pytest.mark.slow
def test_freqtrades_look_for_recursion_says_the_same(runs: Runs) -> None:
    arguments = (
        *("--strategy", "MultiTimeframe", "--timerange", SHORT, "--timeframe", "5m"),
        *("--startup-candle", "60", "200"),
    )
    bare, guarded = (
        tables(runs.run("recursive-analysis", one, *arguments)) for one in (BARE, ENFORCE)
    )
    assert any("rsi" in line for line in bare)
    assert bare == guarded


@pytest.mark.slow
def test_the_list_of_strategies_is_the_same(runs: Runs) -> None:
    bare, guarded = (tables(runs.run("list-strategies", one)) for one in (BARE, ENFORCE))
    for name in EVERY:
        assert any(name in line for line in bare), name
    assert bare == guarded


def test_the_long_one_is_long_and_none_imports_anything_of_ours(tmp_path: Path) -> None:
    write_strategies(tmp_path)
    files = sorted(tmp_path.glob("*.py"))
    assert len(files) == len(EVERY)
    assert len((tmp_path / "Thousands.py").read_text().splitlines()) >= 5_000
    assert not [file.name for file in files if "plimsoll" in file.read_text().lower()]


@pytest.mark.slow
def test_on_a_month_of_the_real_market_they_make_the_same_trades(
    runs: Runs, tmp_path: Path, real_data: Path
) -> None:
    real = Runs(tmp_path)
    lay_out(real.userdir)
    write_strategies(real.strategies)
    real.data.symlink_to(real_data)
    exchange = json.loads((runs.folder / f"{BARE}.json").read_bytes())["exchange"]
    real.write_configs({"exchange": {**exchange, "pair_whitelist": list(PAIRS[:2])}})
    require_equal(real, *both(lambda guards: real.backtest(guards, *ON_REAL, timerange=REAL)))
