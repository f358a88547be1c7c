"""A model on disk: one native file a part, and a manifest that says what made it.

The manifest is written last and read first. What it does not vouch for is not loaded: a file of
another length or content, another model, other code, other versions of the libraries. A person
who can write both manifest and files can still make up a model; he cannot make it run code.
"""

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from plimsoll.core import PlimsollError
from plimsoll.modelling.blend import Blend
from plimsoll.modelling.fitting import Fitted
from plimsoll.modelling.parts import SUFFIX, load_part, versions_of

FORMAT = 1


@dataclass(frozen=True)
class About:
    """What made a model.

    Attributes
    ----------
    model
        Its class.
    code
        Fingerprint of the code that trained it.
    label
        What it forecasts: name, horizon and so on.
    features
        In their order, with the lowest and the highest value that training saw.
    span
        First and last candle it learned from, ISO 8601.
    rows
        How many.
    settings
        Parameters and training settings.
    """

    model: str
    code: str
    label: Mapping[str, Any]
    features: Mapping[str, tuple[float, float]]
    span: tuple[str, str]
    rows: int
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Model:
    """A fitted model and what made it, with scikit-learn's methods."""

    fitted: Fitted
    about: About

    @property
    def classes_(self) -> NDArray[Any]:
        """The classes, ascending; none when a number is forecast."""
        return self.fitted.classes_

    def predict_proba(self, rows: Any) -> NDArray[np.float64]:
        """Return a probability a row and class."""
        return self.fitted.predict_proba(rows)

    def predict(self, rows: Any) -> NDArray[Any]:
        """Return the likeliest class of each row, or its number."""
        return self.fitted.predict(rows)


def manifest_file(folder: Path, stem: str) -> Path:
    """Return where a model's manifest is: there is a model when this file is there."""
    return folder / f"{stem}_manifest.json"


def write_model(folder: Path, stem: str, model: Model) -> Path:
    """Write a model's parts, then its manifest; return the manifest's path.

    Raises
    ------
    PlimsollError
        When a part has no native format, or the library that writes it is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    fitted, parts = model.fitted, []
    for name, part in fitted.parts.items():
        data = part.dump()
        file = f"{stem}_{name}.{SUFFIX[part.library]}"
        _write(folder / file, data)
        parts.append(
            {
                "name": name,
                "library": part.library,
                "file": file,
                "bytes": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
            }
        )
    blend = fitted.blend
    body = {
        "format": FORMAT,
        **asdict(model.about),
        "versions": versions_of([part.library for part in fitted.parts.values()]),
        "classes": list(fitted.classes),
        "parts": parts,
        "blend": None
        if blend is None
        else {"weights": blend.weights.tolist(), "biases": blend.biases.tolist()},
        "chosen": dict(fitted.chosen),
    }
    path = manifest_file(folder, stem)
    text = json.dumps({**body, "sha256": _digest(body)}, indent=1, default=_plain)
    _write(path, text.encode())
    return path


def read_model(folder: Path, stem: str, *, model: str, code: str) -> Model:
    """Return a model and what made it.

    Raises
    ------
    PlimsollError
        One line: what was expected and found. Nothing is loaded before the manifest, the code,
        the versions and each file's hash are what they should be.
    """
    path = manifest_file(folder, stem)
    body = _manifest(path)
    try:
        return _model_of(body, folder, path, model=model, code=code)
    except (KeyError, TypeError, ValueError) as error:
        raise PlimsollError(
            f"expected the manifest of a model in {path}, found one without what it needs "
            f"({type(error).__name__}: {error}); it is refused"
        ) from None


def _model_of(body: Mapping[str, Any], folder: Path, path: Path, *, model: str, code: str) -> Model:
    _require("model", model, body["model"], path)
    _require("code", code, body["code"], path)
    for package, found in versions_of([one["library"] for one in body["parts"]]).items():
        _require(f"version of {package}", found, body["versions"].get(package), path)
    parts = {
        one["name"]: load_part(
            one["library"], _checked(folder, one, path), classes=len(body["classes"])
        )
        for one in body["parts"]
    }
    blend = body["blend"]
    mixed = blend and Blend(np.array(blend["weights"]), np.array(blend["biases"]))
    fitted = Fitted(parts, tuple(body["classes"]), mixed, body["chosen"])
    about = About(
        model=body["model"],
        code=body["code"],
        label=body["label"],
        features={
            name: (float(low), float(high)) for name, (low, high) in body["features"].items()
        },
        span=(body["span"][0], body["span"][1]),
        rows=body["rows"],
        settings=body["settings"],
    )
    return Model(fitted, about)


def require_features(asked: Sequence[str], about: About) -> None:
    """Raise `PlimsollError` unless a model learned from the features that are asked of it."""
    learned = list(about.features)
    if list(asked) == learned:
        return
    more = [name for name in asked if name not in about.features]
    less = [name for name in learned if name not in asked]
    how = "; ".join(
        f"{word} {', '.join(names[:5])}"
        for word, names in (("new:", more), ("gone:", less))
        if names
    )
    raise PlimsollError(
        f"{about.model} learned from {len(learned)} features until {about.span[1]}, and is asked "
        f"with {len(asked)} ({how or 'another order'}): it is refused"
    )


def _manifest(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(path.read_text(encoding="utf-8"))
        told = body.pop("sha256")
        if told != _digest(body) or body["format"] != FORMAT:
            raise ValueError("its content is not what its sha256 says, or of another format")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PlimsollError(
            f"expected a model's manifest in {path}, found none to trust "
            f"({type(error).__name__}: {error}); it is refused"
        ) from None
    return dict(body)


def _checked(folder: Path, part: Mapping[str, Any], path: Path) -> bytes:
    file = folder / str(part["file"])
    if file.parent.resolve() != folder.resolve():
        raise PlimsollError(f"expected the parts of {path} beside it, found {part['file']}")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise PlimsollError(
            f"expected the model file {file}, found {type(error).__name__}; it is refused"
        ) from None
    found = hashlib.sha256(data).hexdigest()
    if found != part["sha256"]:
        raise PlimsollError(
            f"expected {file} with {part['bytes']} bytes and sha256 {part['sha256'][:12]}, found "
            f"{len(data)} and {found[:12]}: corrupted or foreign; it is refused"
        )
    return data


def _require(what: str, wanted: object, found: object, path: Path) -> None:
    if wanted != found:
        raise PlimsollError(
            f"expected the {what} {wanted} in {path}, found {found}: the model is refused and "
            "trained anew"
        )


def _digest(body: Mapping[str, Any]) -> str:
    text = json.dumps(body, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)


def _write(path: Path, data: bytes) -> None:
    """Write a file at once or not at all."""
    unfinished = path.with_name(path.name + ".tmp")
    with unfinished.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
