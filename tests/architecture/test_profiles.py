"""The shipped numbers agree with each other."""

from typing import Any

import pytest
from freqtrade.configuration.load_config import load_config_file
from freqtrade.constants import Config
from freqtrade.enums import RunMode
from freqtrade.resolvers import StrategyResolver
from freqtrade.strategy import IStrategy
from freqtrade.strategy.parameters import BaseParameter, CategoricalParameter, NumericParameter

from plimsoll.bridge.config.settings import settings_from
from plimsoll.venue.market.symbols import LISTED
from plimsoll.venue.profile import freqtrade_config
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


ACCOUNT = {"stake_currency", "stake_amount", "max_open_trades"}
"""What a strategy may set too, and the account decides: docs/profiles.md says so."""
LAYERS = sorted(
    file.name for file in (ROOT / "user_data/config").glob("*.json") if "schema" not in file.name
)


def overridden_by_config(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return what Freqtrade takes from a config before it asks the strategy."""
    names = set()
    override = StrategyResolver._override_attribute_helper

    def recorded(strategy: IStrategy, config: Config, attribute: str, default: Any) -> None:
        names.add(attribute)
        override(strategy, config, attribute, default)

    monkeypatch.setattr(StrategyResolver, "_override_attribute_helper", staticmethod(recorded))
    loaded("NoTrade")
    assert {"unfilledtimeout", "order_types", "minimal_roi"} < names
    return names


def loaded(strategy: str) -> Config:
    """Return what a shipped strategy and the base layer make of a config."""
    config = load_config_file(str(ROOT / "user_data/config/base.json"))
    config |= {"strategy": strategy, "strategy_path": ROOT / "user_data/strategies"}
    config |= {"user_data_dir": ROOT / "user_data", "runmode": RunMode.BACKTEST}
    StrategyResolver.load_strategy(config)
    return config


@pytest.mark.parametrize("layer", [*LAYERS, "of the venue"])
def test_no_layer_sets_what_a_strategy_sets_itself(
    layer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if layer == "of the venue":
        content = freqtrade_config("http://127.0.0.1:1", list(LISTED.values()), follow_clock=True)
    else:
        content = load_config_file(str(ROOT / "user_data/config" / layer))
    assert set(content) & (overridden_by_config(monkeypatch) | {"protections"}) <= ACCOUNT


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_orders_of_a_shipped_strategy_rest_for_two_minutes(strategy: str) -> None:
    two = {"entry": 2, "exit": 2, "exit_timeout_count": 1, "unit": "minutes"}
    assert loaded(strategy)["unfilledtimeout"] == two
