"""The certificate of ``plimsoll drill --all``: every row green, and of the code that runs."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from plimsoll.gates.hashing import seal_fault
from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading, moment

FORMAT = 1
Cells = Sequence[tuple[str, str, str]]


def read_certificate(content: bytes) -> Reading:
    """Read a certificate; what it says of itself is not believed, each row is judged by its checks.

    Raises `EvidenceError` when it is none.
    """
    try:
        told: dict[str, Any] = json.loads(content)
        if told["format"] != FORMAT:
            raise EvidenceError(
                f"expected a certificate of format {FORMAT}, found {told['format']}"
            )
        rows = [
            (str(row["scenario"]), str(row["fault"]), str(row["mode"]), _is_green(row))
            for row in told["rows"]
        ]
        fingerprints = {str(name): str(one) for name, one in told["fingerprints"].items()}
        strategy, made_at = str(told["strategy"]), moment(told["made_at"], "made_at")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise EvidenceError(f"it is no certificate of plimsoll drill ({error!r})") from None
    red = sum(not green for *_, green in rows)
    fault = seal_fault(told)
    faults = [] if fault is None else [fault]
    if told["ok"] is True and red:
        faults.append(f"it says that all is green, {red} rows are red")
    if len({row[:3] for row in rows}) < len(rows):
        faults.append("it has the same row twice")
    return Reading(
        kind=Kind.DRILL,
        identity=f"{strategy} {told['made_at']}",
        made_at=made_at,
        figures={"red": float(red), "rows": float(len(rows))},
        made_with={
            "code": fingerprints.get("code"),
            "freqtrade": fingerprints.get("freqtrade"),
            "plimsoll": (told.get("versions") or {}).get("plimsoll"),
        },
        facts={
            "strategy": strategy,
            "layers": list(told["layers"]),
            "fingerprints": fingerprints,
            "green": frozenset(row[:3] for row in rows if row[3]),
        },
        faults=tuple(faults),
    )


def failures(reading: Reading, wanted: Cells) -> int:
    """Return how many rows of the matrix a certificate lacks or has red.

    ``wanted`` are scenario, fault and mode of every row.
    """
    missing = sum(cell not in reading.facts["green"] for cell in wanted)
    return max(missing, int(reading.figures["red"]))


def changed_since(reading: Reading, now: Mapping[str, str]) -> list[str]:
    """Return what changed since a drill, by its own fingerprints; empty when it holds."""
    made_with = reading.facts["fingerprints"]
    return [
        f"another {name} ({made_with.get(name)}, now {value})"
        for name, value in now.items()
        if made_with.get(name) != value
    ]


def _is_green(row: Mapping[str, Any]) -> bool:
    checks = row["checks"]
    return not row["failure"] and bool(checks) and all(one["ok"] is True for one in checks)
