"""What is said of each strategy: guarded, watched, or not and why."""

import json
from pathlib import Path
from typing import Any

import pytest
from freqtrade.resolvers import StrategyResolver

from plimsoll.bridge.freqtrade.strategy_files import strategy_files
from plimsoll.bridge.freqtrade.strategy_loading import guard_strategies
from plimsoll.bridge.wrapping.install import guard_of
from plimsoll.lab.finding import Finding, Level
from plimsoll.lab.strategy_guarding import check_guards, check_strategies, why_not_guarded
from plimsoll.lab.strategy_loading import load_strategy

HANDLER = "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler"
REGISTERED = {"log_config": {"handlers": {"plimsoll": {"class": HANDLER}}}}
PLAIN = (
    "from freqtrade.strategy import IStrategy\n\n\nclass {name}(IStrategy):\n    can_short = True\n"
)
OURS = "from plimsoll.strategies import GuardedStrategy\n\n\nclass {name}(GuardedStrategy): ...\n"


@pytest.fixture(autouse=True)
def no_pytest_for_freqtrade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_VERSION", raising=False)


def write(userdir: Path, name: str, text: str) -> None:
    folder = userdir / "strategies"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text.format(name=name), encoding="utf-8")


def guards(mode: str, **more: Any) -> dict[str, Any]:
    return {**REGISTERED, "plimsoll": {"guards": mode}, **more}


def the(findings: list[Finding]) -> Finding:
    [finding] = findings
    return finding


def test_with_our_handler_a_plain_strategy_is_guarded(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    finding = the(check_strategies(REGISTERED, tmp_path))
    assert finding.level is Level.OK
    assert finding.found == f"Mine from {tmp_path / 'strategies'}: guarded"
    assert finding.names == ("Mine",)


def test_the_remedy_without_our_handler_names_the_layers_in_order(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    own = tmp_path / "config.json"
    base = tmp_path / "config/base.json"
    finding = the(check_strategies({}, tmp_path, [own]))
    assert finding.remedy == f"layer {base} before your config: -c {base} -c {own}"


def test_without_our_handler_only_what_says_so_itself_is_guarded(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    write(tmp_path, "Ours", OURS)
    bare, ours = sorted(check_strategies({}, tmp_path), key=lambda one: -one.level)
    assert (bare.level, bare.names) == (Level.WARNING, ("Mine",))
    assert "NOT GUARDED, no layer names our log handler" in bare.found
    base = tmp_path / "config/base.json"
    assert bare.remedy == f"layer {base} before your config"
    assert (ours.level, ours.names) == (Level.OK, ("Ours",))


def test_a_variable_that_makes_freqtrade_skip_its_handlers_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_VERSION", "8")
    write(tmp_path, "Mine", PLAIN)
    finding = the(check_strategies(REGISTERED, tmp_path))
    assert "NOT GUARDED, PYTEST_VERSION is set" in finding.found


@pytest.mark.parametrize("text", [PLAIN, OURS])
def test_a_getattribute_of_its_own_passes_the_guards_by(tmp_path: Path, text: str) -> None:
    method = "\n    def __getattribute__(self, name):\n        return None\n"
    write(tmp_path, "Mine", text.replace("): ...", "):") + method)
    finding = the(check_strategies(REGISTERED, tmp_path))
    assert finding.level is Level.WARNING
    assert "NOT GUARDED, a __getattribute__ of its own" in finding.found
    assert "a bot refuses to start" in finding.remedy


def test_with_guards_off_nothing_is_guarded(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    write(tmp_path, "Ours", OURS)
    finding = the(check_strategies(guards("off"), tmp_path))
    assert finding.names == ("Mine", "Ours")
    assert "NOT GUARDED, plimsoll.guards is off" in finding.found


def test_while_guards_observe_a_strategy_is_watched(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    assert the(check_strategies(guards("observe"), tmp_path)).found.endswith(": observed")


def test_a_file_that_is_not_python_is_a_fault_and_the_others_are_told(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    (tmp_path / "strategies/Broken.py").write_text("class Broken(\n", encoding="utf-8")
    fault, guarded = check_strategies(REGISTERED, tmp_path)
    assert fault.level is Level.FAULT
    assert "Broken.py is not Python" in fault.found
    assert guarded.names == ("Mine",)


def test_the_folder_that_the_config_names_is_searched_too(tmp_path: Path) -> None:
    write(tmp_path, "Mine", PLAIN)
    (tmp_path / "more/strategies").mkdir(parents=True)
    write(tmp_path / "more", "Other", PLAIN)
    config = {**REGISTERED, "strategy_path": str(tmp_path / "more/strategies")}
    assert the(check_strategies(config, tmp_path)).names == ("Mine", "Other")


def test_guards_that_enforce_are_well() -> None:
    assert the(check_guards({})).level is Level.OK


def test_guards_that_are_off_are_said_loudly() -> None:
    finding = the(check_guards(guards("off")))
    assert finding.level is Level.WARNING
    assert finding.found.startswith("OFF: ")


def test_guards_that_only_observe_are_said_loudly() -> None:
    finding = the(check_guards(guards("observe", dry_run=True)))
    assert finding.level is Level.WARNING
    assert finding.found.startswith("OBSERVED ONLY: ")


def test_guards_that_only_observe_money_want_their_sentence() -> None:
    finding = the(check_guards(guards("observe", dry_run=False)))
    assert finding.level is Level.FAULT
    assert "plimsoll.observe_opt_in" in finding.found
    opted = guards("observe", dry_run=False)
    opted["plimsoll"]["observe_opt_in"] = "Nothing closes my positions for me"
    assert the(check_guards(opted)).level is Level.WARNING


BODY = """
    timeframe = "5m"
    stoploss = -0.1

    def populate_indicators(self, dataframe, metadata):
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        return dataframe
"""
READING = """
    def __getattribute__(self, name):
        return object.__getattribute__(self, name)
"""


@pytest.mark.parametrize("mode", ["enforce", "observe", "off"])
@pytest.mark.parametrize("more", ["", READING], ids=["plain", "own reading"])
def test_what_the_text_says_is_what_loading_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str, more: str
) -> None:
    monkeypatch.setattr(StrategyResolver, "validate_strategy", StrategyResolver.validate_strategy)
    guard_strategies()
    write(tmp_path, "Mine", PLAIN + BODY + more)
    config = {
        **guards(mode),
        "exchange": {"name": "binance"},
        "trading_mode": "futures",
        "max_open_trades": 3,
    }
    (tmp_path / "own.json").write_text(json.dumps(config), encoding="utf-8")
    [told] = strategy_files([tmp_path / "strategies"]).strategies
    loaded = load_strategy("Mine", tmp_path, [tmp_path / "own.json"]).strategy
    guard = guard_of(loaded)
    stands = guard is not None and guard._settings.guards != "off"
    assert (why_not_guarded(told, config) is None) is stands
