"""Every freqtrade command loads our plugins and the user's own (facts L1 to L3)."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from freqtrade_client import FtRestClient

from plimsoll.lab.processes import child_environment, command, running, wait_until
from tests.compat.conftest import TIMERANGE, Workspace
from tests.ports import free_port

pytestmark = pytest.mark.freqtrade

BACKTEST = ["--timeframe", "5m", "--timerange", TIMERANGE, "--cache", "none"]


def loads(output: str, kind: str, name: str) -> bool:
    """Whether freqtrade's log says that it loaded the class from outside its package."""
    flat = re.sub(r"\s+", " ", output)
    return bool(
        re.search(rf"Using resolved {kind} {name} from '[^']*/plugins/{kind}s/{name}", flat)
    )


def assert_pairlists(output: str) -> None:
    assert loads(output, "pairlist", "QualityPairList")
    assert loads(output, "pairlist", "UsersOwnPairList")


def test_fact_l1_unregistered_freqtrade_finds_no_plugin_outside_its_package() -> None:
    code = (
        "from freqtrade.resolvers.protection_resolver import ProtectionResolver as R\n"
        "config = {'timeframe': '5m', 'user_data_dir': __import__('pathlib').Path('.')}\n"
        "R.load_protection('DailyLossGuard', config, {'method': 'DailyLossGuard'})\n"
    )
    done = subprocess.run(
        [command("python"), "-c", code], capture_output=True, text=True, env=child_environment()
    )
    assert "Impossible to load Protection 'DailyLossGuard'" in done.stderr


def test_backtesting_loads_protections_and_pairlists(workspace: Workspace) -> None:
    layers = workspace.layers("own-pairlists.json", "mode-backtest.json")
    output = workspace.run("backtesting", [*layers, *BACKTEST, "--strategy", "PlainStrategy"])
    assert_pairlists(output)
    assert loads(output, "protection", "DailyLossGuard")
    assert loads(output, "protection", "UsersOwnGuard")
    assert "UsersOwnGuard was asked" in output


def test_fact_l3_hyperopt_workers_build_our_protections(workspace: Workspace) -> None:
    layers = workspace.layers("own-pairlists.json", "mode-backtest.json")
    arguments = [*layers, "--timeframe", "5m", "--timerange", "20250225-20250301", "-j", "2"]
    arguments += ["--strategy", "TrendFollow", "--epochs", "3", "--spaces", "buy", "sell"]
    arguments += ["--hyperopt-loss", "SharpeHyperOptLoss", "--disable-param-export"]
    output = workspace.run("hyperopt", [*arguments, "--random-state", "1"])
    assert_pairlists(output)
    assert "Impossible to load" not in output
    assert re.search(r"3/3|Best result", output)


def test_test_pairlist_loads_pairlists(workspace: Workspace) -> None:
    output = workspace.run("test-pairlist", workspace.layers("own-pairlists.json"))
    assert_pairlists(output)
    assert "BTC/USDT:USDT" in output.rsplit("Pairs for", 1)[-1]


def test_list_strategies_loads_every_shipped_strategy_without_a_warning(
    workspace: Workspace,
) -> None:
    output = workspace.run("list-strategies", [*workspace.layers(), "--no-color"])
    for name in ("TrendFollow", "BuyAndHold", "NoTrade"):
        assert re.search(rf"{name} .* OK ", output)
    assert "Could not import" not in output


def test_show_config_accepts_our_pairlists(workspace: Workspace) -> None:
    output = workspace.run("show-config", workspace.layers("own-pairlists.json"))
    assert "QualityPairList" in output
    assert "UsersOwnPairList" in output


def test_lookahead_analysis_runs_and_finds_no_bias(workspace: Workspace) -> None:
    layers = workspace.layers("mode-backtest.json")
    arguments = [*layers, "--timeframe", "5m", "--timerange", TIMERANGE]
    arguments += ["--strategy", "TrendFollow", "--minimum-trade-amount", "5"]
    output = workspace.run("lookahead-analysis", [*arguments, "--targeted-trade-amount", "5"])
    assert loads(output, "pairlist", "QualityPairList")
    assert "no bias detected" in output


def test_recursive_analysis_finds_no_lookahead(workspace: Workspace) -> None:
    arguments = [*workspace.layers(), "--timeframe", "5m", "--timerange", TIMERANGE]
    arguments += ["--strategy", "TrendFollow", "--startup-candle", "200", "600"]
    output = workspace.run("recursive-analysis", arguments)
    assert loads(output, "pairlist", "QualityPairList")
    assert "No lookahead bias on indicators found." in output


def test_download_data_accepts_our_pairlists(workspace: Workspace) -> None:
    layers = workspace.layers("own-pairlists.json")
    output = workspace.run("download-data", [*layers, "-t", "1h", "--timerange", "20250228-"])
    assert "Configuration error" not in output
    assert (workspace.userdir / "data/binance/futures/BTC_USDT_USDT-1h-futures.feather").exists()


@contextmanager
def serving(workspace: Workspace, arguments: Sequence[str], *, log: Path) -> Iterator[FtRestClient]:
    """Run a freqtrade command with its REST API on a free port of loopback."""
    port = free_port()
    environment = {
        "FREQTRADE__API_SERVER__LISTEN_PORT": str(port),
        "FREQTRADE__API_SERVER__PASSWORD": "for-this-test",
        "FREQTRADE__API_SERVER__JWT_SECRET_KEY": "for-this-test-only-0123456789-0123456789",
    }
    with running(
        [command("freqtrade"), *arguments],
        log=log,
        folder=workspace.folder,
        environment=environment,
    ):
        yield FtRestClient(f"http://127.0.0.1:{port}", "plimsoll", "for-this-test", timeout=60)


def test_trade_loads_protections_and_pairlists(workspace: Workspace) -> None:
    layers = workspace.layers("own-pairlists.json", "mode-dry-run.json", "api-server.json")
    arguments = ["trade", *layers, "--strategy", "PlainStrategy", "--db-url", "sqlite://"]
    log = workspace.folder / "trade.log"
    with serving(workspace, arguments, log=log) as bot:
        wait_until(lambda: (bot.ping() or {}).get("status") == "pong", seconds=180, what="a bot")
        assert sorted(bot.whitelist()["whitelist"]) == ["BTC/USDT:USDT", "ETH/USDT:USDT"]
        # REST answers before the protections are loaded.
        for name in ("DailyLossGuard", "UsersOwnGuard"):
            wait_until(
                lambda name=name: loads(log.read_text(encoding="utf-8"), "protection", name),
                seconds=60,
                what=name,
            )
    assert_pairlists(log.read_text(encoding="utf-8"))


def test_webserver_registers_our_pairlists(workspace: Workspace) -> None:
    arguments = ["webserver", *workspace.layers("api-server.json")]
    with serving(workspace, arguments, log=workspace.folder / "webserver.log") as server:
        wait_until(server.version, seconds=180, what="a server")
        listed = server.pairlists_available()
    names = {entry["name"] for entry in listed["pairlists"]}
    assert {"QualityPairList", "UsersOwnPairList", "StaticPairList"} <= names
