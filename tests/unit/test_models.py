"""What a model's author imports: the base that is there, and everything that is shipped uses it."""

import ast
from pathlib import Path

import pytest
from freqtrade.freqai.base_models.BaseClassifierModel import BaseClassifierModel
from freqtrade.freqai.base_models.BaseRegressionModel import BaseRegressionModel

from plimsoll import models
from plimsoll.bridge.freqai import (
    purged_classifier,
    purged_regressor,
    purged_sequence,
    purged_stack,
)
from plimsoll.modelling import estimators
from tests.conftest import ROOT

SHIPPED = sorted((ROOT / "user_data/freqaimodels").glob("*.py"))


BASES = {
    "PurgedClassifier": (purged_classifier, BaseClassifierModel),
    "PurgedRegressor": (purged_regressor, BaseRegressionModel),
    "PurgedSequence": (purged_sequence, BaseRegressionModel),
    "PurgedStack": (purged_stack, BaseClassifierModel),
}


def test_every_name_is_a_base_of_freqai_a_range_or_makes_an_estimator() -> None:
    rest = [name for name in models.__all__ if name not in BASES and name != "Range"]
    assert len(rest) == 11
    assert all(name.endswith(("_classifier", "_regressor")) for name in rest)
    assert all(getattr(models, name) is getattr(estimators, name) for name in rest)


@pytest.mark.parametrize("name", BASES)
def test_a_base_is_one_of_freqai(name: str) -> None:
    module, base = BASES[name]
    assert getattr(models, name) is getattr(module, name)
    assert issubclass(getattr(models, name), base)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_model_imports_its_base_from_here(file: Path) -> None:
    imported = {
        alias.name: node.module
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    [base] = set(imported) & set(BASES)
    assert imported[base] == "plimsoll.models"
