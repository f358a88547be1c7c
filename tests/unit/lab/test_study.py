"""Which studies there are, and who runs in them."""

from dataclasses import replace

import pytest

from plimsoll.lab.study import (
    GUARDS_OFF,
    GUARDS_ON,
    RULE,
    STUDIES,
    Study,
    config_of,
    strategies_of,
)

BTC = "BTC/USDT:USDT"


@pytest.fixture
def study() -> Study:
    return Study("one pair", "1h", (BTC,), "20240101-20240201", ("One", "Other"), ("BuyAndHold",))


def test_baselines_run_without_guards_only(study: Study) -> None:
    assert strategies_of(study, GUARDS_OFF) == ("One", "Other", "BuyAndHold")
    assert strategies_of(study, GUARDS_ON) == ("One", "Other")


def test_every_shipped_strategy_but_those_of_models_is_in_exactly_one_study(root) -> None:
    models = {"ModelDirection", "OiClassifier", "StackedSignal", "RLTrader", "RLAllocator"}
    run = [name for study in STUDIES for name in (*study.strategies, *study.baselines)]
    shipped = {file.stem for file in (root / "user_data" / "strategies").glob("*.py")}
    assert sorted(run) == sorted(shipped - models)


def test_universe_by_rule_lets_in_pairs_that_begin_later_and_keeps_the_guards(study) -> None:
    for guarding in (GUARDS_OFF, GUARDS_ON):
        plain, ruled = (config_of(one, guarding) for one in (study, replace(study, universe=RULE)))
        assert plain == guarding.config()
        assert ruled.pop("pairlists") == [{"method": "StaticPairList"}]
        assert ruled["plimsoll"].pop("universe") == "rule"
        assert ruled == plain
