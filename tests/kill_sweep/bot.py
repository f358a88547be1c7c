"""Freqtrade's own command in a process that begins with everything imported.

A fork server has imported Freqtrade and the package; each bot is a fork of it that runs
``freqtrade.main.main``. What is left of a start is what a bot does at its start.
"""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from pathlib import Path

from plimsoll.lab.drilling.forked import PRELOAD

CONTEXT = multiprocessing.get_context("forkserver")


def start_bot(
    arguments: list[str], *, folder: Path, log: Path, environment: Mapping[str, str]
) -> BaseProcess:
    """Start ``freqtrade`` with arguments; its output goes to a log, which is appended to."""
    CONTEXT.set_forkserver_preload([PRELOAD])
    process = CONTEXT.Process(
        target=_run, args=(arguments, str(folder), str(log), dict(environment)), daemon=True
    )
    process.start()
    return process


def _run(arguments: list[str], folder: str, log: str, environment: dict[str, str]) -> None:
    if sys.platform == "linux":  # the fork server ends with the sweep, and a bot with it
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]
    os.environ.update(environment)
    os.chdir(folder)
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(output, 1)
    os.dup2(output, 2)
    # The standard streams were inherited, and buffer what goes to a file.
    sys.stdout = os.fdopen(1, "w", buffering=1, closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, closefd=False)
    # A child of multiprocessing that is a daemon may have no children; a bot of its own may.
    multiprocessing.current_process()._config["daemon"] = False

    sys.argv = ["freqtrade", *arguments]

    from freqtrade.main import main

    main()
