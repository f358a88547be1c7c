"""The shipped numbers agree with each other."""

import pytest
from freqtrade.configuration.load_config import load_config_file
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy.parameters import BaseParameter, CategoricalParameter, NumericParameter

from plimsoll.bridge.config.settings import settings_from
from tests.conftest import ROOT

STRATEGIES = sorted(file.stem for file in (ROOT / "user_data/strategies").glob("*.py"))


def parameters(strategy: str) -> dict[str, BaseParameter]:
    found, _ = StrategyResolver._search_object(ROOT / "user_data/strategies", object_name=strategy)
    members = {name: getattr(found, name, None) for name in dir(found)}
    return {name: value for name, value in members.items() if isinstance(value, BaseParameter)}


def test_the_fee_of_a_backtest_is_the_sum_of_the_stated_costs() -> None:
    base = load_config_file(str(ROOT / "user_data/config/base.json"))
    assert settings_from(base).costs.fill_fraction == pytest.approx(base["fee"], rel=1e-12)


def test_at_least_one_strategy_has_parameters() -> None:
    assert any(parameters(name) for name in STRATEGIES)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_every_default_lies_in_the_range_that_hyperopt_searches(strategy: str) -> None:
    outside = {}
    for name, parameter in parameters(strategy).items():
        if isinstance(parameter, NumericParameter):
            inside = parameter.low <= parameter.value <= parameter.high
        else:
            assert isinstance(parameter, CategoricalParameter)
            inside = parameter.value in parameter.opt_range
        if not inside:
            outside[name] = parameter.value
    assert outside == {}
