"""Fit one model: early stopping, class weights and calibration without a look at the test."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import signature
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.labels import purged_rows
from plimsoll.modelling.blend import Blend, fit_blend
from plimsoll.modelling.parts import Floats, Part, part_of
from plimsoll.modelling.settings import TrainingSettings

Make = Callable[[], Any]
"""Returns a new estimator with scikit-learn's ``fit``."""

ROUNDS = {
    "lightgbm": "n_estimators",
    "xgboost": "n_estimators",
    "catboost": "iterations",
    "plimsoll": "epochs",
}
"""Libraries that stop early, and what they call the number of trees; an LSTM's are epochs."""


@dataclass(frozen=True, eq=False)
class Rows:
    """What is learned from, in time order.

    Attributes
    ----------
    features
        Rows × features, no NaN.
    labels
        Class names or numbers, one a row.
    weights
        How much each row counts.
    horizon_candles, embargo_candles
        What is left out before rows that are held out.
    """

    features: Floats
    labels: NDArray[Any]
    weights: Floats
    horizon_candles: int
    embargo_candles: int

    def __len__(self) -> int:
        return len(self.features)

    def chosen(self, numbers: NDArray[np.intp]) -> "Rows":
        """Return some of the rows."""
        return Rows(
            self.features[numbers],
            self.labels[numbers],
            self.weights[numbers],
            self.horizon_candles,
            self.embargo_candles,
        )

    def split(self, first: int) -> "tuple[Rows, Rows]":
        """Return the rows before one, purged, and those from it on."""
        left = purged_rows(
            first, horizon_candles=self.horizon_candles, embargo_candles=self.embargo_candles
        )
        return self.chosen(np.arange(left)), self.chosen(np.arange(first, len(self)))


@dataclass(frozen=True, eq=False)
class Fitted:
    """A fitted model, of one part or several.

    Attributes
    ----------
    parts
        By name; a single model's is ``model``.
    classes
        Their names, ascending; empty when a number is forecast.
    blend
        What makes one forecast of the parts' probabilities, or calibrates those of one.
    chosen
        What the training found by itself: the number of trees, tuned parameters.
    """

    parts: Mapping[str, Part]
    classes: tuple[str, ...] = ()
    blend: Blend | None = None
    chosen: Mapping[str, Any] = field(default_factory=dict)

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes as scikit-learn has them."""
        return np.array(self.classes, dtype=object)

    def predict_proba(self, rows: Any) -> Floats:
        """Return a probability a row and class."""
        said = [part.predict(_numbers(rows)) for part in self.parts.values()]
        return said[0] if self.blend is None else self.blend.apply(said)

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the likeliest class of each row, or its number."""
        if self.classes:
            likeliest: NDArray[Any] = self.classes_[self.predict_proba(rows).argmax(axis=1)]
            return likeliest
        [part] = self.parts.values()
        return part.predict(_numbers(rows))


def fit_classifier(make: Make, rows: Rows, settings: TrainingSettings) -> Fitted:
    """Fit a classifier on all rows, after its number of trees and its calibration were found.

    Both are found on rows at the end that a first model did not learn from, with horizon and
    embargo left out before each stretch:

    ``learned | gap | where it stops | gap | where it is calibrated``

    The model that is returned learns from all of the rows, with that number of trees, and its
    probabilities pass through that calibration (as scikit-learn's ``CalibratedClassifierCV`` with
    ``ensemble=False``).

    Raises
    ------
    PlimsollError
        With fewer than two classes, or when a stretch lacks one.
    """
    names, codes = classes_and_codes(rows.labels)
    coded = Rows(rows.features, codes, rows.weights, rows.horizon_candles, rows.embargo_candles)
    rounds, blend = _found(make, coded, settings, len(names))
    estimator = with_rounds(make(), rounds)
    fit(estimator, coded, class_weights=settings.class_weights)
    return Fitted(
        {"model": part_of(estimator, classes=len(names))},
        names,
        blend,
        {} if rounds is None else {_counted(estimator): rounds},
    )


def fit_regressor(make: Make, rows: Rows, settings: TrainingSettings) -> Fitted:
    """Fit a regressor on all rows, after its number of trees was found on held-out ones."""
    rounds, _ = _found(make, rows, settings, 0)
    estimator = with_rounds(make(), rounds)
    fit(estimator, rows)
    chosen = {} if rounds is None else {_counted(estimator): rounds}
    return Fitted({"model": part_of(estimator, classes=0)}, chosen=chosen)


def fit(
    estimator: Any,
    rows: Rows,
    *,
    class_weights: bool = False,
    until: Rows | None = None,
    rounds: int = 0,
) -> None:
    """Fit an estimator; with ``until``, until those rows gain nothing for so many trees."""
    weights = rows.weights * (balance(rows.labels) if class_weights else 1.0)
    library = _library(estimator)
    if until is None or library not in ROUNDS:
        estimator.fit(rows.features, rows.labels, sample_weight=weights)
        return
    held = [(until.features, until.labels)]
    if library == "lightgbm":
        from lightgbm import LGBMModel, early_stopping

        named = "eval_X" in signature(LGBMModel.fit).parameters  # since LightGBM 4.7
        estimator.fit(
            rows.features,
            rows.labels,
            sample_weight=weights,
            callbacks=[early_stopping(rounds, verbose=False)],
            **({"eval_X": held[0][0], "eval_y": held[0][1]} if named else {"eval_set": held}),
        )
    elif library == "xgboost":
        estimator.set_params(early_stopping_rounds=rounds)
        estimator.fit(
            rows.features, rows.labels, sample_weight=weights, eval_set=held, verbose=False
        )
    elif library == "plimsoll":
        estimator.fit(
            rows.features, rows.labels, sample_weight=weights, until=held[0], patience=rounds
        )
    else:
        estimator.fit(
            rows.features,
            rows.labels,
            sample_weight=weights,
            eval_set=held,
            early_stopping_rounds=rounds,
            use_best_model=True,
        )


def with_rounds(estimator: Any, rounds: int | None) -> Any:
    """Return the estimator with so many trees; as it is without a number."""
    return (
        estimator
        if rounds is None
        else estimator.set_params(**{ROUNDS[_library(estimator)]: rounds})
    )


def classes_and_codes(labels: NDArray[Any]) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the class names, ascending, and each row's place among them.

    Raises
    ------
    PlimsollError
        With fewer than two classes: nothing could be told apart.
    """
    names, codes = np.unique(labels.astype(str), return_inverse=True)
    if len(names) < 2:
        found = names[0] if len(names) else "none"
        raise PlimsollError(
            f"expected 2 classes or more among {len(labels)} rows of training, found only "
            f"{found}; lengthen train_period_days, or lower the target's threshold"
        )
    return tuple(str(name) for name in names), codes.astype(np.intp)


def balance(codes: NDArray[np.intp]) -> Floats:
    """Return weights by which each class counts for as much, 1 on average."""
    counts = np.bincount(codes)
    weights: Floats = len(codes) / (np.count_nonzero(counts) * counts[codes])
    return weights


def require_every_class(codes: NDArray[np.intp], classes: int, where: str) -> None:
    """Raise `PlimsollError` when a stretch of rows lacks a class."""
    found = len(np.unique(codes)) if classes else classes
    if found < classes:
        raise PlimsollError(
            f"expected all {classes} classes among the {len(codes)} rows {where}, found {found}; "
            "lengthen train_period_days"
        )


def _found(
    make: Make, rows: Rows, settings: TrainingSettings, classes: int
) -> tuple[int | None, Blend | None]:
    """Return the number of trees and the calibration, ``None`` where not asked for."""
    library = _library(make())
    stops = settings.early_stopping_rounds > 0 and library in ROUNDS
    calibrates = settings.calibrate and classes > 0
    if not stops and not calibrates:
        return None, None
    held = max(int(len(rows) * settings.held_out_fraction), 1)
    learned, last = rows.split(len(rows) - held) if calibrates else (rows, None)
    until = None
    if stops:
        learned, until = learned.split(len(learned) - held)
        require_every_class(until.labels, classes, "that a model stops at")
    require_every_class(learned.labels, classes, "learned from before it stops")
    probe = make()
    fit(
        probe,
        learned,
        class_weights=settings.class_weights and classes > 0,
        until=until,
        rounds=settings.early_stopping_rounds,
    )
    blend = None
    if last is not None:
        require_every_class(last.labels, classes, "that a model is calibrated on")
        said = part_of(probe, classes=classes).predict(last.features)
        blend = fit_blend([said], last.labels, last.weights)
    return (_best(probe, library) if stops else None), blend


def _best(estimator: Any, library: str) -> int:
    if library == "lightgbm":
        return max(int(estimator.best_iteration_), 1)
    if library == "xgboost":
        return int(estimator.best_iteration) + 1
    if library == "plimsoll":
        return int(estimator.best_epochs)
    return max(int(estimator.get_best_iteration()) + 1, 1)


def _counted(estimator: Any) -> str:
    return "epochs" if _library(estimator) == "plimsoll" else "trees"


def _library(estimator: Any) -> str:
    for kind in type(estimator).__mro__:
        library = kind.__module__.split(".")[0]
        if library in ROUNDS:
            return library
    return "other"


def _numbers(rows: Any) -> Floats:
    return np.ascontiguousarray(np.asarray(rows, dtype=np.float64))
