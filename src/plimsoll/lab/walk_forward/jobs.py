"""Jobs in forks of this process, a few at a time; one that is killed is begun again."""

import ctypes
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.lab.search.configuration import quiet

PR_SET_PDEATHSIG = 1
END_SECONDS = 10.0
MOST_DEATHS = 3


@dataclass(frozen=True, slots=True)
class _Running:
    name: str
    process: BaseProcess
    says: Connection


def in_forks(
    jobs: Mapping[str, Callable[[], Any]], *, at_once: int, say: Callable[[str], object]
) -> Iterator[tuple[str, Any]]:
    """Yield what each job returns, with its name, as they end.

    Raises
    ------
    PlimsollError
        What a job raised, or that one is killed again and again. The others are ended.
    """
    waiting, deaths = list(jobs), dict.fromkeys(jobs, 0)
    running: list[_Running] = []
    try:
        while waiting or running:
            while waiting and len(running) < at_once:
                name = waiting.pop(0)
                running.append(_start(name, jobs[name]))
            ready = wait([one.says for one in running])
            for one in [one for one in running if one.says in ready]:
                running.remove(one)
                ended, value = _ended(one)
                if ended:
                    yield one.name, value
                    continue
                deaths[one.name] += 1
                say(f"{one.name} was killed ({value}): it begins again")
                if deaths[one.name] >= MOST_DEATHS:
                    raise PlimsollError(f"{one.name} was killed {MOST_DEATHS} times ({value})")
                waiting.insert(0, one.name)
    finally:
        for one in running:
            one.process.terminate()
            one.process.join(END_SECONDS)
            one.says.close()


def _ended(one: _Running) -> tuple[bool, Any]:
    """Return whether a job came to its end and what it returned, else how its process died."""
    try:
        value = one.says.recv()
    except (EOFError, OSError):
        one.process.join(END_SECONDS)
        return False, f"status {one.process.exitcode}"
    finally:
        one.says.close()
    one.process.join(END_SECONDS)
    if isinstance(value, Exception):
        raise value
    return True, value[0]


def _start(name: str, job: Callable[[], Any]) -> _Running:
    context = multiprocessing.get_context("fork")
    hears, says = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(name, job, says, os.getpid()), daemon=True)
    process.start()
    says.close()
    return _Running(name, process, hears)


def _run(name: str, job: Callable[[], Any], says: Connection, parent: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        with quiet():
            says.send([job()])
    except PlimsollError as error:
        says.send(type(error)(f"{name}: {error}"))
    except Exception as error:  # noqa: BLE001 - a strategy may raise what it likes
        says.send(PlimsollError(f"{name}: {type(error).__name__}: {error}"))
    says.close()
    os._exit(0)  # no destructor of the exchange, whose loop is the parent's
