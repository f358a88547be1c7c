"""A command in a process that begins with everything imported.

A fork server has imported Freqtrade and the package. Each child is a fork of it that runs the
installed script, such as ``freqtrade``, as the shell would: what is left of a start is what a bot
does at its start.
"""

import ctypes
import multiprocessing
import os
import runpy
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.process import BaseProcess
from pathlib import Path

from plimsoll.lab.processes import command

CONTEXT = multiprocessing.get_context("forkserver")
PRELOAD = "plimsoll.lab.drilling.preload"
END_SECONDS = 60.0
PR_SET_PDEATHSIG = 1


class Forked:
    """A running command; it ends with us."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return int(self._process.pid or 0)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    def send(self, number: int) -> None:
        """Send it a signal; one that has ended takes none."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it as a power cut would, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._process.join(END_SECONDS)

    def wait(self, seconds: float) -> int | None:
        """Return its exit status, None when it still runs after so many seconds."""
        self._process.join(seconds)
        return self._process.exitcode


def start(
    words: Sequence[str], *, folder: Path, log: Path, environment: Mapping[str, str]
) -> Forked:
    """Start an installed command with its arguments; its output is appended to a log.

    ``FREQTRADE__`` variables of ours do not reach it; those of ``environment`` do.
    """
    CONTEXT.set_forkserver_preload([PRELOAD])
    process = CONTEXT.Process(
        target=_run,
        args=([command(words[0]), *words[1:]], str(folder), str(log), dict(environment)),
        daemon=True,
    )
    process.start()
    return Forked(process)


def _run(words: list[str], folder: str, log: str, environment: dict[str, str]) -> None:
    if sys.platform == "linux":  # the fork server ends with the drill, and a bot with it
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for name in [name for name in os.environ if name.startswith(("PYTEST_", "FREQTRADE__"))]:
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
    multiprocessing.current_process()._config["daemon"] = False  # type: ignore[attr-defined] # noqa: SLF001
    sys.argv = words
    runpy.run_path(words[0], run_name="__main__")
