"""Several models under one that knows how far each can be trusted."""

from collections.abc import Mapping

import numpy as np

from plimsoll.core import PlimsollError
from plimsoll.labels import purged_folds
from plimsoll.modelling.blend import fit_blend
from plimsoll.modelling.fitting import (
    Fitted,
    Make,
    Rows,
    classes_and_codes,
    fit,
    require_every_class,
)
from plimsoll.modelling.parts import part_of
from plimsoll.modelling.settings import TrainingSettings


def fit_stack(members: Mapping[str, Make], rows: Rows, settings: TrainingSettings) -> Fitted:
    """Fit the members on all rows, and the model above them on forecasts made out of fold.

    For each fold (`plimsoll.labels.purged_folds`) new members learn from the rows whose labels
    share no candle with it, and forecast it. The model above (`plimsoll.modelling.blend`) learns
    from those forecasts only: of rows that a member has learned from it would learn to trust the
    one that overfits most. It counts rows as they are, whatever the class weights, so that its
    probabilities are calibrated.

    Raises
    ------
    PlimsollError
        With fewer than two members or classes, or when a fold lacks a class.
    """
    if len(members) < 2:
        raise PlimsollError(f"expected 2 members of a stack or more, found {len(members)}")
    names, codes = classes_and_codes(rows.labels)
    coded = Rows(rows.features, codes, rows.weights, rows.horizon_candles, rows.embargo_candles)
    said = {name: np.full((len(rows), len(names)), np.nan) for name in members}
    for learned, held in purged_folds(
        len(rows),
        folds=settings.folds,
        horizon_candles=rows.horizon_candles,
        embargo_candles=rows.embargo_candles,
    ):
        part_rows = coded.chosen(learned)
        require_every_class(part_rows.labels, len(names), "beside a fold")
        for name, make in members.items():
            member = make()
            fit(member, part_rows, class_weights=settings.class_weights)
            said[name][held] = part_of(member, classes=len(names)).predict(rows.features[held])
    blend = fit_blend(list(said.values()), codes, rows.weights)
    parts = {}
    for name, make in members.items():
        member = make()
        fit(member, coded, class_weights=settings.class_weights)
        parts[name] = part_of(member, classes=len(names))
    return Fitted(parts, names, blend)
