"""``make bench``: print every figure, keep them in out/bench.json, rewrite docs/benchmarks.md.

``python -m tests.bench fast_lane`` measures the fast lane alone, and rewrites its section only.
"""

import json
import os
import platform
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from plimsoll.bridge.config.fingerprint import code_fingerprint
from tests.bench import (
    decision_log,
    engine,
    fast_lane,
    features,
    foreign,
    replay,
    risk,
    running_bot,
    venue,
)
from tests.bench.page import render, with_section
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "benchmarks.md"


def main(*alone: str) -> None:
    """Run all benchmarks one after the other, or the fast lane's alone."""
    about = {
        "made_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "code_fingerprint": code_fingerprint(),
        "python": platform.python_version(),
        "freqtrade": version("freqtrade"),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    if alone == ("fast_lane",):
        recorded = {**about, "figures": fast_lane.run()}
        text = with_section(PAGE.read_text(encoding="utf-8"), "The fast lane", recorded)
        PAGE.write_text(text, encoding="utf-8")
        return
    figures = {
        **running_bot.run(),
        **risk.run(),
        **decision_log.run(),
        **venue.run(),
        **features.run(),
        **engine.run(),
        **foreign.run(),
        **replay.run(),
        **fast_lane.run(),
    }
    for name, value in figures.items():
        print(f"{name:<60} {value:>12,.2f}")
    out = Path("out/bench.json")
    out.parent.mkdir(exist_ok=True)
    recorded = {**about, "figures": figures}
    out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(render(recorded), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
