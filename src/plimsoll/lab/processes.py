"""Child processes that end with us: by pid, in order, never left behind."""

import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError

PATIENCE_SECONDS = 15.0


def child_beginning() -> Callable[[], None] | None:
    """Return what a child of this process calls first, its ``preexec_fn``.

    An interrupt ends it, also when a shell started us in the background with interrupts ignored,
    and on Linux the kernel kills it when its parent is gone: a bot that ends by itself waits for
    ever for streams of an exchange that was ended with it.
    """
    if os.name != "posix":
        return None
    parent = os.getpid()

    def begin() -> None:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if sys.platform == "linux":
            pr_set_pdeathsig = 1
            ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)
            if os.getppid() != parent:  # it was gone before the kernel was asked
                os._exit(128 + signal.SIGKILL)

    return begin


def command(name: str) -> str:
    """Return the path of a command installed beside this Python, such as ``freqtrade``."""
    script = Path(sys.executable).with_name(name)
    if not script.exists():
        raise PlimsollError(f"expected the command {script}, found none; install {name} again")
    return str(script)


def child_environment(
    extra: Mapping[str, str] | None = None, *, settings: bool = True
) -> dict[str, str]:
    """Return the environment for a child: ours, less what would change Freqtrade's behaviour.

    ``settings`` says whether the user's ``FREQTRADE__`` variables reach it, which Freqtrade puts
    over every config file.

    Freqtrade skips its logging set-up, and with it the registration of plugins, when
    ``PYTEST_VERSION`` is set. It wraps the lines of its log at the width of a terminal that
    ``COLUMNS`` speaks of, and a child of ours has none: its errors would be cut off in the middle.
    """
    inherited = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("PYTEST_")
        and key not in ("COLUMNS", "LINES")
        and (settings or not key.startswith("FREQTRADE__"))
    }
    return {**inherited, **(extra or {})}


@contextmanager
def running(
    arguments: Sequence[str],
    *,
    log: Path,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
    settings: bool = True,
    inherited: Sequence[int] = (),
) -> Iterator[subprocess.Popen[str]]:
    """Run a child for the length of the block, its output going to ``log``.

    With ``stdout=subprocess.PIPE`` its standard output is the caller's to read; `child_environment`
    explains ``settings``. The descriptors ``inherited`` stay open in the child. It is ended on
    leaving: interrupt, then terminate, then kill, by pid. On Linux the kernel ends it as well
    when this process is killed.
    """
    with log.open("a", encoding="utf-8") as errors:
        child = subprocess.Popen(
            list(arguments),
            cwd=folder,
            env=child_environment(environment, settings=settings),
            stdin=stdin,
            stdout=errors if stdout is None else stdout,
            stderr=errors,
            text=True,
            preexec_fn=child_beginning(),  # noqa: PLW1509
            pass_fds=inherited,
        )
    try:
        yield child
    finally:
        end(child)


def end(child: subprocess.Popen[str]) -> int:
    """End a child and return its exit status."""
    if child.stdin is not None:
        child.stdin.close()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            break
        child.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            child.wait(PATIENCE_SECONDS)
    if child.stdout is not None:
        child.stdout.close()
    return child.wait()


def first_json_line(child: subprocess.Popen[str], *, log: Path) -> dict[str, Any]:
    """Return the JSON object that a server prints when it listens.

    Raises
    ------
    PlimsollError
        When the child ended before, with the last line of its log, or said something else.
    """
    line = child.stdout.readline() if child.stdout is not None else ""
    if not line:
        child.wait(PATIENCE_SECONDS)
        raise PlimsollError(f"{_name(child)} did not start: {last_line(log)}")
    try:
        return dict(json.loads(line))
    except (ValueError, TypeError) as error:
        said = line.strip()
        raise PlimsollError(f"expected a JSON line from {_name(child)}, found {said}") from error


def _name(child: subprocess.Popen[str]) -> str:
    first = child.args[0] if isinstance(child.args, list | tuple) else child.args
    return Path(str(first)).name


def last_line(log: Path) -> str:
    """Return the last line with text of a log, for an error message."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n") if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it said nothing")


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until(
    condition: Callable[[], object],
    *,
    seconds: float,
    what: str,
    pause_seconds: float = 0.25,
    log: Path | None = None,
) -> None:
    """Wait for a condition.

    Raises
    ------
    PlimsollError
        When it does not hold within ``seconds``; the message names ``what``, and the log of the
        process that was waited for, with its last line.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            where = "" if log is None else f"; {log} ends with: {last_line(log)}"
            raise PlimsollError(f"expected {what} within {seconds:.0f} s, found none{where}")
        time.sleep(pause_seconds)
