"""Run the plain ``freqtrade`` command and judge how it went."""

import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_beginning, child_environment, command

FAULT = re.compile(
    r"(?: ERROR - |^)(Configuration error: .*|Fatal exception!.*|freqtrade[\w -]*: error: .*)",
    re.MULTILINE,
)

RAISED = re.compile(r"[A-Za-z_][\w.]*(?:Error|Exception|Exit|Interrupt)\b")
"""The line at a traceback's end."""


def freqtrade(
    arguments: Sequence[str],
    *,
    folder: Path,
    log: Path,
    environment: Mapping[str, str] | None = None,
    seconds: float = 600,
    settings: bool = True,
) -> str:
    """Run one freqtrade command to its end and return what it printed and logged.

    ``settings`` says whether the user's ``FREQTRADE__`` variables reach it.

    Raises
    ------
    PlimsollError
        When it failed. Freqtrade exits with 0 after a configuration error and after wrong
        usage, so its log counts as well as its status.
    """
    try:
        done = subprocess.run(
            [command("freqtrade"), *arguments],
            cwd=folder,
            env=child_environment(environment, settings=settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
            preexec_fn=child_beginning(),
        )
    except subprocess.TimeoutExpired as error:
        _write_log(log, arguments, (error.stdout or b"").decode(errors="replace"))
        raise PlimsollError(
            f"freqtrade {arguments[0]} took longer than {seconds:.0f} s; its log is {log}"
        ) from error
    _write_log(log, arguments, done.stdout)
    fault = FAULT.search(done.stdout)
    if done.returncode != 0 or fault:
        raise PlimsollError(
            f"freqtrade {arguments[0]} failed (status {done.returncode}): "
            f"{_said(fault, done.stdout)}; its log is {log}"
        )
    return done.stdout


def _write_log(log: Path, arguments: Sequence[str], output: str) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("a", encoding="utf-8") as file:
        file.write(f"$ freqtrade {' '.join(arguments)}\n{output}\n")


def _said(fault: "re.Match[str] | None", output: str) -> str:
    """Return what a failed command said: of a traceback its last line, which names the error."""
    if fault is None:
        return _last_error(output)
    if not fault.group(1).startswith("Fatal exception!"):
        return fault.group(1)
    lines = output[fault.end() :].splitlines()
    raised = [line for line in lines if RAISED.match(line)]
    return raised[-1] if raised else fault.group(1)


def _last_error(output: str) -> str:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if " ERROR - " in line or line.startswith("plimsoll: ")]
    return (errors or lines or ["it said nothing"])[-1]
