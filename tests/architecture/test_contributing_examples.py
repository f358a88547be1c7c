"""The examples of CONTRIBUTING.md work: guard, feature and strategy pass the tests beside them."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver
from pydantic import create_model

from plimsoll.features import registry, volume
from plimsoll.risk import RiskProfile, profile
from tests.conftest import ROOT, random_candles
from tests.contracts import test_guards
from tests.unit.risk import accounts

TEXT = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"`([\w/.]+)`[^`]*:\n\n```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
GUARD, FEATURE = "positions_per_side", "rising_volume_fraction"


def blocks() -> dict[str, str]:
    """Python of the page by the file that the sentence before it names last."""
    return dict(BLOCK.findall(TEXT))


def run(code: str, name: str, *, into: dict[str, Any] | None = None) -> dict[str, Any]:
    """Run a piece of the page as the module of that name; return what it defines."""
    space = {"__name__": name} if into is None else into
    exec(compile(code, f"CONTRIBUTING.md: {name}", "exec"), space)
    return space


def own_tests(space: dict[str, Any]) -> list[Any]:
    return [made for name, made in space.items() if name.startswith("test_")]


@pytest.fixture
def with_limit(monkeypatch: pytest.MonkeyPatch) -> type[RiskProfile]:
    """The profile with the limit of the page, also where the tests of guards make theirs."""
    code = "class Limits:\n" + blocks()["max_open_positions"]
    limits = run(code, profile.__name__, into=dict(vars(profile)))["Limits"]
    [(key, kind)] = limits.__annotations__.items()
    made = create_model("RiskProfile", __base__=RiskProfile, **{key: (kind, getattr(limits, key))})
    monkeypatch.setattr(accounts, "RiskProfile", made)
    return made


@pytest.fixture
def guard(monkeypatch: pytest.MonkeyPatch, with_limit: type[RiskProfile]) -> Any:
    """The guard of the page, importable as if its file were there."""
    name = f"plimsoll.risk.guards.{GUARD}"
    module = ModuleType(name)
    run(blocks()[f"src/plimsoll/risk/guards/{GUARD}.py"], name, into=vars(module))
    monkeypatch.setitem(sys.modules, name, module)
    return getattr(module, GUARD)


@pytest.fixture
def feature() -> Iterator[Any]:
    """The feature of the page, registered for one test."""
    space = run(
        blocks()["src/plimsoll/features/volume.py"], volume.__name__, into=dict(vars(volume))
    )
    vars(volume)[FEATURE] = space[FEATURE]
    yield space[FEATURE]
    del vars(volume)[FEATURE], registry._FEATURES[FEATURE]


def test_the_guard_passes_the_test_of_the_page(guard: Any) -> None:
    made = own_tests(run(blocks()[f"tests/unit/risk/test_{GUARD}.py"], "example"))
    assert len(made) == 3
    for test in made:
        test()


def test_the_guard_is_given_cases_that_the_contract_takes(
    guard: Any, with_limit: type[RiskProfile]
) -> None:
    pieces = re.findall(r"^```python\n((?:    .*\n)+)```", TEXT, re.MULTILINE)
    tables: dict[str, Any] = {}
    for piece in pieces:
        if piece.startswith('    "'):
            made = eval("{" + piece + "}", dict(vars(test_guards)))
            kind = {str: "needs", int: "base", dict: "stricter"}.get(type(one_of(made)), "worse")
            tables[kind] = made
    [(limit, value)] = tables["base"].items()
    assert f"`{limit}={value}`" in TEXT
    base = {**test_guards.BASE, **tables["base"]}
    [worse], [stricter] = tables["worse"].values(), tables["stricter"].values()

    def strengths(cases: Any, limits: Any) -> list[Any]:
        answers = [
            guard(case.request, case.account, with_limit(**{**base, **changes}))
            for case in cases
            for changes in limits
        ]
        return [test_guards.strength(answer) for answer in answers]

    by_account = strengths(worse, [{}])
    assert by_account == sorted(by_account)
    assert by_account[0] < by_account[-1]
    by_limit = strengths([worse[2]], stricter)
    assert by_limit == sorted(by_limit)
    assert by_limit[0] < by_limit[-1]
    assert list(tables["needs"]) == [GUARD]


def one_of(table: dict[str, Any]) -> Any:
    """Return the first thing that a table of the page holds."""
    [held] = table.values()
    return held if isinstance(held, int) else held[0]


def test_the_feature_passes_the_test_of_the_page(feature: Any) -> None:
    made = own_tests(run(blocks()[f"tests/unit/features/test_{FEATURE}.py"], "example"))
    assert len(made) == 1
    for test in made:
        test()


def test_the_feature_does_not_see_the_future(feature: Any) -> None:
    candles = random_candles(600)
    use = feature.use(window=96)
    whole, part = use(candles), use(candles.iloc[:400])
    assert whole.iloc[:400].equals(part)
    assert part.iloc[95:].notna().all()


def test_the_strategy_is_loaded_by_freqtrade_and_trades_both_ways(tmp_path: Path) -> None:
    folder = tmp_path / "strategies"
    folder.mkdir()
    name = "KeltnerBreak"
    code = blocks()[f"user_data/strategies/{name}.py"]
    (folder / f"{name}.py").write_text(code, encoding="utf-8")
    config = {"strategy": name, "user_data_dir": tmp_path, "runmode": RunMode.BACKTEST}
    made = StrategyResolver.load_strategy(
        {**config, "dry_run": True, "trading_mode": "futures", "stake_currency": "USDT"}
    )
    assert f"Timeframe {made.timeframe}; {made.startup_candle_count} candles of warm-up" in TEXT
    marked = made.populate_indicators(random_candles(3000), {"pair": "BTC/USDT:USDT"})
    marked = made.populate_entry_trend(marked, {"pair": "BTC/USDT:USDT"})
    marked = made.populate_exit_trend(marked, {"pair": "BTC/USDT:USDT"})
    for side in ("long", "short"):
        assert marked[f"enter_{side}"].eq(1).any()
        assert not (marked[f"enter_{side}"].eq(1) & marked[f"exit_{side}"].eq(1)).any()
