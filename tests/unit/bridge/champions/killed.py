"""Kills a process that writes a seat, at every one of its writes and at random moments.

``python -m tests.unit.bridge.champions.killed FOLDER MOMENTS EVERY`` prints what was found as
JSON. The process is forked, so that a kill costs milliseconds, and killed by SIGKILL: nothing is
caught and nothing is tidied up.
"""

import json
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from plimsoll.bridge.champions.store import SeatStore, read_seat, read_state
from plimsoll.champions.events import CandleClosed, Promoted, RolledBack
from tests.unit.bridge.champions.stores import HOUR, NOON, trained

SEED = 14


def cycle(store: SeatStore, told: Callable[[str], None]) -> None:
    """Train a challenger, let a candle close, promote it and roll it back."""
    for _ in range(2):
        trained(store)
        seat = store.seat
        assert seat.champion is not None
        assert seat.challenger is not None
        old, new = seat.champion.name, seat.challenger.name
        held = {old: 1, new: -1}
        store.append(CandleClosed(NOON, NOON + seat.seq * HOUR, 3600, 100.0, held, 0.0))
        told(f"{old} {new}")
        store.append(Promoted(NOON, new, "Ada", "killed in the middle"))
        told(f"{new} {new}")
    told(f"{new} {old}")
    store.append(RolledBack(NOON, old, "Ada", "killed in the middle"))
    told(f"{old} {old}")


def die_at(count: int, *, torn: bool) -> None:
    """Kill this process before its ``count``-th write to the disk, or in the middle of it."""
    left = [count]
    names = ("write", "fsync", "replace", "rename", "ftruncate", "mkdir", "chmod", "unlink")

    def counted(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            left[0] -= 1
            if left[0] == 0:
                if torn and name == "write":
                    real(given[0], bytes(given[1])[: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            return real(*given, **named)

        return call

    for name in names:
        setattr(os, name, counted(getattr(os, name), name))


def run(folder: Path, before: Callable[[], None], after_seconds: float | None) -> tuple[bool, str]:
    """Fork a bot over a seat; return whether it was killed, and what it said last."""
    reader, writer = os.pipe()
    write = os.write
    child = os.fork()
    if child == 0:
        store = SeatStore(folder, NOON)
        write(writer, b"begun\n")
        before()
        cycle(store, lambda text: write(writer, f"{text}\n".encode()) and None)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as pipe:
        said = pipe.readline()
        if after_seconds is not None:
            time.sleep(after_seconds)
            os.kill(child, signal.SIGKILL)
        rest = said + pipe.read()
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status), rest.strip().splitlines()[-1]


def judged(folder: Path, champion: str, said: str) -> str | None:
    """Return what is wrong with a seat after a kill; ``None`` when it is the old or the new."""
    allowed = {champion} if said == "begun" else set(said.split())
    seen = read_seat(folder).champion
    with SeatStore(folder, NOON) as store:
        found = store.seat.champion
        if found is None or seen is None or found.name not in allowed:
            return f"champion {found and found.name}, expected one of {sorted(allowed)}"
        if seen.name != found.name:
            return f"a reader saw {seen.name}, the next start {found.name}"
        for _, version in store.seat.versions():
            store.versions.verified(version)
        kept = {one.name for _, one in store.seat.versions()}
        there = {one.name for one in store.versions.path.iterdir() if one.is_dir()}
        if kept != there:
            return f"versions {sorted(there)}, expected {sorted(kept)}"
        seat = store.seat
    if read_state(folder) != seat:
        return "the state file is not the seat"
    return None


def main(folder: Path, moments: int, every: int) -> None:
    """Kill at random moments and at every n-th write, look, and go on with what was left."""
    with SeatStore(folder, NOON) as store:
        trained(store)
        [champion] = [one.name for _, one in store.seat.versions()]
    faults, killed, points, in_promotion = [], 0, 0, 0
    draw = random.Random(SEED)
    for torn in (False, True):
        point = 1 - every + torn
        while True:
            point += every
            ended, said = run(folder, partial(die_at, point, torn=torn), None)
            killed, points = killed + ended, points + ended
            in_promotion += len(set(said.split())) == 2
            faults += filter(None, [judged(folder, champion, said)])
            champion = champion_of(folder)
            if not ended:
                break
    left_over = [one.name for one in folder.glob(".*.*") if one.name != ".lock"]
    faults += [f"left over: {name}" for name in left_over]
    begun = time.perf_counter()
    run(folder, lambda: None, None)
    longest = time.perf_counter() - begun
    champion = champion_of(folder)
    for _ in range(moments):
        ended, said = run(folder, lambda: None, draw.uniform(0, longest))
        killed += ended
        in_promotion += len(set(said.split())) == 2
        faults += filter(None, [judged(folder, champion, said)])
        champion = champion_of(folder)
    found = {"killed": killed, "points": points, "in_promotion": in_promotion, "faults": faults}
    sys.stdout.write(json.dumps({**found, "cycle_seconds": longest}))


def champion_of(folder: Path) -> str:
    champion = read_seat(folder).champion
    assert champion is not None
    return champion.name


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
