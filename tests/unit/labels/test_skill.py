"""Skill: forecasts against how often each class occurs."""

import numpy as np
import pytest

from plimsoll.labels import log_loss_skill, squared_error_skill

HALVES = np.array([0.5, 0.5])
TRUTH = np.array([0, 1, 1, 0])


def test_the_frequencies_themselves_have_no_skill() -> None:
    assert log_loss_skill(np.tile(HALVES, (4, 1)), TRUTH, HALVES) == pytest.approx(0.0)


def test_certainty_that_comes_true_has_all_skill() -> None:
    assert log_loss_skill(np.eye(2)[TRUTH], TRUTH, HALVES) == pytest.approx(1.0)


def test_certainty_that_is_wrong_is_worse_than_no_forecast() -> None:
    assert log_loss_skill(np.eye(2)[1 - TRUTH], TRUTH, HALVES) < -10


def test_skill_is_of_the_losses_by_hand() -> None:
    said = np.array([[0.8, 0.2], [0.4, 0.6]])
    found = log_loss_skill(said, np.array([0, 1]), np.array([0.25, 0.75]))
    assert found == pytest.approx(1 - np.log(0.8 * 0.6) / np.log(0.25 * 0.75))


def test_no_row_is_no_number() -> None:
    assert np.isnan(log_loss_skill(np.empty((0, 2)), np.empty(0, dtype=int), HALVES))


def test_frequencies_that_leave_nothing_to_say_are_no_number() -> None:
    one = np.array([1.0, 0.0])
    assert np.isnan(log_loss_skill(np.tile(one, (2, 1)), np.array([0, 0]), one))


RETURNS = np.array([0.01, -0.02, 0.03])


def test_the_usual_value_itself_has_no_skill() -> None:
    assert squared_error_skill(np.full(3, 0.01), RETURNS, usual=0.01) == pytest.approx(0.0)


def test_squared_errors_by_hand() -> None:
    found = squared_error_skill(np.array([0.01, 0.0, 0.01]), RETURNS, usual=0.0)
    assert found == pytest.approx(1 - (0.02**2 + 0.02**2) / (0.01**2 + 0.02**2 + 0.03**2))


def test_no_row_and_nothing_to_get_wrong_are_no_number() -> None:
    assert np.isnan(squared_error_skill(np.empty(0), np.empty(0), usual=0.0))
    assert np.isnan(squared_error_skill(np.ones(2), np.zeros(2), usual=0.0))
