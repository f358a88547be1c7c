"""The facade: what a strategy's author imports is there, and brings nothing that few need."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
from freqtrade.strategy import IStrategy

from plimsoll import features, risk, strategies
from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT

INSIDE = ("plimsoll.bridge", "plimsoll.core", "plimsoll.lab", "plimsoll.control")
SHIPPED = sorted((ROOT / "user_data/strategies").glob("*.py"))


def modules_after(code: str) -> set[str]:
    """Names of what a fresh process has imported after a piece of code."""
    script = f"{code}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_importing_the_bases_brings_no_freqai() -> None:
    known = modules_after("from plimsoll.strategies import ModelStrategy")
    assert "freqtrade.strategy" in known
    assert not {"lightgbm", "datasieve", "torch", "freqtrade.freqai.base_models"} & known


def test_the_base_of_the_models_is_a_classifier_of_freqai() -> None:
    known = modules_after("from plimsoll.models import PurgedClassifier")
    assert "freqtrade.freqai.base_models.BaseClassifierModel" in known


def test_every_base_is_a_strategy_of_freqtrade() -> None:
    bases = {name for name in strategies.__all__ if name.endswith("Strategy")}
    assert len(bases) == 7
    assert all(issubclass(getattr(strategies, name), IStrategy) for name in bases)


def test_the_facade_defines_no_class() -> None:
    # Hyperopt pickles by value what the module of a base defines.
    source = inspect.getsource(strategies)
    assert not [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)]


@pytest.mark.parametrize("module", [strategies, features, risk], ids=lambda one: one.__name__)
def test_every_name_it_lists_is_there_once(module: ModuleType) -> None:
    names = module.__all__
    assert len(names) == len(set(names))
    assert all(getattr(module, name) is not None for name in names)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_strategy_imports_what_an_author_may(file: Path) -> None:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    origins = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert [origin for origin in origins if origin.startswith(INSIDE)] == []


def test_the_package_tells_type_checkers_that_it_is_typed() -> None:
    assert (ROOT / "src/plimsoll/py.typed").is_file()
