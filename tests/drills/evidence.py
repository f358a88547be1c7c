"""What a drill measured, kept as one JSON file each when a folder is named for it."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FOLDER_VARIABLE = "PLIMSOLL_DRILL_EVIDENCE"


@dataclass(frozen=True, kw_only=True)
class Trip:
    """A guard that acted in one kind of run, and how long it took until its positions were closed.

    Seconds and loops run from the verdict, simulated time; the real seconds of a running bot are
    the simulated ones over the clock's speed.
    """

    guard: str
    run: str
    value: float | None
    limit: float | None
    action: str
    reason: str
    at: str
    closed: int
    loops: int | None
    simulated_seconds: float
    real_seconds: float | None = None
    seen_in: tuple[str, ...] = ()
    after: str = ""


@dataclass(frozen=True, kw_only=True)
class Denied:
    """An entry that a guard refused, its record in the decision log, and what `why` says."""

    guard: str
    pair: str
    value: float | None
    limit: float | None
    reason: str
    why: str
    how: str


@dataclass(frozen=True, kw_only=True)
class Closing:
    """One condition under which positions must close, or are known not to."""

    condition: str
    run: str
    outcome: str
    loops: int | None = None
    simulated_seconds: float | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Broke:
    """One of the cases that broke once, in one kind of run: what it does now.

    `flat_seconds` run, by the exchange's clock and books, from what should close the account until
    it holds nothing; None where nothing is to be closed. `observed` is what the drill saw; the
    `key` names what was seen before, in ``before.json``.
    """

    case: int
    key: str
    name: str
    run: str
    after: str
    flat_seconds: float | None = None
    observed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class BadInput:
    """One kind of bad input, the line that was said about it, and the bot's mode then."""

    what: str
    said: str
    mode: str


@dataclass(frozen=True)
class EvidenceFolder:
    """Saves a drill's figures; does nothing when no folder is named."""

    folder: Path | None = field(
        default_factory=lambda: (
            Path(os.environ[FOLDER_VARIABLE]) if os.environ.get(FOLDER_VARIABLE) else None
        )
    )

    def __call__(self, name: str, evidence: "Evidence | Mapping[str, Any]") -> None:
        """Keep one finding under a name of its own."""
        if self.folder is None:
            return
        kind = "data" if isinstance(evidence, Mapping) else type(evidence).__name__.lower()
        body = dict(evidence) if isinstance(evidence, Mapping) else asdict(evidence)
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self.folder / f"{kind}-{name}.json"
        file.write_text(json.dumps(body, indent=2, default=str), encoding="utf-8")


Evidence = Trip | Denied | Closing | Broke | BadInput


def read(folder: Path, kind: str) -> list[dict[str, Any]]:
    """Return the findings of one kind, in the order of their names."""
    return [json.loads(file.read_bytes()) for file in sorted(folder.glob(f"{kind}-*.json"))]
