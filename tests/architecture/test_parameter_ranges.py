"""Parameters live in one place: a strategy's defaults are points of its own search space."""

from pathlib import Path

import pytest
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy.parameters import (
    BaseParameter,
    CategoricalParameter,
    DecimalParameter,
    IntParameter,
    NumericParameter,
)

from tests.architecture.tree import short
from tests.conftest import ROOT

STRATEGIES = sorted((ROOT / "user_data/strategies").glob("*.py"))
SPACES = {"buy", "sell", "protection"}


def parameters(file: Path) -> dict[str, BaseParameter]:
    """The hyperopt parameters of a strategy file, by name."""
    made, _ = StrategyResolver._search_object(file.parent, object_name=file.stem)
    assert made is not None
    return {
        name: found
        for name in dir(made)
        if name != "protections" and isinstance(found := getattr(made, name, None), BaseParameter)
    }


def fault(parameter: BaseParameter) -> str | None:
    """Say why a default is no point of its parameter's search space."""
    default = parameter.value
    if isinstance(parameter, CategoricalParameter):
        choices = list(parameter.opt_range)
        if default not in choices:
            return f"default {default!r} is none of {choices}"
        return None if len(set(choices)) > 1 else f"{choices} leaves nothing to choose"
    if not isinstance(parameter, NumericParameter):
        return f"{type(parameter).__name__} has no range"
    if not parameter.low < parameter.high:
        return f"range {parameter.low} to {parameter.high} is empty"
    if not parameter.low <= default <= parameter.high:
        return f"default {default} is outside {parameter.low} to {parameter.high}"
    return None


def test_there_are_strategies_with_parameters() -> None:
    assert sum(bool(parameters(file)) for file in STRATEGIES) >= 3


@pytest.mark.parametrize("file", STRATEGIES, ids=short)
def test_every_default_lies_inside_its_range(file: Path) -> None:
    faults = {name: fault(found) for name, found in parameters(file).items()}
    assert {name: said for name, said in faults.items() if said} == {}


@pytest.mark.parametrize("file", STRATEGIES, ids=short)
def test_every_parameter_belongs_to_a_space_that_hyperopt_can_search(file: Path) -> None:
    found = {name: one.space for name, one in parameters(file).items()}
    assert {name: space for name, space in found.items() if space not in SPACES} == {}


@pytest.mark.parametrize("file", STRATEGIES, ids=short)
def test_no_file_beside_a_strategy_overrides_its_parameters(file: Path) -> None:
    assert not file.with_suffix(".json").exists()


@pytest.mark.parametrize(
    ("parameter", "said"),
    [
        (IntParameter(1, 5, default=6, space="buy"), "outside"),
        (IntParameter(1, 5, default=0, space="buy"), "outside"),
        (DecimalParameter(0.1, 0.5, default=0.1, decimals=1, space="buy"), None),
        (IntParameter(5, 5, default=5, space="buy"), "empty"),
        (CategoricalParameter(["a", "b"], default="c", space="buy"), "none of"),
        (CategoricalParameter(["a", "a"], default="a", space="buy"), "nothing to choose"),
    ],
)
def test_a_default_outside_is_found(parameter: BaseParameter, said: str | None) -> None:
    assert (fault(parameter) is None) if said is None else (said in str(fault(parameter)))
