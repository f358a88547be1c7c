"""The fast lane compiled once for all workers of a test run: they would do it side by side."""

import hashlib
import tempfile
from pathlib import Path

from filelock import FileLock

from plimsoll.lab.fast_lane.loop import run
from tests.conftest import ROOT
from tests.unit.lab.fast_lane.desk import books, market


def compile_lane() -> None:
    """Compile the loop, or wait for the worker that is at it, and read what it kept."""
    name = hashlib.sha256(str(ROOT).encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"plimsoll-lane-{name}.lock"):
        asked = market([(1.0, 1.0, 1.0, 1.0)] * 2)
        run(asked, books(asked))
