"""A fitted model of one library, its forecasts as plain arrays, and its own safe file format.

| Library | Format | Why |
|---|---|---|
| LightGBM | its text | the library's own; exact |
| XGBoost | its JSON | exact; its UBJSON reader ends the process on a spoilt file |
| CatBoost | cbm | the library's own; exact |
| scikit-learn | skops | loads types from a list and runs nothing; ONNX would round to float32 |
| PyTorch (LSTM) | npz | plain numbers, asked without PyTorch (`plimsoll.modelling.lstm`) |

A pickle runs whatever its file says. None of these does; what could still break a process is a
tree whose nodes point outside of it, so those that skops reads are looked through first.
"""

import json
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.modelling.lstm import load_lstm
from plimsoll.modelling.required import extra_line, required

Floats = NDArray[np.float64]

SUFFIX = {
    "lightgbm": "txt",
    "xgboost": "json",
    "catboost": "cbm",
    "sklearn": "skops",
    "plimsoll": "npz",
}
"""Libraries whose models can be kept, and what their files end with."""

PACKAGES = {
    "lightgbm": ("lightgbm",),
    "xgboost": ("xgboost",),
    "catboost": ("catboost",),
    "sklearn": ("scikit-learn", "skops"),
}
"""Packages whose versions decide what a library's file means."""

TREES = "sklearn.tree._tree.Tree"


@dataclass(frozen=True, eq=False)
class Part:
    """One fitted model.

    Attributes
    ----------
    library
        Whose it is; "other" for an estimator that cannot be kept in a file.
    model
        The library's own object.
    classes
        How many classes it tells apart; 0 when it forecasts a number.
    """

    library: str
    model: Any
    classes: int

    def predict(self, rows: Floats) -> Floats:
        """Return a probability a row and class, or a number a row."""
        said = np.asarray(_FORECAST[self.library](self, rows), dtype=np.float64)
        if self.classes == 2 and said.ndim == 1:
            said = np.column_stack([1 - said, said])
        wanted = (len(rows), self.classes) if self.classes else (len(rows),)
        if said.shape != wanted:
            raise PlimsollError(
                f"expected forecasts of {self.library} in the shape {wanted}, found {said.shape}"
            )
        return said

    def dump(self) -> bytes:
        """Return the model in its library's format.

        Raises
        ------
        PlimsollError
            For an estimator of another library, and without skops for one of scikit-learn.
        """
        if self.library not in SUFFIX:
            raise PlimsollError(
                f"expected a model of {', '.join(SUFFIX)} to keep, found {type(self.model)}"
            )
        return _DUMP[self.library](self.model)


def part_of(estimator: Any, *, classes: int) -> Part:
    """Return a fitted estimator as a part: the library's own object where there is one."""
    library = type(estimator).__module__.split(".")[0]
    for kind in type(estimator).__mro__:
        if kind.__module__.split(".")[0] in SUFFIX:
            library = kind.__module__.split(".")[0]
            break
    if library == "lightgbm":
        return Part(library, estimator.booster_, classes)
    if library == "xgboost":
        booster = estimator.get_booster()
        if estimator.get_params().get("early_stopping_rounds"):
            booster = booster[: int(estimator.best_iteration) + 1]
        return Part(library, booster, classes)
    if library == "plimsoll":
        return Part(library, estimator.network, classes)
    return Part(library if library in SUFFIX else "other", estimator, classes)


def load_part(library: str, data: bytes, *, classes: int) -> Part:
    """Return the part that `Part.dump` wrote.

    Raises
    ------
    PlimsollError
        For a library or content that is not one of ours; the message says what it found.
    """
    if library not in SUFFIX:
        raise PlimsollError(f"expected a model of {', '.join(SUFFIX)}, found one of {library!r}")
    try:
        return Part(library, _LOAD[library](data), classes)
    except PlimsollError:
        raise
    except Exception as error:  # noqa: BLE001 - each library has errors of its own
        raise PlimsollError(
            f"expected a model file of {library}, found one that it cannot read: "
            f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from None


def versions_of(libraries: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of the packages that the libraries' files depend on.

    Raises
    ------
    PlimsollError
        When one is not installed; the message names the extra.
    """
    packages = [package for library in libraries for package in PACKAGES.get(library, ())]
    try:
        return {package: version(package) for package in packages}
    except PackageNotFoundError as error:
        raise PlimsollError(
            f"expected {error.name} to be installed: {extra_line('models')}"
        ) from None


def _of_lightgbm(part: Part, rows: Floats) -> Any:
    return part.model.predict(rows, num_threads=1)


def _of_xgboost(part: Part, rows: Floats) -> Any:
    part.model.set_param({"nthread": 1})
    return part.model.inplace_predict(rows)


def _of_catboost(part: Part, rows: Floats) -> Any:
    kind = "Probability" if part.classes else "RawFormulaVal"
    return part.model.predict(rows, prediction_type=kind, thread_count=1)


def _of_estimator(part: Part, rows: Floats) -> Any:
    return part.model.predict_proba(rows) if part.classes else part.model.predict(rows)


def _of_network(part: Part, rows: Floats) -> Any:
    return part.model.predict(rows)


def _dump_network(model: Any) -> bytes:
    return bytes(model.dump())


def _dump_lightgbm(model: Any) -> bytes:
    return str(model.model_to_string()).encode()


def _dump_xgboost(model: Any) -> bytes:
    return bytes(model.save_raw("json"))


def _dump_catboost(model: Any) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "model.cbm"
        model.save_model(str(file), format="cbm")
        return file.read_bytes()


def _dump_sklearn(model: Any) -> bytes:
    return bytes(required("skops.io").dumps(model))


def _load_lightgbm(data: bytes) -> Any:
    return import_module("lightgbm").Booster(model_str=data.decode())


def _load_xgboost(data: bytes) -> Any:
    told = json.loads(data)  # its own reader takes anything else for UBJSON, and aborts
    if set(told) != {"learner", "version"}:
        raise ValueError("no learner and version in it")
    booster = required("xgboost").Booster()
    booster.load_model(bytearray(data))
    return booster


def _load_catboost(data: bytes) -> Any:
    model = required("catboost").CatBoost()
    model.load_model(blob=data)
    return model


def _load_sklearn(data: bytes) -> Any:
    skops = required("skops.io")
    unknown = set(skops.get_untrusted_types(data=data)) - {TREES}
    if unknown:
        raise PlimsollError(
            f"expected a model of scikit-learn, found the types {', '.join(sorted(unknown))}"
        )
    model = skops.loads(data, trusted=[TREES])
    for tree in getattr(model, "estimators_", []):
        _require_sound(tree.tree_)
    return model


def _require_sound(tree: Any) -> None:
    """Refuse a tree whose nodes point anywhere but further down: reading it would crash."""
    count, numbers = tree.node_count, np.arange(tree.node_count)
    left, right = np.asarray(tree.children_left), np.asarray(tree.children_right)
    inner = left != -1
    sound = (
        ((left == -1) == (right == -1)).all()
        and ((left > numbers) & (left < count))[inner].all()
        and ((right > numbers) & (right < count))[inner].all()
        and (np.asarray(tree.feature)[inner] >= 0).all()
        and (np.asarray(tree.feature)[inner] < tree.n_features).all()
    )
    if not sound:
        raise PlimsollError("expected trees whose nodes point further down, found others")


_FORECAST: dict[str, Callable[[Part, Floats], Any]] = {
    "lightgbm": _of_lightgbm,
    "xgboost": _of_xgboost,
    "catboost": _of_catboost,
    "sklearn": _of_estimator,
    "plimsoll": _of_network,
    "other": _of_estimator,
}
_DUMP: dict[str, Callable[[Any], bytes]] = {
    "lightgbm": _dump_lightgbm,
    "xgboost": _dump_xgboost,
    "catboost": _dump_catboost,
    "sklearn": _dump_sklearn,
    "plimsoll": _dump_network,
}
_LOAD: dict[str, Callable[[bytes], Any]] = {
    "lightgbm": _load_lightgbm,
    "xgboost": _load_xgboost,
    "catboost": _load_catboost,
    "sklearn": _load_sklearn,
    "plimsoll": load_lstm,
}
