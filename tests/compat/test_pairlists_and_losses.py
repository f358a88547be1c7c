"""A chain of our pairlists, and our hyperopt losses, in the plain freqtrade command."""

import json
import re
import subprocess
from collections.abc import Callable

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment, command, wait_until
from plimsoll.risk.costs import TradingCosts
from tests.compat.conftest import TIMERANGE, Workspace
from tests.compat.test_plugin_loading import loads, serving

pytestmark = pytest.mark.freqtrade

CHAIN = [
    {"method": "StaticPairList"},
    {"method": "QualityPairList"},
    {"method": "LiquidityPairList", "min_depth_usd": 1000},
    {"method": "OpenInterestPairList", "order": "lowest", "rank_by": "value"},
    {"method": "FundingPairList", "order": "incoming", "min_fraction": -10, "max_fraction": 10},
    {"method": "CorrelationPairList", "lookback_candles": 168},
]
OURS = [entry["method"] for entry in CHAIN[1:]]


def chain(workspace: Workspace, name: str, pairlists: list[dict]) -> list[str]:
    """Config arguments with these pairlists in a file of their own."""
    file = workspace.userdir / "config" / name
    file.write_text(json.dumps({"pairlists": pairlists}), encoding="utf-8")
    return workspace.layers(name)


def whitelist(output: str) -> list[str]:
    """The last whitelist of a log."""
    flat = re.sub(r"\s+", " ", output)
    [*_, last] = re.findall(r"Whitelist with \d+ pairs: \[([^\]]*)\]", flat)
    return re.findall(r"'([^']+)'", last)


def test_test_pairlist_runs_our_chain(workspace: Workspace) -> None:
    output = workspace.run("test-pairlist", chain(workspace, "chain.json", CHAIN))
    assert [name for name in OURS if not loads(output, "pairlist", name)] == []
    # The venue's two pairs move together, and ETH has the smaller open interest.
    assert whitelist(output) == ["ETH/USDT:USDT"]
    assert re.search(r"CorrelationPairList\s+removed\s+BTC/USDT:USDT", output)


def test_trade_runs_our_chain(workspace: Workspace) -> None:
    layers = chain(workspace, "chain.json", CHAIN)
    extras = workspace.layers("mode-dry-run.json", "api-server.json")[-4:]
    arguments = ["trade", *layers, *extras, "--strategy", "PlainStrategy", "--db-url", "sqlite://"]
    with serving(workspace, arguments, log=workspace.folder / "chain.log") as bot:
        wait_until(lambda: (bot.ping() or {}).get("status") == "pong", seconds=180, what="a bot")
        assert bot.whitelist()["whitelist"] == ["ETH/USDT:USDT"]
        assert bot.whitelist()["method"] == ["StaticPairList", *OURS]


def test_a_backtest_reads_what_is_stored_and_drops_what_is_not(workspace: Workspace) -> None:
    pairlists = [CHAIN[0], {"method": "FundingPairList", "order": "lowest", "number_assets": 1}]
    layers = [*chain(workspace, "funded.json", pairlists), "--timerange", TIMERANGE]
    output = workspace.run("backtesting", [*layers, "--strategy", "PlainStrategy"])
    flat = re.sub(r"\s+", " ", output)
    assert re.search(r"FundingPairList removed (BTC|ETH)/USDT:USDT .{0,80}number 2 of 2", flat)


def test_a_backtest_with_order_books_is_refused(workspace: Workspace) -> None:
    layers = [*chain(workspace, "books.json", CHAIN[:3]), "--timerange", TIMERANGE]
    with pytest.raises(PlimsollError):
        workspace.run("backtesting", [*layers, "--strategy", "PlainStrategy"])
    log = (workspace.folder / "freqtrade.log").read_text(encoding="utf-8")
    assert re.search(r"LiquidityPairList do not support\s+backtesting", log)


@pytest.mark.parametrize(
    "loss", ["DeflatedSharpeLoss", pytest.param("CalmarCeilingLoss", marks=pytest.mark.slow)]
)
def test_hyperopt_minimises_our_loss(fresh_workspace: Callable[[], Workspace], loss: str) -> None:
    workspace = fresh_workspace()
    workspace.run("download-data", [*workspace.layers(), "-t", "5m", "--timerange", "20250125-"])
    layers = workspace.layers("mode-backtest.json")
    arguments = [*layers, "--timerange", "20250201-20250301", "-j", "1", "--epochs", "2"]
    arguments += ["--strategy", "TrendFollow", "--spaces", "buy", "--random-state", "1"]
    output = workspace.run(
        "hyperopt", [*arguments, "--hyperopt-loss", loss, "--disable-param-export"]
    )
    flat = re.sub(r"\s+", " ", output)
    assert re.search(rf"Using resolved hyperoptloss {loss} from '[^']*/hyperopts/{loss}", flat)
    assert re.search(r"Objective: -?\d", flat)
    assert not (workspace.userdir / "strategies/TrendFollow.json").exists()


def measured(workspace: Workspace, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``plimsoll costs measure`` on the venue."""
    asked = [*workspace.layers(), "--looks", "1", "--json", *arguments]
    return subprocess.run(
        [command("plimsoll"), "costs", "measure", *asked],
        capture_output=True,
        text=True,
        env=child_environment(),
    )


def test_measured_costs_are_a_section_of_the_config(workspace: Workspace) -> None:
    done = measured(workspace)
    assert done.returncode == 0, done.stderr
    costs = TradingCosts(**json.loads(done.stdout)["plimsoll"]["costs"])
    assert set(costs.pairs) == {"BTC/USDT:USDT", "ETH/USDT:USDT"}
    assert all(0 < (pair.spread_bps or 0) < 10 for pair in costs.pairs.values())


def test_an_order_larger_than_the_book_is_one_line_and_no_numbers(workspace: Workspace) -> None:
    done = measured(workspace, "--order-usd", "1e12")
    assert done.returncode != 0
    assert done.stdout == ""
    assert "are wanted" in done.stderr
    assert "Traceback" not in done.stderr
