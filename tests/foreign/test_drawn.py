"""Settings are drawn, and each is run bare, observed, with guards off and enforced.

``SETTINGS=200 SEED=7 .venv/bin/python -m pytest tests/foreign/test_drawn.py -m slow`` draws others.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.study_data import file_of
from tests.conftest import ROOT
from tests.foreign.drawing import BARE, ENDS, GUARDED, HOLES, WHOLE, settings
from tests.foreign.drawn import SAME, broken_promises, difference, rows_of
from tests.foreign.runs import PAIRS, Runs

pytestmark = pytest.mark.freqtrade

SEED, SETTINGS = os.environ.get("SEED", "1"), os.environ.get("SETTINGS", "30")
A_HOLE = pd.Timestamp("2025-06-24 03:00", tz="UTC")
BEGINS, DELISTED = A_HOLE + pd.Timedelta(hours=2), A_HOLE + pd.Timedelta(hours=30)


@pytest.fixture(scope="module")
def drawn(runs: Runs) -> Iterator[Runs]:
    """A user's folder with the strategy that is drawn, and candles that lack some."""
    shutil.copy(ROOT / "tests/foreign/strategies/DrawnShape.py", runs.strategies)
    lots = np.random.default_rng(3)
    for kind in (HOLES, ENDS):
        shutil.copytree(runs.data, runs.folder / kind)
        for number, pair in enumerate(PAIRS):
            file = file_of(runs.folder / kind, pair, "5m")
            candles = pd.read_feather(file)
            kept = _with_holes(candles, number, lots) if kind == HOLES else _cut(candles, number)
            kept.reset_index(drop=True).to_feather(file, compression="lz4")
    yield runs
    (runs.strategies / "DrawnShape.py").unlink()


def _with_holes(candles: pd.DataFrame, number: int, lots: np.random.Generator) -> pd.DataFrame:
    begins = A_HOLE + pd.Timedelta(hours=7 * number)
    missing = candles["date"].between(begins, begins + pd.Timedelta(hours=5))
    return candles[~missing & (lots.random(len(candles)) > 0.04)]


def _cut(candles: pd.DataFrame, number: int) -> pd.DataFrame:
    if number in (1, 3):
        return candles[candles["date"] < DELISTED + pd.Timedelta(hours=number)]
    return candles[candles["date"] > BEGINS] if number == 2 else candles


def run(folder: Path, what: str) -> "subprocess.Popen[bytes]":
    """Begin a process that runs every setting."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.foreign.drawing", str(folder), what, SEED, SETTINGS],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.slow
def test_drawn_settings_are_the_same_observed_and_keep_their_limits_enforced(
    drawn: Runs,
) -> None:
    both = [run(drawn.folder, what) for what in (BARE, GUARDED)]
    assert [one.wait() for one in both] == [0, 0]
    bare = rows_of(drawn.folder / f"drawn-{BARE}.jsonl")
    guarded = rows_of(drawn.folder / f"drawn-{GUARDED}.jsonl")
    faults, trades = [], 0
    for setting in settings(int(SEED), int(SETTINGS)):
        number = setting["number"]
        alone = bare[number, BARE]
        assert "error" not in alone, (setting, alone["error"])
        trades += len(alone["result"]["trades"])
        for guards in SAME:
            told = difference(alone, guarded[number, guards])
            faults += [] if told is None else [(number, guards, told)]
        enforced = guarded[number, "enforce"]
        assert "error" not in enforced, (setting, enforced["error"])
        is_whole = setting["data"] == WHOLE
        told_of = broken_promises(setting, enforced, whole_data=is_whole)
        faults += [(number, "enforce", one) for one in told_of]
    assert faults == []
    assert trades > 10 * int(SETTINGS)
