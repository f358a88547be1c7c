"""``make latency``: measure every scene in real time and a simulated day, write docs/latency.md.

What is finished lies in ``out/latency`` and is not measured again; ``--fresh`` begins anew.
"""

import os
import platform
import shutil
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version

from tests.conftest import ROOT
from tests.latency.day import simulated_day
from tests.latency.figures import figures
from tests.latency.page import PICTURE, draw, page
from tests.latency.run import PAIRS, SCENES, kept

MINUTES = 4.0


def main(arguments: list[str]) -> None:
    """Run what is left and write page and picture."""
    out, docs = ROOT / "out" / "latency", ROOT / "docs"
    if "--fresh" in arguments:
        shutil.rmtree(out, ignore_errors=True)
    scenes = {}
    for scene in SCENES:
        print(f"{time.strftime('%H:%M:%S')} {scene.name}", flush=True)
        measured = kept(scene, out, minutes=MINUTES)
        told = figures(measured.loops, measured.received, is_live=scene.is_live)
        scenes[scene.name] = told, measured.load
    print(f"{time.strftime('%H:%M:%S')} a simulated day", flush=True)
    day = simulated_day(out / "day")
    about = {
        "pairs": len(PAIRS),
        "made_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "freqtrade": version("freqtrade"),
    }
    draw(scenes, docs / PICTURE)
    (docs / "latency.md").write_text(page(scenes, day, about), encoding="utf-8")
    print("written: docs/latency.md")


if __name__ == "__main__":
    main(sys.argv[1:])
