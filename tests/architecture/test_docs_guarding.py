"""The guide for strategies of others says what the code says: signatures, callbacks, examples."""

import ast
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy

from plimsoll.bridge.strategies.hooks import HookedStrategy
from plimsoll.bridge.strategies.rules import RuleStrategy
from plimsoll.core import Side
from plimsoll.strategies import GuardedStrategy
from tests.conftest import ROOT, random_candles

PAGE = (ROOT / "docs/guard-your-strategy.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(
    r"`(user_data/strategies/\w+\.py)`[^\n]*\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL
)
PYTHON = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
OF_THE_BASES = {
    *("value_before", "value_asked", "ready", "days_needed", "days_known"),
    *("asked_beyond", "held_stop", "entry_masks", "exit_masks"),
}
"""What the bases answer themselves: an author asks them, or leaves them as they are."""


def stubs() -> dict[str, ast.FunctionDef]:
    """The functions of the page's block of signatures."""
    [block] = [body for body in PYTHON.findall(PAGE) if body.startswith("def ")]
    return {node.name: node for node in ast.parse(block).body if isinstance(node, ast.FunctionDef)}


def written(node: ast.FunctionDef) -> list[str]:
    """Parameters and answer of a function as the page has them."""
    parameters = [
        one.arg if one.annotation is None else f"{one.arg}: {ast.unparse(one.annotation)}"
        for one in node.args.args
    ]
    return [*parameters, "" if node.returns is None else ast.unparse(node.returns)]


def in_code(name: str) -> list[str]:
    """The same of the code's own definition."""
    for kind in GuardedStrategy.__mro__:
        if name in vars(kind):
            source = inspect.cleandoc("\n" + inspect.getsource(vars(kind)[name]))
            [node] = ast.parse(source).body
            assert isinstance(node, ast.FunctionDef)
            return written(node)
    raise AssertionError(f"GuardedStrategy has no {name}")


def authors_hooks() -> set[str]:
    """What the bases offer an author: their public methods that Freqtrade does not call."""
    own = {*vars(RuleStrategy), *vars(HookedStrategy)}
    methods = {name for name in own if not name.startswith("_") and not hasattr(IStrategy, name)}
    return {
        name for name in methods if inspect.isfunction(getattr(GuardedStrategy, name, None))
    } - OF_THE_BASES


def rows(head: str) -> list[list[str]]:
    lines = PAGE.splitlines()
    [start] = [number for number, line in enumerate(lines) if line.startswith(f"| {head} |")]
    table = []
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split("|")])
    return table


def test_every_hook_stands_with_its_signature() -> None:
    told = stubs()
    assert set(told) == authors_hooks()
    assert {name: written(node) for name, node in told.items()} == {
        name: in_code(name) for name in told
    }


def test_every_callback_that_is_named_is_freqtrades() -> None:
    asked = [row[0].strip("`") for row in rows("Freqtrade's callback")]
    assert len(asked) == 12
    untouched = re.findall(r"`(\w+)`", PAGE.partition("Not touched:")[2].partition("###")[0])
    names = [*asked, *untouched]
    assert [name for name in names if not hasattr(IStrategy, name)] == []


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with the strategies of the page."""
    folder = tmp_path_factory.mktemp("guide")
    for name, code in EXAMPLE.findall(PAGE):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(code, encoding="utf-8")
    return folder / "user_data"


def strategy(name: str, userdir: Path) -> Any:
    config = {"timeframe": "5m", "user_data_dir": userdir, "runmode": RunMode.BACKTEST}
    config |= {"stake_currency": "USDT", "dry_run": True, "trading_mode": "futures"}
    return StrategyResolver.load_strategy({**config, "strategy": name})


def test_there_are_three_strategies(userdir: Path) -> None:
    files = {file.name for file in (userdir / "strategies").glob("*.py")}
    assert files == {"EmaCross.py", "DipLadder.py", "RsiReversal.py"}


@pytest.mark.parametrize("name", ["EmaCross", "DipLadder", "RsiReversal"])
def test_each_of_them_loads_warms_up_and_enters(name: str, userdir: Path) -> None:
    made = strategy(name, userdir)
    assert made.startup_candle_count >= 60
    candles = made.populate_indicators(random_candles(3000), {"pair": "BTC/USDT:USDT"})
    marked = made.populate_entry_trend(candles, {"pair": "BTC/USDT:USDT"})
    assert marked["enter_long"].eq(1).any()


def test_the_rewritten_one_enters_where_the_first_did(userdir: Path) -> None:
    [before] = [body for body in PYTHON.findall(PAGE) if body.startswith("class RsiReversal")]
    names: dict[str, Any] = {}
    exec(
        "import talib.abstract as ta\nfrom freqtrade.strategy import IStrategy\n"
        "from pandas import DataFrame\n" + before,
        names,
    )
    config = {"timeframe": "1h", "stake_currency": "USDT", "trading_mode": "futures"}
    candles, pair = random_candles(3000), {"pair": "BTC/USDT:USDT"}
    plain = names["RsiReversal"](config)
    old = plain.populate_entry_trend(plain.populate_indicators(candles.copy(), pair), pair)
    made = strategy("RsiReversal", userdir)
    new = made.populate_entry_trend(made.populate_indicators(candles.copy(), pair), pair)
    for column in ("enter_long", "enter_short"):
        first, second = (frame[column].eq(1).iloc[200:] for frame in (old, new))
        assert first.any()
        assert (first == second).mean() > 0.999


def test_the_reason_of_the_page_is_given_on_a_weekend(userdir: Path) -> None:
    made = strategy("RsiReversal", userdir)
    saturday, monday = datetime(2025, 5, 31, tzinfo=UTC), datetime(2025, 6, 2, tzinfo=UTC)
    assert made.veto_entry("BTC/USDT:USDT", Side.LONG, 1.0, saturday) == "weekend"
    assert made.veto_entry("BTC/USDT:USDT", Side.LONG, 1.0, monday) is None
