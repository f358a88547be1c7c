"""A feature is kept that beats the shadows in most folds."""

import numpy as np
import pytest

from plimsoll.lab.selection.importance import FoldImportance
from plimsoll.lab.selection.ranking import select

COLUMNS = ["a", "b", "c", "shadow-0"]


def fold(*values: float) -> FoldImportance:
    return FoldImportance(np.array(values), np.array([6.0, 2.0, 1.0, 1.0]))


def test_worth_is_counted_fold_by_fold_against_the_best_shadow() -> None:
    windows = [[fold(0.3, 0.02, 0.0, 0.01)] * 2, [fold(0.2, 0.0, 0.0, 0.01)] * 2]
    made = select(COLUMNS, windows)
    assert [one.name for one in made.features] == ["a", "b", "c"]
    assert [one.above_shadows for one in made.features] == [1.0, 0.5, 0.0]
    assert [one.kept for one in made.features] == [True, True, False]
    assert made.features[0].by_window == (0.3, 0.2)
    assert made.features[0].shap_share == pytest.approx(0.6)
    assert made.shadow == pytest.approx(0.01)


def test_a_shadow_below_zero_is_no_reason_to_keep_what_is_worth_nothing() -> None:
    made = select(COLUMNS, [[fold(0.0, -0.01, 0.1, -0.5)]])
    assert [one.name for one in made.features if one.kept] == ["c"]


def test_windows_that_agree_are_stable() -> None:
    one, other = [fold(0.3, 0.2, 0.1, 0.0)], [fold(0.1, 0.2, 0.3, 0.0)]
    assert select(COLUMNS, [one, one]).stability == pytest.approx(1.0)
    assert select(COLUMNS, [one, other]).stability == pytest.approx(-1.0)
    assert select(COLUMNS, [one]).stability is None
