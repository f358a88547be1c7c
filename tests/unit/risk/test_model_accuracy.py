"""Models that are wrong too often."""

import pytest

from plimsoll.core import Mode
from plimsoll.risk.guards.model_accuracy import model_accuracy
from tests.unit.risk.accounts import PROFILE, account, model


def judge(*models):
    return model_accuracy(account(models=models), PROFILE)


def test_an_account_without_models_is_active() -> None:
    assert judge().mode is Mode.ACTIVE


def test_a_model_exactly_at_the_limit_trades() -> None:
    assert judge(model(0.5)).mode is Mode.ACTIVE


def test_one_model_below_the_limit_takes_no_entry() -> None:
    verdict = judge(model(0.9), model(0.49))
    assert verdict.mode is Mode.REDUCING
    assert (verdict.value, verdict.limit) == (0.49, 0.5)
    assert verdict.reason == "model lgbm was right in 49.0% of 100 predictions, limit 50.0%"


def test_a_model_with_too_few_predictions_does_not_count_and_does_not_hide_the_next() -> None:
    assert judge(model(0.0, 99)).mode is Mode.ACTIVE
    assert judge(model(0.0, 99), model(0.1)).mode is Mode.REDUCING


@pytest.mark.parametrize("accuracy", [None, float("nan"), float("inf")])
def test_an_accuracy_that_is_not_known_denies(accuracy: float | None) -> None:
    verdict = judge(model(accuracy))
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 0.5


def test_models_that_cannot_be_seen_deny() -> None:
    verdict = model_accuracy(account(models=None), PROFILE)
    assert verdict.mode is Mode.REDUCING
    assert verdict.limit == 0.5
