"""Parts: a model read from its file forecasts what the fitted one did, to the last bit."""

import io
import pickle
import zipfile
from typing import Any

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.fitting import classes_and_codes
from plimsoll.modelling.parts import load_part, part_of, versions_of
from tests.unit.modelling.planted import CLASSIFIERS, REGRESSORS, class_rows, features, number_rows

FRESH = features(200, seed=7)


def fitted_classifier(name: str) -> Any:
    rows = class_rows(300)
    return CLASSIFIERS[name]().fit(rows.features, classes_and_codes(rows.labels)[1])


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_comes_back_from_its_file_exactly(name: str) -> None:
    part = part_of(fitted_classifier(name), classes=3)
    again = load_part(part.library, part.dump(), classes=3)
    assert np.array_equal(part.predict(FRESH), again.predict(FRESH))
    assert np.allclose(part.predict(FRESH).sum(axis=1), 1.0)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_part_says_what_its_estimator_says(name: str) -> None:
    estimator = fitted_classifier(name)
    part = part_of(estimator, classes=3)
    assert np.allclose(part.predict(FRESH), estimator.predict_proba(FRESH), atol=1e-6)


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_comes_back_from_its_file_exactly(name: str) -> None:
    rows = number_rows(300)
    estimator = REGRESSORS[name]().fit(rows.features, rows.labels)
    part = part_of(estimator, classes=0)
    again = load_part(part.library, part.dump(), classes=0)
    assert np.array_equal(part.predict(FRESH), again.predict(FRESH))
    assert np.allclose(part.predict(FRESH), estimator.predict(FRESH), atol=1e-6)


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_two_classes_are_two_columns(name: str) -> None:
    rows = class_rows(300)
    estimator = CLASSIFIERS[name]().fit(rows.features, (rows.labels == "up").astype(int))
    part = part_of(estimator, classes=2)
    again = load_part(part.library, part.dump(), classes=2)
    assert again.predict(FRESH).shape == (len(FRESH), 2)
    assert np.allclose(again.predict(FRESH), estimator.predict_proba(FRESH), atol=1e-6)


@pytest.mark.parametrize("library", ["lightgbm", "xgboost", "catboost", "sklearn"])
@pytest.mark.parametrize(
    "data", [b"", b"rubbish", b'{"learner": {}}', bytes(range(256)) * 40], ids=len
)
def test_what_is_no_file_of_the_library_is_refused_in_one_line(library: str, data: bytes) -> None:
    with pytest.raises(PlimsollError, match=f"expected a model file of {library}, found") as caught:
        load_part(library, data, classes=3)
    assert "\n" not in str(caught.value)


def test_a_pickle_is_not_loaded_as_anything() -> None:
    with pytest.raises(PlimsollError, match=r"expected a model of lightgbm.*found one of 'joblib'"):
        load_part("joblib", pickle.dumps(fitted_classifier("logistic")), classes=3)


def test_a_skops_file_with_other_types_is_refused() -> None:
    from sklearn.pipeline import FunctionTransformer
    from skops import io as skops

    data = skops.dumps(FunctionTransformer(func=zipfile.ZipFile))
    with pytest.raises(PlimsollError, match=r"found the types .*ZipFile"):
        load_part("sklearn", data, classes=3)


def test_a_tree_that_points_outside_of_itself_is_refused() -> None:
    part = part_of(fitted_classifier("forest"), classes=3)
    data = part.dump()
    tree = part.model.estimators_[0].tree_
    told, wrong = tree.__getstate__()["nodes"], tree.__getstate__()["nodes"].copy()
    wrong["left_child"][0] = 10**6
    changed = replaced(data, told, wrong)
    with pytest.raises(PlimsollError, match="expected trees whose nodes point further down"):
        load_part("sklearn", changed, classes=3)


def replaced(data: bytes, old: np.ndarray, new: np.ndarray) -> bytes:
    """A skops file with one array in the place of another."""
    made, found = io.BytesIO(), False
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".npy") and not found:
                array = np.load(io.BytesIO(content), allow_pickle=False)
                if array.dtype == old.dtype and len(array) == len(old) and (array == old).all():
                    buffer, found = io.BytesIO(), True
                    np.save(buffer, new)
                    content = buffer.getvalue()
            target.writestr(name, content)
    assert found
    return made.getvalue()


def test_an_estimator_of_nobody_forecasts_and_is_not_kept() -> None:
    class Own:
        def predict_proba(self, rows: np.ndarray) -> np.ndarray:
            return np.tile([0.2, 0.3, 0.5], (len(rows), 1))

    part = part_of(Own(), classes=3)
    assert part.predict(FRESH)[0].tolist() == [0.2, 0.3, 0.5]
    with pytest.raises(PlimsollError, match=r"expected a model of lightgbm.*to keep"):
        part.dump()


def test_forecasts_of_another_shape_are_refused() -> None:
    part = part_of(fitted_classifier("lightgbm"), classes=4)
    with pytest.raises(PlimsollError, match=r"in the shape \(200, 4\), found \(200, 3\)"):
        part.predict(FRESH)


def test_versions_are_those_of_the_packages_that_a_file_depends_on() -> None:
    assert set(versions_of(["sklearn", "lightgbm"])) == {"scikit-learn", "skops", "lightgbm"}
