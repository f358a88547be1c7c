"""The paths of a combinatorially purged cross-validation, and how likely selection overfits."""

import json
import math
from typing import Any

import numpy as np

from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading, moment, number


def read_paths(content: bytes) -> Reading:
    """Read the probability of overfitting; it is recomputed from the logits where they are kept.

    Raises `EvidenceError` when it is no such record.
    """
    try:
        record: dict[str, Any] = json.loads(content)
        told = record.get("overfitting")
        if not isinstance(told, dict):
            raise EvidenceError("it has no probability of overfitting")
        stated, logits = number(told, "probability"), told.get("logits")
    except (ValueError, AttributeError) as error:
        raise EvidenceError(f"it is no record of paths ({error})") from None
    faults = []
    if not 0.0 <= stated <= 1.0:
        faults.append(f"it states a probability of {stated}")
    if logits is not None:
        own = _share(logits)
        if not math.isclose(own, stated, abs_tol=1e-9):
            faults.append(f"it states a probability of {stated:.1%}, its splits give {own:.1%}")
        stated = own
    return Reading(
        kind=Kind.PATHS,
        strategy=str(record.get("strategy") or ""),
        identity=f"{record.get('run_id')} {record.get('at')}",
        made_at=moment(record.get("at"), "at"),
        figures={"overfitting": stated},
        made_with={"strategy": record.get("strategy")},
        facts={"data": record.get("data_fingerprint")},
        faults=tuple(faults),
    )


def _share(logits: Any) -> float:
    if not isinstance(logits, list) or not logits:
        raise EvidenceError("its splits are none")
    if not all(isinstance(one, int | float) and one == one for one in logits):
        raise EvidenceError("a rank of its splits is no number")
    return float(np.mean(np.asarray(logits, dtype="float64") <= 0))
