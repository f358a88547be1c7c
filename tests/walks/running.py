"""Run a subject: its walk-forward, a search, and Freqtrade's own hyperopt of the same."""

import json
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade
from plimsoll.lab.processes import child_environment, command
from plimsoll.lab.study import DATA, GUARDS_OFF, config_of, study_folder
from plimsoll.lab.user_folder import lay_out
from tests.support.dask_cluster import dask_cluster
from tests.support.postgres import serve_postgres
from tests.walks.subjects import EPOCHS, Subject

LOSS = "SharpeHyperOptLossDaily"
SECONDS = 7200
SAME = ("best_params", "best_loss", "test_return_fraction", "hashes")
"""What a walk that was killed has to find again, window by window."""

Say = Callable[[str], object]


def run_subject(subject: Subject, datadir: Path, out: Path, say: Say) -> dict[str, Any]:
    """Return the row of a subject; its page and picture are left in ``out``."""
    with study_folder([subject.study], datadir) as folder:
        last = folder / "walk.json"
        last.write_text(json.dumps(config_of(subject.study, GUARDS_OFF)), encoding="utf-8")
        whole = walked(subject, folder, "user_data", out, say)
        row = {"strategy": subject.strategy, "pairs": len(subject.study.pairs), "walk": whole}
        row["own"] = timed_own(subject, folder, whole["windows"][0], say)
        row["search"] = searched(subject, folder, say)
        if subject.killed:
            row["search"] |= shared(subject, folder, say)
        if subject.killed:
            row["again"] = killed_and_gone_on(subject, folder, whole, say)
    return row


def walked(subject: Subject, folder: Path, userdir: str, out: Path | None, say: Say) -> Any:
    """Walk forward to the end; return what the command prints as JSON."""
    arguments = _walk(subject, folder, userdir)
    page = [] if out is None else ["--out", str(out / subject.strategy)]
    began = time.perf_counter()
    made = _run([*arguments, *page], folder)
    say(f"{subject.strategy}: walked in {time.perf_counter() - began:.0f} s")
    return made | {"wall_seconds": time.perf_counter() - began}


def searched(subject: Subject, folder: Path, say: Say) -> dict[str, Any]:
    """Return epochs a minute of `plimsoll search` with one process and with two."""
    rates = {}
    for workers in (1, 2):
        arguments = ["search", *_common(subject, folder, "user_data"), "--json"]
        arguments += ["--workers", str(workers), "--study", f"rate-{workers}"]
        made = _run([*arguments, "--epochs", str(subject.search_epochs)], folder)
        rates[str(workers)] = made["epochs_a_minute"]
        say(f"{subject.strategy}: {made['epochs_a_minute']:.0f} epochs a minute by {workers}")
    return rates


def rates_of(subject: Subject, datadir: Path, say: Say) -> dict[str, Any]:
    """Return the rates of searches alone."""
    with study_folder([subject.study], datadir) as folder:
        last = folder / "walk.json"
        last.write_text(json.dumps(config_of(subject.study, GUARDS_OFF)), encoding="utf-8")
        return searched(subject, folder, say) | shared(subject, folder, say)


def shared(subject: Subject, folder: Path, say: Say) -> dict[str, Any]:
    """Return epochs a minute of two Dask workers on a PostgreSQL, all on this machine."""
    with serve_postgres() as storage, dask_cluster(folder, 2) as dask:
        arguments = ["search", *_common(subject, folder, "user_data"), "--json"]
        arguments += ["--dask", dask, "--storage", storage, "--study", "rate-dask"]
        made = _run([*arguments, "--epochs", str(subject.search_epochs)], folder)
    say(f"{subject.strategy}: {made['epochs_a_minute']:.0f} epochs a minute by two Dask workers")
    return {"dask": made["epochs_a_minute"]}


def timed_own(subject: Subject, folder: Path, window: dict[str, Any], say: Say) -> dict[str, float]:
    """Return seconds of Freqtrade's hyperopt and backtest on a window, by the plain command."""
    named = _named(folder, "user_data", subject)
    spans = {
        name: "-".join(f"{pd.Timestamp(one):%Y%m%d}" for one in window[name])
        for name in ("train", "test")
    }
    log, seconds = folder / "own.log", {}
    for epochs in (1, 1 + subject.own_epochs):
        began = time.perf_counter()
        own = ["--hyperopt-loss", LOSS, "--spaces", *subject.spaces, "--epochs", str(epochs)]
        own += ["--timerange", spans["train"], "-j", "2", "--disable-param-export"]
        freqtrade(["hyperopt", *named, *own], folder=folder, log=log, seconds=SECONDS)
        seconds[epochs] = time.perf_counter() - began
    began = time.perf_counter()
    test = ["--timerange", spans["test"], "--cache", "none", "--export", "none"]
    freqtrade(["backtesting", *named, *test], folder=folder, log=log, seconds=SECONDS)
    one, more = seconds.values()
    made = {
        "start_seconds": one,
        "epoch_seconds": (more - one) / subject.own_epochs,
        "test_seconds": time.perf_counter() - began,
    }
    say(f"{subject.strategy}: Freqtrade's own: {made}")
    return made


def killed_and_gone_on(
    subject: Subject, folder: Path, whole: dict[str, Any], say: Say
) -> dict[str, Any]:
    """Kill a walk after half of its time, go on with it, and compare what it found."""
    lay_out(folder / "again")
    process = subprocess.Popen(
        [command("plimsoll"), *_walk(subject, folder, "again")],
        cwd=folder,
        env=child_environment(settings=False),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    after = whole["wall_seconds"] / 2
    try:
        process.wait(after)
        raise PlimsollError(f"expected a walk of more than {after:.0f} s, it has ended")
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGKILL)
        process.wait()
    again = walked(subject, folder, "again", None, say)
    shutil.rmtree(folder / "again")
    same = all(
        left[name] == right[name]
        for left, right in zip(whole["windows"], again["windows"], strict=True)
        for name in SAME
    )
    same = same and len(whole["windows"]) == len(again["windows"])
    return {"killed_after_seconds": after, "same": same, "seconds": again["wall_seconds"]}


def _walk(subject: Subject, folder: Path, userdir: str) -> list[str]:
    cut = ["--train-days", str(subject.train_days), "--test-days", str(subject.test_days)]
    cut += ["--purge-days", str(subject.purge_days), "--windows", "6", "--json", "--paths"]
    cut += ["--path-trials", str(subject.path_trials)]
    common = _common(subject, folder, userdir)
    return ["walk-forward", *common, *cut, "--epochs", str(EPOCHS)]


def _common(subject: Subject, folder: Path, userdir: str) -> list[str]:
    own = ["--timerange", subject.study.timerange, "--hyperopt-loss", LOSS]
    return [*_named(folder, userdir, subject), *own, "--spaces", *subject.spaces]


def _named(folder: Path, userdir: str, subject: Subject) -> list[str]:
    config = folder / userdir / "config"
    layers = [config / "base.json", folder / "venue-sim.json", config / "mode-backtest.json"]
    return [
        *("--userdir", str(folder / userdir), "--datadir", str(folder / DATA)),
        *(part for layer in [*layers, folder / "walk.json"] for part in ("-c", str(layer))),
        *("--strategy", subject.strategy, "-i", subject.study.timeframe),
        *("--pairs", *subject.study.pairs),
    ]


def _run(arguments: Sequence[str], folder: Path) -> dict[str, Any]:
    with (folder / "walk.log").open("a", encoding="utf-8") as log:
        done = subprocess.run(
            [command("plimsoll"), *arguments],
            cwd=folder,
            env=child_environment(settings=False),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    if not done.stdout.startswith("{"):
        told = (folder / "walk.log").read_text(encoding="utf-8").splitlines()
        raise PlimsollError(f"plimsoll {arguments[0]} failed: {' / '.join(told[-5:])}")
    made: dict[str, Any] = json.loads(done.stdout)
    return made
