"""The complete examples of the pages run, and their tables say what the code says."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import rapidjson
from annotated_types import Ge, Gt, Le, Lt
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver
from freqtrade.resolvers.pairlist_resolver import PairListResolver
from freqtrade.resolvers.protection_resolver import ProtectionResolver
from freqtrade.strategy.parameters import NumericParameter
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from plimsoll.bridge.freqtrade.plugin_search import register
from plimsoll.bridge.plugins.pairlist_options import (
    CorrelationOptions,
    FundingOptions,
    LiquidityOptions,
    OpenInterestOptions,
    QualityLimits,
)
from plimsoll.risk.costs import TradingCosts
from tests.conftest import ROOT, random_candles
from tests.unit.bridge.trades import backtest_trades, close_in_backtest

PAGES = {
    name: (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    for name in (
        "plugins",
        "strategies",
        "profiles",
        "costs",
        "pairlists",
        "hyperopt",
        "demo",
        "architecture",
        "troubleshooting",
    )
}
EXAMPLE = re.compile(
    r"`(user_data/[\w/]+\.py)`[^\n]*\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL
)
FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
NOON = datetime(2024, 8, 5, 12, tzinfo=UTC)
BOUNDS = {Ge: "at least {}", Gt: "above {}", Le: "at most {}", Lt: "below {}"}


@pytest.fixture(scope="module")
def userdir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder with every complete example of the pages in its place."""
    folder = tmp_path_factory.mktemp("examples")
    for page in PAGES.values():
        for name, code in EXAMPLE.findall(page):
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(code, encoding="utf-8")
    return folder / "user_data"


@pytest.fixture
def config(userdir: Path) -> dict[str, Any]:
    made = {"timeframe": "5m", "user_data_dir": userdir, "runmode": RunMode.BACKTEST}
    register(made)
    return {**made, "stake_currency": "USDT", "dry_run": True, "trading_mode": "futures"}


def strategy(name: str, config: dict[str, Any]) -> Any:
    return StrategyResolver.load_strategy({**config, "strategy": name})


def test_there_is_an_example_of_each_kind(userdir: Path) -> None:
    found = {file.relative_to(userdir).as_posix() for file in userdir.rglob("*.py")}
    assert found == {
        "plugins/protections/LosingStreakGuard.py",
        "plugins/pairlists/SmallOrderPairList.py",
        "strategies/Somebodys.py",
        "strategies/Breakout.py",
    }


def test_the_protection_locks_after_its_losses_and_not_before(config: dict[str, Any]) -> None:
    options = {"method": "LosingStreakGuard", "losses": 2, "stop_duration": 60}
    guard = ProtectionResolver.load_protection("LosingStreakGuard", config, options)
    with backtest_trades():
        for minutes, profit in ((50, -1.0), (40, 1.0), (30, -1.0)):
            close_in_backtest(NOON - timedelta(minutes=minutes), profit)
        assert guard.global_stop(NOON, "long", 1000.0) is None
        close_in_backtest(NOON, -1.0)
        answer = guard.global_stop(NOON, "long", 1000.0)
    assert answer.lock
    assert answer.until == NOON + timedelta(minutes=60)
    assert "2 losses" in answer.reason
    assert "60 minutes" in guard.short_desc()


def test_the_pairlist_keeps_what_a_small_account_can_trade(config: dict[str, Any]) -> None:
    smallest = {"CHEAP": 5.0, "DEAR": 100.0, "UNKNOWN": None}
    markets = {pair: {"limits": {"cost": {"min": usd}}} for pair, usd in smallest.items()}
    exchange = SimpleNamespace(markets=markets)
    made = PairListResolver.load_pairlist("SmallOrderPairList", exchange, None, config, {}, 1)
    assert made.filter_pairlist(list(markets), {}) == ["CHEAP"]
    assert made.needstickers is False


def test_the_plain_strategy_brings_the_guards(config: dict[str, Any]) -> None:
    methods = [entry["method"] for entry in strategy("Somebodys", config).protections]
    assert methods == ["DailyLossGuard", "LosingStreakGuard"]
    for entry in strategy("Somebodys", config).protections:
        assert ProtectionResolver.load_protection(entry["method"], config, entry)


def test_the_strategy_enters_leaves_and_warms_up(config: dict[str, Any]) -> None:
    made = strategy("Breakout", config)
    assert made.startup_candle_count == 101
    candles = made.populate_indicators(random_candles(2000), {"pair": "BTC/USDT:USDT"})
    marked = made.populate_entry_trend(candles, {"pair": "BTC/USDT:USDT"})
    marked = made.populate_exit_trend(marked, {"pair": "BTC/USDT:USDT"})
    for side in ("long", "short"):
        entries, exits = marked[f"enter_{side}"].eq(1), marked[f"exit_{side}"].eq(1)
        assert entries.any()
        assert exits.any()
        assert not (entries & exits).any()
        assert not entries.iloc[:48].any()


@pytest.mark.parametrize("name", PAGES)
def test_every_piece_of_python_and_json_is_well_formed(name: str) -> None:
    for language, body in FENCED.findall(PAGES[name]):
        if language == "python":
            compile(body, name, "exec")
        if language == "json":
            rapidjson.loads(body, parse_mode=rapidjson.PM_COMMENTS | rapidjson.PM_TRAILING_COMMAS)


# Tables


def rows(page: str) -> dict[str, list[str]]:
    """Rows of the page's tables, by the name in backticks in their first cell."""
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in PAGES[page].splitlines()
        if line.startswith("| `")
    ]
    return {row[0].strip("`"): row[1:] for row in cells}


def bounds(field: FieldInfo) -> str:
    return ", ".join(_bounds(field.metadata)) or "–"


def _bounds(metadata: list[Any]) -> Iterator[str]:
    for found in metadata:
        for kind, words in BOUNDS.items():
            if isinstance(found, kind):
                yield words.format(f"{getattr(found, kind.__name__.lower()):g}")


def default(field: FieldInfo) -> str:
    if field.default is None or field.default_factory is not None:
        return "none"
    return f"`{field.default}`" if isinstance(field.default, str) else f"`{field.default:g}`"


@pytest.mark.parametrize(
    ("page", "prefix", "model"),
    [
        ("costs", "plimsoll.costs.", TradingCosts),
        ("plugins", "", QualityLimits),
        ("pairlists", "OpenInterestPairList.", OpenInterestOptions),
        ("pairlists", "FundingPairList.", FundingOptions),
        ("pairlists", "CorrelationPairList.", CorrelationOptions),
        ("pairlists", "LiquidityPairList.", LiquidityOptions),
    ],
)
def test_settings_are_told_with_their_bounds_and_defaults(
    page: str, prefix: str, model: type[BaseModel]
) -> None:
    told = rows(page)
    expected = {f"{prefix}{name}": field for name, field in model.model_fields.items()}
    for name, field in expected.items():
        assert told[name][:2] == [default(field), bounds(field)], name
    if prefix:
        assert {name for name in told if name.startswith(prefix)} == set(expected)


def test_every_parameter_of_the_trend_strategy_is_told(config: dict[str, Any]) -> None:
    folder = ROOT / "user_data/strategies"
    made = StrategyResolver.load_strategy(
        {**config, "strategy": "TrendFollow", "strategy_path": str(folder)}
    )
    told, found = rows("strategies"), 0
    for name in dir(type(made)):
        parameter = getattr(type(made), name, None)
        if isinstance(parameter, NumericParameter):
            found += 1
            span = f"{parameter.low:g} to {parameter.high:g}"
            assert told[name][:2] == [f"`{parameter.value:g}`", span], name
    assert found == 6
