"""What each feature is worth on rows that a model has not learned from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMClassifier
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.labels import purged_folds

SHADOW = "shadow-"
"""Begins the name of a copy of a feature that was moved in time: it knows nothing."""
LEAST_SHIFT_FRACTION = 0.1
_LEAST_PROBABILITY = 1e-15

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class FoldImportance:
    """What a fold says of each column, shadows included, in the order of the columns.

    ``permutation`` is by how much the log loss grows (nats a row) when the column is moved in
    time; ``shap`` the mean absolute contribution to the scores of all classes.
    """

    permutation: Floats
    shap: Floats


def classifier(seed: int) -> LGBMClassifier:
    """Return the model that measures: shallow trees on one thread, the same from the same rows."""
    return LGBMClassifier(
        n_estimators=150,
        learning_rate=0.05,
        num_leaves=8,
        min_child_samples=200,
        colsample_bytree=0.5,
        subsample=0.7,
        subsample_freq=1,
        reg_lambda=10.0,
        n_jobs=1,
        deterministic=True,
        force_row_wise=True,
        random_state=seed,
        verbosity=-1,
    )


def with_shadows(features: pd.DataFrame, count: int, lot: np.random.Generator) -> pd.DataFrame:
    """Return the features with so many shadows: copies moved in time, pair by pair alike.

    Moved and not shuffled, a copy keeps how it depends on its own past, so that it can fool a model
    as the feature itself could (Kursa & Rudnicki 2010, Feature Selection with the Boruta Package,
    Journal of Statistical Software 36(11); there rows are shuffled). The frame's index has ``date``
    and ``pair``.
    """
    chosen = lot.permutation(np.resize(np.arange(features.shape[1]), count))
    copies = {
        f"{SHADOW}{number}": _moved(features.iloc[:, int(place)], lot)
        for number, place in enumerate(chosen)
    }
    return features.assign(**copies)


def fold_importances(
    features: pd.DataFrame,
    labels: "pd.Series[str]",
    *,
    folds: int,
    horizon_candles: int,
    embargo_candles: int,
    repeats: int,
    seed: int,
) -> list[FoldImportance]:
    """Measure every column on each of so many purged folds of time.

    ``features`` and ``labels`` have one index, of ``date`` and ``pair``, sorted by date; folds are
    of dates, so that what pairs share at a time stays on one side.

    Raises
    ------
    PlimsollError
        When a fold has rows of one class only, or too few rows are there.
    """
    dates = features.index.get_level_values("date")
    place = pd.Series(np.arange(dates.nunique()), index=dates.unique()).reindex(dates).to_numpy()
    lot = np.random.default_rng(seed)
    made = []
    for learned, held in purged_folds(
        int(place[-1]) + 1,
        folds=folds,
        horizon_candles=horizon_candles,
        embargo_candles=embargo_candles,
    ):
        inside, outside = np.isin(place, learned), np.isin(place, held)
        if labels[inside].nunique() < 2:
            raise PlimsollError(
                f"expected two classes or more to learn from, found "
                f"{', '.join(map(str, labels[inside].unique()))}; take a longer --timerange"
            )
        model = classifier(seed)
        model.fit(features[inside], labels[inside])
        made.append(_measured(model, features[outside], labels[outside], repeats, lot))
    return made


def _measured(
    model: LGBMClassifier,
    features: pd.DataFrame,
    labels: "pd.Series[str]",
    repeats: int,
    lot: np.random.Generator,
) -> FoldImportance:
    known = list(model.classes_)
    rows = labels.isin(known).to_numpy()
    features, labels = features[rows], labels[rows]
    truth = np.searchsorted(known, labels.to_numpy(dtype=object).astype(str))
    values = features.to_numpy(dtype="float64")
    usual, often = _log_loss(model, values, truth), np.tile(values, (repeats, 1))
    worse = np.zeros(values.shape[1])
    for column, name in enumerate(features.columns):
        moved = [_moved(features[name], lot).to_numpy() for _ in range(repeats)]
        often[:, column] = np.concatenate(moved)
        worse[column] = _log_loss(model, often, np.tile(truth, repeats)) - usual
        often[:, column] = np.tile(values[:, column], repeats)
    shares = model.booster_.predict(values, pred_contrib=True, num_threads=1)
    contributions = np.abs(np.asarray(shares, dtype="float64")).mean(axis=0)
    by_class = contributions.reshape(-1, values.shape[1] + 1)[:, :-1]
    return FoldImportance(worse, by_class.sum(axis=0))


def _log_loss(model: LGBMClassifier, values: Floats, truth: "NDArray[np.intp]") -> float:
    said = np.asarray(model.booster_.predict(values, num_threads=1))
    if said.ndim == 1:  # of two classes: the probability of the second
        said = np.column_stack([1.0 - said, said])
    chosen = said[np.arange(len(truth)), truth]
    return float(-np.log(np.maximum(chosen, _LEAST_PROBABILITY)).mean())


def _moved(column: "pd.Series[float]", lot: np.random.Generator) -> "pd.Series[float]":
    """Return a column with each pair's values moved along its rows, the last ones to the front."""
    share = lot.uniform(LEAST_SHIFT_FRACTION, 1.0 - LEAST_SHIFT_FRACTION)

    def rolled(values: "pd.Series[float]") -> Floats:
        return np.roll(values.to_numpy(dtype="float64"), int(share * len(values)))

    return column.groupby(level="pair", sort=False).transform(rolled)
