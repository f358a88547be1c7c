"""What was found of each setting, a line each, so that a run that was broken off goes on."""

import hashlib
import json
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from tests.conftest import ROOT
from tests.identity.running import Outcome

OUT = ROOT / "out" / "identity"
LANE = ROOT / "src" / "plimsoll" / "lab" / "fast_lane"
DRAWING = ("drawing", "sources", "shipped", "hooks", "markets", "exchanges", "running", "comparing")

Row = dict[str, Any]


def fingerprint() -> str:
    """Return a hash over the lane, the drawing and Freqtrade's version."""
    whole = hashlib.sha256(version("freqtrade").encode())
    drawing = [Path(__file__).with_name(f"{name}.py") for name in DRAWING]
    for file in [*sorted(LANE.rglob("*.py")), *drawing]:
        whole.update(file.relative_to(ROOT).as_posix().encode() + file.read_bytes())
    return whole.hexdigest()[:16]


def row_of(setting: Mapping[str, Any], outcome: Outcome, code: str) -> Row:
    """Return the line of a setting."""
    told = outcome.difference
    return {
        "kind": setting["kind"],
        "seed": setting["seed"],
        "number": setting["number"],
        "code": code,
        "strategy": setting["strategy"],
        "trades": outcome.trades,
        "way": outcome.way,
        "slower": outcome.slower,
        "ends": dict(outcome.ends),
        "refusal": outcome.refusal,
        "error": outcome.error,
        "difference": None if told is None else str(told),
        "freqtrade_seconds": round(outcome.freqtrade_seconds, 4),
        "lane_seconds": round(outcome.lane_seconds, 4),
    }


class Record:
    """The lines of a seed, a file a kind; those of other code are played again."""

    def __init__(self, seed: int, code: str, out: Path = OUT) -> None:
        self._seed, self._out = seed, out
        self.rows: dict[tuple[str, int], Row] = {}
        for file in sorted(out.glob(f"*-{seed}.jsonl")):
            for line in file.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                if row["code"] == code:
                    self.rows[row["kind"], row["number"]] = row

    def add(self, row: Row) -> None:
        """Write a line down at once."""
        self.rows[row["kind"], row["number"]] = row
        self._out.mkdir(parents=True, exist_ok=True)
        with (self._out / f"{row['kind']}-{self._seed}.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


def state_of(row: Row) -> str:
    """Return ``error``, ``refused``, ``different`` or ``identical``."""
    if row["error"] is not None:
        return "error"
    if row["refusal"] is not None:
        return "refused"
    return "identical" if row["difference"] is None else "different"
