"""``make bench``: print every figure, keep them in out/bench.json, rewrite docs/benchmarks.md."""

import json
import os
import platform
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from plimsoll.bridge.config.fingerprint import code_fingerprint
from tests.bench import decision_log, engine, features, foreign, replay, risk, running_bot, venue
from tests.bench.page import render
from tests.conftest import ROOT


def main() -> None:
    """Run all benchmarks one after the other."""
    about = {
        "made_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "code_fingerprint": code_fingerprint(),
        "python": platform.python_version(),
        "freqtrade": version("freqtrade"),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
    }
    figures = {
        **running_bot.run(),
        **risk.run(),
        **decision_log.run(),
        **venue.run(),
        **features.run(),
        **engine.run(),
        **foreign.run(),
        **replay.run(),
    }
    for name, value in figures.items():
        print(f"{name:<60} {value:>12,.2f}")
    out = Path("out/bench.json")
    out.parent.mkdir(exist_ok=True)
    recorded = {**about, "figures": figures}
    out.write_text(json.dumps(recorded, indent=1) + "\n", encoding="utf-8")
    (ROOT / "docs" / "benchmarks.md").write_text(render(recorded), encoding="utf-8")


if __name__ == "__main__":
    main()
