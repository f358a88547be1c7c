"""Each training of a FreqAI model as a run, where the config asks for it."""

import hashlib
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.freqai.data_kitchen import FreqaiDataKitchen

from plimsoll.bridge.config.fingerprint import code_fingerprint
from plimsoll.bridge.config.settings import settings_from
from plimsoll.tracking.runs import TrackedRun, track

SETTINGS = ("feature_parameters", "data_split_parameters", "model_training_parameters")


def tracked_training(
    config: dict[str, Any],
    name: str,
    pair: str,
    rows: pd.DataFrame,
    dk: FreqaiDataKitchen,
    train: Callable[[], Any],
) -> Any:
    """Train, log what came of it, and return the model; without tracking only train.

    A training that fails is logged as a run without measures, and raises as before.
    """
    settings = settings_from(config).tracking
    if not settings.enabled:
        return train()
    began, fault, model = time.perf_counter(), None, None
    try:
        model = train()
    except Exception as error:
        fault = error
        raise
    finally:
        seconds = time.perf_counter() - began
        userdir = Path(config.get("user_data_dir", "user_data"))
        with tempfile.TemporaryDirectory() as folder:
            features = Path(folder) / "features.json"
            features.write_text(json.dumps(list(dk.training_features_list), indent=1))
            run = _run(config, (name, pair), rows, dk, seconds, fault, features)
            track(settings, userdir, run)
    return model


def _run(
    config: dict[str, Any],
    who: tuple[str, str],
    rows: pd.DataFrame,
    dk: FreqaiDataKitchen,
    seconds: float,
    fault: Exception | None,
    features: Path,
) -> TrackedRun:
    name, pair = who
    section = config.get("freqai", {})
    measures = {} if fault else dict(dk.data.get("extra_returns_per_train") or {})
    dates = rows["date"]
    return TrackedRun(
        kind="training",
        name=f"{name} {pair}",
        parameters={
            "model": name,
            "pair": pair,
            "identifier": section.get("identifier"),
            "features": len(dk.training_features_list),
            "from": dates.iloc[0].isoformat(),
            "until": dates.iloc[-1].isoformat(),
            **{key: section.get(key, {}) for key in SETTINGS},
        },
        metrics={
            "rows": float(len(rows)),
            "seconds": seconds,
            **{key: float(value) for key, value in measures.items()},
        },
        tags={
            "code_fingerprint": code_fingerprint(),
            "data_fingerprint": _fingerprint(rows),
            "features_fingerprint": hashlib.sha256(features.read_bytes()).hexdigest()[:12],
            **({"error": f"{type(fault).__name__}: {fault}"[:500]} if fault else {}),
        },
        files=[features],
    )


def _fingerprint(rows: pd.DataFrame) -> str:
    """Return 12 hex digits over dates and closes of what was trained on."""
    hashed = pd.util.hash_pandas_object(rows[["date", "close"]], index=False)
    return hashlib.sha256(hashed.to_numpy().tobytes()).hexdigest()[:12]
