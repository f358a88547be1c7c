"""``make latency``: measure every scene in real time and a simulated day, write docs/latency.md.

What is finished lies in ``out/latency`` and is not measured again; ``--fresh`` begins anew.
"""

import argparse
import os
import platform
import shutil
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.conftest import ROOT
from tests.latency.day import kept_days, simulated_days
from tests.latency.feed import HEADING as FEED
from tests.latency.figures import figures
from tests.latency.page import PICTURE, Scenes, draw, page
from tests.latency.run import PAIRS, SCENES, finished, kept

MINUTES = 4.0
DAY = "day"
"""The simulated day among the names of scenes."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what is wanted and left, and write page and picture of all that is finished."""
    asked = _parser().parse_args(arguments)
    out, docs = ROOT / "out" / "latency", asked.write_to
    wanted = asked.only or [*(scene.name for scene in SCENES), DAY]
    for name in (one for one in wanted if one not in asked.without):
        if asked.fresh:
            shutil.rmtree(out / name, ignore_errors=True)
        print(f"{time.strftime('%H:%M:%S')} {name}", flush=True)
        if name == DAY:
            simulated_days(out / DAY, days=asked.days)
        else:
            kept(next(one for one in SCENES if one.name == name), out, minutes=asked.minutes)
    scenes = _finished(out)
    about = {
        "pairs": len(PAIRS),
        "made_on": f"{datetime.now(UTC):%Y-%m-%d}",
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "freqtrade": version("freqtrade"),
    }
    (docs / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    draw(scenes, docs / PICTURE)
    file = docs / "latency.md"
    before = file.read_text(encoding="utf-8") if file.exists() else ""
    _, heading, feed = before.partition(FEED)  # of `make feed-latency`
    text = page(scenes, kept_days(out / DAY), about)
    file.write_text(f"{text.rstrip()}\n\n{heading}{feed}" if heading else text, encoding="utf-8")
    print(f"written: {docs / 'latency.md'}")


def _finished(out: Path) -> Scenes:
    """Return the figures of every scene that was measured, now or before."""
    scenes = {}
    for scene in SCENES:
        if (measured := finished(scene, out)) is not None:
            told = figures(measured.loops, measured.received, is_live=scene.is_live)
            scenes[scene.name] = told, measured.load
    return scenes


def _parser() -> argparse.ArgumentParser:
    names = [*(scene.name for scene in SCENES), DAY]
    parser = argparse.ArgumentParser(prog="python -m tests.latency", description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="measure anew what is wanted")
    parser.add_argument("--only", action="append", choices=names, help="measure this; repeatable")
    parser.add_argument(
        "--without", action="append", choices=names, default=[], help="leave this out; repeatable"
    )
    parser.add_argument(
        "--minutes", type=float, default=MINUTES, help="of each scene (%(default)s)"
    )
    parser.add_argument("--days", type=int, default=1, help="simulated (%(default)s)")
    parser.add_argument(
        "--write-to", type=Path, default=ROOT / "docs", help="folder of page and picture"
    )
    return parser


if __name__ == "__main__":
    main()
