"""Backtesting engines that are no part of the project, each in an environment of its own.

Every engine is installed into a temporary folder from its line in ``tests/bench/other_engines``,
never beside the project's pins; where that fails its figure is not a number.
"""

import json
import math
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from plimsoll.lab.processes import child_environment
from tests.conftest import ROOT

ENGINES = ("vectorbt", "backtesting")
SCRIPTS = Path(__file__).parent / "other_engines"
SECONDS = 600
STOP, TARGET = 0.02, 0.04
"""Of ``PlainEmaCross``."""


def keep_candles(file: Path, analysed: Mapping[str, pd.DataFrame]) -> int:
    """Write prices and signals of all pairs side by side; return the number of candles."""
    rows = min(len(frame) for frame in analysed.values())
    names = {one: one for one in ("open", "high", "low", "close")}
    names |= {"enter": "enter_long", "leave": "exit_long"}
    columns = {
        name: np.column_stack([frame[column].to_numpy("f8")[-rows:] for frame in analysed.values()])
        for name, column in names.items()
    }
    columns |= {name: columns[name] == 1 for name in ("enter", "leave")}
    np.savez(file, **columns)
    return rows * len(analysed)


def run(candles: Path, count: int, *, fee: float, folder: Path) -> dict[str, float]:
    """Return candles a second and trades of each engine; not a number where it is not installed."""
    figures: dict[str, float] = {}
    for engine in ENGINES:
        timed = _timed(engine, candles, fee=fee, folder=folder)
        figures[f"lane_{engine}_candles_a_second"] = count / timed["seconds"]
        figures[f"lane_{engine}_trades"] = timed["trades"]
    return figures


def _timed(engine: str, candles: Path, *, fee: float, folder: Path) -> dict[str, float]:
    try:
        python = _installed(engine, folder)
        arguments = [str(candles), str(fee), str(STOP), str(TARGET)]
        told = _said([str(python), str(SCRIPTS / f"{engine}_loop.py"), *arguments])
        return {name: float(value) for name, value in json.loads(told.splitlines()[-1]).items()}
    except (OSError, subprocess.SubprocessError) as error:
        print(f"{engine} is not measured: {error}", file=sys.stderr)
        return {"seconds": math.nan, "trades": math.nan}


def _installed(engine: str, folder: Path) -> Path:
    """Return the interpreter of a new environment that holds one engine."""
    home = folder / f"venv-{engine}"
    _said([sys.executable, "-m", "venv", str(home)])
    python = home / "bin" / "python"
    _said([str(python), "-m", "pip", "install", "-q", "-r", str(SCRIPTS / f"{engine}.txt")])
    return python


def _said(command: list[str]) -> str:
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    return done.stdout
