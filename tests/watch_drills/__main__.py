"""``make watch-drills``: run the drills of the watchdog and rewrite their table in docs/watch.md.

``ONLY=frozen`` plays one again. The table is written when every drill went well with this code.
"""

import argparse
import hashlib
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import ROOT
from tests.support.watching import watched
from tests.watch_drills.drills import DRILLS, Outcome, WatchDrill

PAGE = ROOT / "docs/watch.md"
BLOCK = re.compile(
    r"(<!-- written by make watch-drills -->\n).*?(<!-- end of the drills -->)", re.DOTALL
)
HEAD = "| Done | Must follow | First alarm | Closed after | Closed by |\n|---|---|---|---|---|\n"


def play(drill: WatchDrill) -> Outcome:
    """Play one drill in a folder of its own."""
    with TemporaryDirectory(prefix=f"watch-{drill.name}-") as name:
        folder = Path(name)
        os.environ["XDG_STATE_HOME"] = str(folder / "registry")
        with watched(folder, **drill.overlay) as scene:
            return drill.run(scene)


def _code() -> str:
    """Return a fingerprint of the watchdog's code: results of another are not its own."""
    files = sorted((ROOT / "src/plimsoll/monitoring").glob("*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def row(drill: WatchDrill, outcome: Outcome) -> str:
    """Return a drill's row of the table."""
    told = "–" if outcome.told_seconds is None else f"{outcome.told_seconds:.0f} s"
    flat = "–" if outcome.flat_seconds is None else f"{outcome.flat_seconds:.0f} s"
    return f"| {drill.done} | {drill.follows} | {told} | {flat} | {outcome.closed_by} |\n"


def main(words: Sequence[str] | None = None) -> int:
    """Return 0 when every drill went as it must."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", default="")
    only = parser.parse_args(words).only
    out = ROOT / "out" / "watch-drills" / _code()
    out.mkdir(parents=True, exist_ok=True)
    failed = []
    for drill in DRILLS:
        if only and drill.name not in only.split(","):
            continue
        began = time.monotonic()
        try:
            outcome = play(drill)
        except Exception:  # noqa: BLE001 - the others are played as well
            traceback.print_exc()
            failed.append(drill.name)
            continue
        (out / f"{drill.name}.json").write_text(json.dumps(asdict(outcome)), encoding="utf-8")
        print(f"{drill.name}: {outcome} ({time.monotonic() - began:.0f} s)", flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}")
        return 1
    kept = [(one, out / f"{one.name}.json") for one in DRILLS]
    if all(file.is_file() for _, file in kept):
        rows = [row(one, Outcome(**json.loads(file.read_text()))) for one, file in kept]
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(BLOCK.sub(rf"\g<1>{HEAD}{''.join(rows)}\g<2>", page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
