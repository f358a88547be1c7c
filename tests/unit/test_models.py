"""What a model's author imports: the base that is there, and everything that is shipped uses it."""

import ast
from pathlib import Path

import pytest
from freqtrade.freqai.base_models.BaseClassifierModel import BaseClassifierModel

from plimsoll import models
from plimsoll.bridge.freqai import purged_classifier
from tests.conftest import ROOT

SHIPPED = sorted((ROOT / "user_data/freqaimodels").glob("*.py"))


def test_every_name_is_a_classifier_of_freqai() -> None:
    assert models.__all__ == ["PurgedClassifier"]
    assert models.PurgedClassifier is purged_classifier.PurgedClassifier
    assert issubclass(models.PurgedClassifier, BaseClassifierModel)


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_a_shipped_model_imports_its_base_from_here(file: Path) -> None:
    imported = {
        alias.name: node.module
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported["PurgedClassifier"] == "plimsoll.models"
