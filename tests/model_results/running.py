"""Have ``plimsoll compare`` trade a model and the rules, and keep what it said."""

import json
import resource
import subprocess
import time
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment, command
from plimsoll.lab.study import DATA, GUARDS_OFF, config_of, study_folder
from tests.model_results.subjects import BASELINES, RETRAIN_DAYS, SPAN, SUBJECTS, THREE, Subject

SECONDS = 3 * 3600.0
MB = 1024
"""Kilobytes, in which Linux tells the peak of a process's memory."""


def run_subject(subject: Subject, datadir: Path, out: Path) -> dict[str, Any]:
    """Compare a model with each baseline; it is trained and traded once.

    Memory is the peak of any one process below this one, so this process runs one subject.
    """
    row: dict[str, Any] = {"model": subject.model, "strategy": subject.strategy, "against": {}}
    own = subject.studies[0]
    with study_folder(subject.studies, datadir) as folder:
        layer = config_of(own, GUARDS_OFF) | {
            "max_open_trades": len(own.pairs),
            "freqai": {"backtest_period_days": RETRAIN_DAYS},
        }
        (folder / "models.json").write_text(json.dumps(layer), encoding="utf-8")
        before, began = _processor_seconds(), time.perf_counter()
        candidate = subject.strategy
        for baseline in BASELINES:
            record = _compared(subject, candidate, baseline, folder, out)
            if candidate == subject.strategy:
                row["wall_seconds"] = time.perf_counter() - began
                row["processor_seconds"] = _processor_seconds() - before
                candidate = str(_stored(folder, subject.strategy))
            row["against"][baseline] = record
    row["peak_mb"] = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / MB
    return row


def _compared(
    subject: Subject, candidate: str, baseline: str, folder: Path, out: Path
) -> dict[str, Any]:
    config = folder / "user_data/config"
    layers = [config / "base.json", folder / "venue-sim.json", config / subject.layer]
    layers += [config / "mode-backtest.json", folder / "models.json"]
    place = out / f"{subject.model}-{baseline}"
    arguments = [
        *("compare", "--candidate", candidate, "--baseline", baseline, "--json"),
        *("--trials", str(len(SUBJECTS))),
        *("--out", str(place), "--userdir", str(folder / "user_data")),
        *("--datadir", str(folder / DATA), "--timerange", SPAN),
        *("--pairs", *THREE, "--freqaimodel", subject.model),
        *(part for layer in layers for part in ("-c", str(layer))),
    ]
    log = out / f"{subject.model}.log"
    with log.open("a", encoding="utf-8") as said:
        done = subprocess.run(
            [command("plimsoll"), *arguments],
            cwd=folder,
            env=child_environment(settings=False),
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    begin = done.stdout.find("{")
    if begin < 0:
        last = log.read_text(encoding="utf-8").splitlines()[-5:]
        raise PlimsollError(f"plimsoll compare failed: {' / '.join(last)}")
    record: dict[str, Any] = json.JSONDecoder().raw_decode(done.stdout[begin:])[0]
    return record


def _stored(folder: Path, strategy: str) -> Path:
    place = folder / "user_data/plimsoll/compare" / strategy
    last = json.loads((place / ".last_result.json").read_text(encoding="utf-8"))
    return place / str(last["latest_backtest"])


def _processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
