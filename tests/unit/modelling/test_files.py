"""Model files: what was written is read, and nothing else is."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from plimsoll.core import PlimsollError
from plimsoll.modelling.files import (
    About,
    Model,
    manifest_file,
    read_model,
    require_features,
    write_model,
)
from plimsoll.modelling.fitting import fit_classifier, fit_regressor
from plimsoll.modelling.settings import TrainingSettings
from plimsoll.modelling.stacking import fit_stack
from tests.unit.modelling.planted import CLASSIFIERS, REGRESSORS, class_rows, features, number_rows

FRESH = features(50, seed=7)
ABOUT = About(
    model="Own",
    code="abc",
    label={"target": "direction", "horizon_candles": 4},
    features={"%-a": (0.0, 1.5), "%-b": (-1e-9, 3.0)},
    span=("2024-01-01T00:00:00+00:00", "2024-03-01T00:00:00+00:00"),
    rows=300,
)


def made(name: str = "lightgbm") -> Model:
    settings = TrainingSettings(calibrate=True, early_stopping_rounds=3)
    return Model(fit_classifier(CLASSIFIERS[name], class_rows(), settings), ABOUT)


def written(folder: Path) -> Path:
    return write_model(folder, "cb_btc_1", made())


def read(folder: Path, **asked: str) -> Model:
    return read_model(folder, "cb_btc_1", **{"model": "Own", "code": "abc", **asked})


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_model_that_was_read_forecasts_the_same_to_the_last_bit(
    name: str, tmp_path: Path
) -> None:
    model = made(name)
    write_model(tmp_path, "cb_btc_1", model)
    again = read(tmp_path)
    assert np.array_equal(model.predict_proba(FRESH), again.predict_proba(FRESH))
    assert again.predict(FRESH).tolist() == model.predict(FRESH).tolist()
    assert again.about == ABOUT
    assert again.fitted.chosen == model.fitted.chosen


def test_a_stack_is_a_file_a_member_and_comes_back(tmp_path: Path) -> None:
    stack = fit_stack(CLASSIFIERS, class_rows(300), TrainingSettings(folds=2))
    write_model(tmp_path, "cb_btc_1", Model(stack, ABOUT))
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        "cb_btc_1_catboost.cbm",
        "cb_btc_1_forest.skops",
        "cb_btc_1_lightgbm.txt",
        "cb_btc_1_logistic.skops",
        "cb_btc_1_manifest.json",
        "cb_btc_1_xgboost.json",
    ]
    assert np.array_equal(stack.predict_proba(FRESH), read(tmp_path).predict_proba(FRESH))


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_comes_back(name: str, tmp_path: Path) -> None:
    model = Model(fit_regressor(REGRESSORS[name], number_rows(), TrainingSettings()), ABOUT)
    write_model(tmp_path, "cb_btc_1", model)
    assert np.array_equal(model.predict(FRESH), read(tmp_path).predict(FRESH))


def test_the_manifest_says_what_made_the_model(tmp_path: Path) -> None:
    told = json.loads(written(tmp_path).read_text())
    assert (told["model"], told["code"], told["rows"]) == ("Own", "abc", 300)
    assert told["label"] == {"target": "direction", "horizon_candles": 4}
    assert list(told["features"]) == ["%-a", "%-b"]
    assert set(told["versions"]) == {"lightgbm"}
    assert told["classes"] == ["down", "flat", "up"]
    [part] = told["parts"]
    assert part["bytes"] == (tmp_path / part["file"]).stat().st_size


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-10])


def flipped(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


@pytest.mark.parametrize("spoilt", [cut, flipped, Path.unlink], ids=["cut", "flipped", "gone"])
def test_a_spoilt_model_file_is_refused(spoilt: Callable[[Path], None], tmp_path: Path) -> None:
    written(tmp_path)
    spoilt(tmp_path / "cb_btc_1_model.txt")
    with pytest.raises(PlimsollError, match="it is refused"):
        read(tmp_path)


@pytest.mark.parametrize("spoilt", [cut, flipped, Path.unlink], ids=["cut", "flipped", "gone"])
def test_a_spoilt_manifest_is_refused(spoilt: Callable[[Path], None], tmp_path: Path) -> None:
    spoilt(written(tmp_path))
    with pytest.raises(PlimsollError, match=r"manifest in .* it is refused"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["{}", "[]", "null", '{"sha256": "", "format": 1}'])
def test_a_foreign_manifest_is_refused(text: str, tmp_path: Path) -> None:
    manifest_file(tmp_path, "cb_btc_1").write_text(text)
    with pytest.raises(PlimsollError, match="found none to trust"):
        read(tmp_path)


def test_a_file_of_another_model_is_refused(tmp_path: Path) -> None:
    written(tmp_path)
    other = write_model(tmp_path / "other", "cb_btc_1", made("logistic"))
    (other.parent / "cb_btc_1_model.skops").rename(tmp_path / "cb_btc_1_model.txt")
    with pytest.raises(PlimsollError, match="corrupted or foreign; it is refused"):
        read(tmp_path)


@pytest.mark.parametrize(("what", "asked"), [("model", "Other"), ("code", "abd")])
def test_another_model_or_code_is_refused(what: str, asked: str, tmp_path: Path) -> None:
    written(tmp_path)
    with pytest.raises(PlimsollError, match=rf"expected the {what} {asked} in .* refused"):
        read(tmp_path, **{what: asked})


def test_another_version_of_the_library_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    monkeypatch.setattr("plimsoll.modelling.parts.version", lambda package: "99.0")
    with pytest.raises(PlimsollError, match=r"expected the version of lightgbm 99\.0 in"):
        read(tmp_path)


def test_a_part_outside_of_the_folder_is_refused(tmp_path: Path) -> None:
    from plimsoll.modelling.files import _digest

    path = written(tmp_path)
    body = json.loads(path.read_text())
    del body["sha256"]
    body["parts"][0]["file"] = "../elsewhere.txt"
    path.write_text(json.dumps({**body, "sha256": _digest(body)}))
    with pytest.raises(PlimsollError, match=r"expected the parts of .* beside it"):
        read(tmp_path)


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (["%-a"], "gone: %-b"),
        (["%-a", "%-b", "%-c"], "new: %-c"),
        (["%-b", "%-a"], "another order"),
    ],
)
def test_other_features_are_refused(asked: list[str], line: str) -> None:
    require_features(["%-a", "%-b"], ABOUT)
    with pytest.raises(PlimsollError, match=f"learned from 2 features until 2024-03.*{line}"):
        require_features(asked, ABOUT)


def test_a_model_that_cannot_be_kept_leaves_no_manifest(tmp_path: Path) -> None:
    class Own:
        pass

    model = made()
    part = dataclasses.replace(model.fitted.parts["model"], library="other", model=Own())
    own = dataclasses.replace(model.fitted, parts={"model": part})
    with pytest.raises(PlimsollError, match="to keep"):
        write_model(tmp_path, "cb_btc_1", Model(own, ABOUT))
    assert not manifest_file(tmp_path, "cb_btc_1").exists()
