"""``make bench``: print every figure, and keep them as JSON in out/bench.json."""

import json
import platform
from pathlib import Path

from tests.bench import decision_log, engine, features, risk, venue


def main() -> None:
    """Run all benchmarks one after the other."""
    figures = {**risk.run(), **decision_log.run(), **venue.run(), **features.run(), **engine.run()}
    for name, value in figures.items():
        print(f"{name:<55} {value:>12,.2f}")
    out = Path("out/bench.json")
    out.parent.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine()}
    out.write_text(json.dumps({**machine, **figures}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
