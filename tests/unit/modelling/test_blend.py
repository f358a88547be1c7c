"""Blends: calibration of one model, and the weights of several."""

import numpy as np
import pytest

from plimsoll.labels import log_loss_skill
from plimsoll.modelling.blend import Blend, fit_blend


def drawn(count: int = 4000, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """True probabilities of three classes, and what happened."""
    random = np.random.default_rng(seed)
    told = random.dirichlet([2.0, 2.0, 2.0], count)
    happened = (told.cumsum(axis=1) < random.random((count, 1))).sum(axis=1)
    return told, happened


def sharpened(told: np.ndarray) -> np.ndarray:
    """The same, said with too much confidence."""
    raised = told**3
    return raised / raised.sum(axis=1, keepdims=True)


def test_confidence_that_goes_too_far_is_taken_back() -> None:
    told, happened = drawn()
    blend = fit_blend([sharpened(told)], happened, np.ones(len(happened)), strength=100.0)
    later, then = drawn(seed=2)
    calibrated = blend.apply([sharpened(later)])
    assert np.abs(calibrated - later).mean() < 0.02 < np.abs(sharpened(later) - later).mean() / 5
    often = np.full(3, 1 / 3)
    assert log_loss_skill(calibrated, then, often) > log_loss_skill(sharpened(later), then, often)


def test_probabilities_add_up_to_one_even_where_a_model_was_certain() -> None:
    told, happened = drawn(500)
    blend = fit_blend([told], happened, np.ones(500))
    certain = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    found = blend.apply([certain])
    assert np.allclose(found.sum(axis=1), 1.0)
    assert (found > 0).all()


def test_a_model_that_says_nothing_is_given_no_weight() -> None:
    told, happened = drawn()
    noise = np.random.default_rng(3).dirichlet([2.0, 2.0, 2.0], len(told))
    blend = fit_blend([told, noise], happened, np.ones(len(told)))
    assert np.abs(blend.weights[:, 3:]).max() < 0.2 < np.abs(blend.weights[:, :3]).max()


def test_two_classes_are_a_blend_of_two() -> None:
    random = np.random.default_rng(1)
    up = random.random(2000)
    happened = (random.random(2000) < up).astype(int)
    said = np.column_stack([1 - up, up])
    blend = fit_blend([said], happened, np.ones(2000), strength=100.0)
    assert blend.weights.shape == (2, 2)
    assert np.abs(blend.apply([said]) - said).mean() < 0.03


def test_what_is_applied_is_the_formula() -> None:
    blend = Blend(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0.0, np.log(2.0)]))
    assert blend.apply([np.array([[0.5, 0.5]])])[0] == pytest.approx([1 / 3, 2 / 3])
