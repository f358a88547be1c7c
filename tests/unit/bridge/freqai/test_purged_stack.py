"""The stack's base: parameters by member, and none for a member that there is not."""

from pathlib import Path

import pytest
from freqtrade.exceptions import OperationalException

from tests.unit.bridge.bots import backtest
from tests.unit.bridge.freqai.training import MEMBERS, of_model


def test_each_member_takes_its_own_parameters(tmp_path: Path) -> None:
    with backtest(tmp_path, **of_model(tmp_path, "StackingDirection")) as bot:
        bot.strategy.load_freqAI_model()
        made = {name: new() for name, new in bot.strategy.freqai.members().items()}
    assert list(made) == [*MEMBERS, "logistic"]
    assert made["lightgbm"].get_params()["min_child_samples"] == 20
    assert made["xgboost"].get_params()["max_depth"] == 3
    assert made["catboost"].get_params()["iterations"] == 15
    assert made["forest"].get_params()["n_estimators"] == 10


def test_parameters_of_a_member_that_there_is_not_are_refused(tmp_path: Path) -> None:
    config = of_model(tmp_path, "StackingDirection")
    config["freqai"] = {**config["freqai"], "model_training_parameters": {"num_leaves": 8}}
    with (
        pytest.raises(OperationalException, match=r"by member \(lightgbm.*found num_leaves"),
        backtest(tmp_path, **config) as bot,
    ):
        bot.strategy.load_freqAI_model()
