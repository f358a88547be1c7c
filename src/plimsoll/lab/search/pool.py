"""Local workers: forks of a process that has data and strategy, watched until the search ends."""

import ctypes
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from plimsoll.core import PlimsollError
from plimsoll.lab.search.configuration import quiet
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.search.storage import answering
from plimsoll.lab.search.studies import fail_lost, has_unowned, own_name
from plimsoll.lab.search.worker import Place, Tell, Told, Worker, study_at

PR_SET_PDEATHSIG = 1
END_SECONDS = 10.0
NAMED_WITHIN = timedelta(seconds=1)
"""A worker that lives has put its name on its trial by then."""
MOST_DEATHS = 3
"""So many workers may die between two epochs; after that it is no accident."""


@dataclass
class _Member:
    process: BaseProcess
    says: Connection
    name: str = ""
    ended: bool = field(default=False)


def search_locally(
    epochs: Epochs, place: Place, *, workers: int, tell: Tell, warn: Callable[[str], object]
) -> None:
    """Run the epochs of a place by so many workers; a killed one is replaced.

    Nothing of a worker's memory is copied before it is written to: candles and features that no
    parameter changes are there once.

    Raises
    ------
    StorageGoneError
        When the storage does not answer any more.
    PlimsollError
        What an epoch raised, or that workers die one after another.
    """
    deaths = 0
    with _members() as members:
        for _ in range(workers):
            members.append(_start(epochs, place))
        while running := [one for one in members if not one.ended]:
            for one in _ready(running):
                said = _next(one)
                if isinstance(said, Told):
                    deaths = 0
                    tell(said)
                elif isinstance(said, str):
                    one.name = said
                elif isinstance(said, Exception):
                    raise said
                elif one.process.exitcode:
                    deaths += 1
                    warn(_replaced(one, place))
                    if deaths > MOST_DEATHS:
                        raise PlimsollError(
                            f"{deaths} workers died one after another, the last one "
                            f"{_how(one.process.exitcode)}; epochs that ended are kept: run the "
                            "same command again with fewer --workers"
                        )
                    members.append(_start(epochs, place))


def _ready(members: list[_Member]) -> list[_Member]:
    ready = wait([one.says for one in members])
    return [one for one in members if one.says in ready]


def _next(member: _Member) -> object:
    """Return the next thing that a worker says; `None` when it has ended."""
    try:
        return member.says.recv()
    except (EOFError, OSError):
        member.ended = True
        member.process.join(END_SECONDS)
        return None


def _replaced(member: _Member, place: Place) -> str:
    with answering(place.address):
        lost = fail_lost(study_at(place), gone=[member.name])
        if has_unowned(study_at(place)):  # its own, or of one that will say so in an instant
            time.sleep(2 * NAMED_WITHIN.total_seconds())
            lost += fail_lost(study_at(place), unowned=NAMED_WITHIN)
    again = "its epoch is run again" if lost else "no epoch was lost"
    return f"worker {member.process.pid} died, {_how(member.process.exitcode)}: {again}"


def _how(status: int | None) -> str:
    if status is not None and status < 0:
        with suppress(ValueError):
            return f"killed by {signal.Signals(-status).name}"
    return f"status {status}"


def _start(epochs: Epochs, place: Place) -> _Member:
    if sys.platform == "win32":
        raise PlimsollError("local workers are forks, which this system has not: use --dask")
    context = multiprocessing.get_context("fork")
    hears, says = context.Pipe(duplex=False)
    process = context.Process(
        target=_work, args=(epochs, place, says, os.getpid()), daemon=True, name="search worker"
    )
    process.start()
    says.close()
    return _Member(process, hears)


def _work(epochs: Epochs, place: Place, says: Connection, parent: int) -> None:
    """Be a worker; what it raises goes to the parent."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        says.send(own_name())
        with quiet():
            Worker(epochs, place).run(says.send)
    except PlimsollError as error:
        says.send(type(error)(str(error)))
    except Exception as error:  # noqa: BLE001 - a strategy may raise what it likes
        says.send(PlimsollError(f"an epoch failed: {type(error).__name__}: {error}"))
    says.close()
    os._exit(0)  # no destructor of the exchange, whose loop is the parent's


@contextmanager
def _members() -> Iterator[list[_Member]]:
    """Hold workers, and end all of them on leaving."""
    members: list[_Member] = []
    try:
        yield members
    finally:
        for one in members:
            if one.process.is_alive():
                one.process.terminate()
        for one in members:
            one.process.join(END_SECONDS)
            if one.process.is_alive():
                one.process.kill()
            one.says.close()
