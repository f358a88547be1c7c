"""One named test for each other Freqtrade fact that Plimsoll relies on."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import freqtrade.constants
import pandas as pd
import pytest
from freqtrade.configuration.deprecated_settings import process_temporary_deprecated_settings
from freqtrade.exceptions import ConfigurationError
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy.strategy_wrapper import strategy_safe_wrapper

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.freqtrade import plugin_search
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment, command
from plimsoll.lab.results import read_backtests
from plimsoll.venue.market.symbols import LISTED
from tests.compat.conftest import TIMERANGE, Workspace

BACKTEST = ["--timeframe", "5m", "--timerange", TIMERANGE]


def test_fact_l2_log_handlers_are_built_before_the_config_is_checked(tmp_path: Path) -> None:
    handler = "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler"
    config = {
        "exchange": {"name": "binance"},
        "pairlists": [{"method": "NoSuchPairList"}],
        "log_config": {
            "version": 1,
            "formatters": {},
            "handlers": {"plimsoll": {"class": handler}},
            "root": {"handlers": []},
        },
        "plimsoll": {"risk": {"typo": 1}},
    }
    file = tmp_path / "config.json"
    file.write_text(json.dumps(config), encoding="utf-8")
    done = subprocess.run(
        [command("freqtrade"), "test-pairlist", "-c", str(file)],
        capture_output=True,
        text=True,
        env=child_environment(),
        cwd=tmp_path,
    )
    assert done.returncode == 2
    assert "plimsoll.risk.typo" in done.stderr
    assert "NoSuchPairList" not in done.stderr
    assert "Traceback" not in done.stderr


def test_fact_l2_the_schema_checks_pairlists_against_the_list_we_extend() -> None:
    plugin_search.require_known_resolvers()
    plugin_search.register({})
    assert freqtrade.constants.AVAILABLE_PAIRLISTS.count("QualityPairList") == 1
    plugin_search.register({})
    assert freqtrade.constants.AVAILABLE_PAIRLISTS.count("QualityPairList") == 1


def test_a_changed_fact_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_search.ProtectionResolver, "user_subdir", "somewhere")
    with pytest.raises(PlimsollError, match="protection resolver searches no user folder"):
        plugin_search.register({})


@pytest.mark.parametrize("found", ["2026.8", "2026.10", "2027.1", "2026.10-dev"])
def test_fact_b12_a_version_outside_the_pin_is_refused(found: str) -> None:
    with pytest.raises(PlimsollError, match=f"found {found}"):
        plugin_search.require_supported_freqtrade(found)


@pytest.mark.parametrize("found", ["2026.9", "2026.9.1"])
def test_versions_inside_the_pin_are_taken(found: str) -> None:
    plugin_search.require_supported_freqtrade(found)


def test_fact_l4_protections_in_the_config_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="protections"):
        process_temporary_deprecated_settings({"protections": [], "exchange": {}})


def test_fact_l6_an_import_error_may_still_load_what_stands_before_it(tmp_path: Path) -> None:
    file = tmp_path / "Half.py"
    file.write_text(
        "from freqtrade.strategy import IStrategy\n\n\nclass Half(IStrategy):\n    pass\n\n\n"
        "import no_such_module\n",
        encoding="utf-8",
    )
    found, _ = StrategyResolver._search_object(tmp_path, object_name="Half")
    assert found is not None


@pytest.mark.freqtrade
def test_fact_l8_a_change_of_the_package_evicts_the_backtest_cache(
    fresh_workspace: Callable[[], Workspace], workspace: Workspace
) -> None:
    mine = fresh_workspace()
    arguments = [*mine.layers("mode-backtest.json"), *BACKTEST, "--cache", "day"]
    arguments += ["--datadir", str(workspace.userdir / "data/binance"), "--strategy", "TrendFollow"]
    assert "Reusing result" not in mine.run("backtesting", arguments)
    assert "Reusing result" in mine.run("backtesting", arguments)
    patch = mine.folder / "sitecustomize.py"
    patch.write_text(
        "import plimsoll.bridge.config.fingerprint as f\nf.code_fingerprint = lambda: 'another'\n",
        encoding="utf-8",
    )
    changed = mine.run("backtesting", arguments, environment={"PYTHONPATH": str(mine.folder)})
    assert "Reusing result" not in changed


@pytest.mark.freqtrade
def test_fact_l8_saved_results_name_the_code_fingerprint_for_every_way_to_name_strategies(
    workspace: Workspace,
) -> None:
    layers = workspace.layers("mode-backtest.json")
    for chosen in (["--strategy", "NoTrade"], ["--strategy-list", "NoTrade", "BuyAndHold"]):
        workspace.run("backtesting", [*layers, *BACKTEST, "--cache", "none", *chosen])
        found = read_backtests(workspace.userdir / "backtest_results")
        assert {result.code_fingerprint for result in found} == {code_fingerprint()}


@pytest.mark.freqtrade
def test_fact_l8_saved_results_keep_the_halts_of_each_strategy(workspace: Workspace) -> None:
    """Freqtrade makes, stores, reads and prints a strategy's statistics with ours among them."""
    layer = workspace.folder / "nervous.json"
    risk = {
        "drawdown_reduce_fraction": 0.001,
        "drawdown_halt_fraction": 0.002,
        "backtest_breach_observations": 1,
    }
    layer.write_text(json.dumps({"plimsoll": {"risk": risk}}), encoding="utf-8")
    arguments = [*workspace.layers("mode-backtest.json"), "-c", str(layer), *BACKTEST]
    printed = workspace.run(
        "backtesting",
        [*arguments, "--cache", "none", "--strategy-list", "TrendFollow", "NoTrade"],
    )
    still, follower = read_backtests(workspace.userdir / "backtest_results")
    assert (still.strategy, still.halts) == ("NoTrade", ())
    (halt,) = follower.halts
    assert (halt.event, halt.rule, halt.pair) == ("halted", "drawdown", None)
    assert follower.start < pd.Timestamp(halt.at) < follower.end
    assert " ".join(printed.split()).count("TrendFollow: plimsoll: HALTED the account by") == 1
    shown = workspace.run("backtesting-show", workspace.layers())
    for text in (printed, shown):
        table = text[text.index("STRATEGY SUMMARY") :]
        assert "WHAT THE GUARDS DID: TrendFollow" in table
        assert f"HALTED by drawdown on {halt.at:%Y-%m-%d}: the remaining" in table
        assert "NoTrade: the guards watched and had nothing to do" in table


@pytest.mark.freqtrade
def test_fact_b13_hooks_named_as_freqtrades_own_are_spared_the_copy(workspace: Workspace) -> None:
    layers = workspace.layers("mode-backtest.json")
    arguments = [*layers, *BACKTEST, "--cache", "none", "--strategy", "TrendFollow"]
    workspace.run("backtesting", arguments)
    (spared,) = read_backtests(workspace.userdir / "backtest_results")
    patch = workspace.folder / "sitecustomize.py"
    patch.write_text(
        "from plimsoll.bridge.strategies.guarded import GuardedStrategy as G\n"
        "G._without_copy = lambda self, hook: hook.__get__(self)\n",
        encoding="utf-8",
    )
    try:
        environment = {"PYTHONPATH": str(workspace.folder)}
        workspace.run("backtesting", arguments, environment=environment)
    finally:
        patch.unlink()
    (copied,) = read_backtests(workspace.userdir / "backtest_results")
    assert len(spared.trades) > 20
    pd.testing.assert_frame_equal(spared.trades, copied.trades)

    def custom_stoploss(trade: object) -> object:
        return trade

    trade = ["a trade"]
    assert strategy_safe_wrapper(custom_stoploss)(trade=trade) is not trade
    custom_stoploss.__qualname__ = "IStrategy.custom_stoploss"
    assert strategy_safe_wrapper(custom_stoploss)(trade=trade) is trade


@pytest.mark.freqtrade
def test_fact_l9_a_configuration_error_exits_with_zero_and_our_runner_raises(
    workspace: Workspace, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text('{"max_open_trades": "many"}', encoding="utf-8")
    arguments = [*workspace.layers(), "-c", str(wrong)]
    done = subprocess.run(
        [command("freqtrade"), "show-config", *arguments],
        capture_output=True,
        text=True,
        env=child_environment(),
        cwd=tmp_path,
    )
    assert done.returncode == 0
    with pytest.raises(PlimsollError, match="Configuration error"):
        workspace.run("show-config", arguments)


def test_fact_b2_strategy_callbacks_fail_open() -> None:
    def confirm_trade_entry() -> bool:
        raise RuntimeError("a bug")

    assert strategy_safe_wrapper(confirm_trade_entry, default_retval=True)() is True


def test_fact_b5_the_simulated_symbols_have_leverage_tiers() -> None:
    tiers = Path(freqtrade.constants.__file__).parent / "exchange" / "binance_leverage_tiers.json"
    served = {spec.pair for spec in LISTED.values()}
    assert len(served) >= 20
    assert served <= set(json.loads(tiers.read_text(encoding="utf-8")))
