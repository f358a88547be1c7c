"""Strategies, models, losses and plugins: files that Freqtrade loads one by one (L5 to L7)."""

import ast
import logging
import sys
from importlib import import_module
from pathlib import Path

import pytest

from tests.architecture.tree import parse, short
from tests.conftest import ROOT

# By name: the models' resolver imports FreqAI's own packages, which are optional.
RESOLVERS = {
    "user_data/strategies": "strategy_resolver.StrategyResolver",
    "user_data/freqaimodels": "freqaimodel_resolver.FreqaiModelResolver",
    "user_data/hyperopts": "hyperopt_resolver.HyperOptLossResolver",
    "plugins/protections": "protection_resolver.ProtectionResolver",
    "plugins/pairlists": "pairlist_resolver.PairListResolver",
}
LOOSE = sorted(file for folder in RESOLVERS for file in (ROOT / folder).glob("*.py"))
ALLOWED = {
    *sys.stdlib_module_names,
    *("pandas", "numpy", "talib", "lightgbm", "freqtrade", "plimsoll"),
}
MAX_LINES = 120

every_file = pytest.mark.parametrize("file", LOOSE, ids=short)


def imports(file: Path) -> list[str]:
    """Full names of what a file imports, wherever in it; a relative import begins with a dot."""
    found = []
    for node in ast.walk(parse(file)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            origin = "." * node.level + (node.module or "")
            found += [f"{origin}.{alias.name}" for alias in node.names]
    return found


def test_there_are_files_of_the_kinds_that_ship() -> None:
    folders = {short(file.parent) for file in LOOSE}
    assert {"user_data/strategies", "plugins/protections", "plugins/pairlists"} <= folders


@every_file
def test_it_holds_one_class_named_as_the_file(file: Path) -> None:
    classes = [node.name for node in ast.walk(parse(file)) if isinstance(node, ast.ClassDef)]
    assert classes == [file.stem]


@every_file
def test_it_reads_like_a_page(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@every_file
def test_it_imports_only_what_every_user_has(file: Path) -> None:
    assert [name for name in imports(file) if name.split(".")[0] not in ALLOWED] == []


@every_file
def test_it_never_sees_a_label(file: Path) -> None:
    if file.parent.name == "freqaimodels":
        pytest.skip("models learn from labels")
    assert [name for name in imports(file) if "label" in name] == []


@every_file
def test_it_reads_its_features_by_name(file: Path) -> None:
    """By position, one more feature would shift what the rules read."""
    assert "self.features()" not in file.read_text(encoding="utf-8")


@every_file
def test_its_class_says_what_it_does(file: Path) -> None:
    [made] = [node for node in parse(file).body if isinstance(node, ast.ClassDef)]
    assert ast.get_docstring(made)


@every_file
def test_freqtrade_loads_it_without_a_warning(file: Path, caplog: pytest.LogCaptureFixture) -> None:
    module, _, name = RESOLVERS[short(file.parent)].partition(".")
    resolver = getattr(import_module(f"freqtrade.resolvers.{module}"), name)
    with caplog.at_level(logging.WARNING):
        found, where = resolver._search_object(file.parent, object_name=file.stem)
    assert caplog.messages == []
    assert found is not None
    assert where == file
