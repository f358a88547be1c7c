"""``make soak HOURS=72``: simulated hours at 60 times real time, bounded, and gone on with."""

import argparse
import json
import math
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from plimsoll.core import PlimsollError
from plimsoll.lab.processes import command, running
from tests.conftest import ROOT
from tests.metrics.stack import layers
from tests.ports import free_port
from tests.soak.limits import Limits, limited
from tests.soak.sampling import Sample, Usage, look, loops, middle, usage
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.watching import key_of

PAGE = ROOT / "docs/deployment.md"
BLOCK = re.compile(r"(<!-- written by make soak -->\n).*?(<!-- end of the soak -->)", re.DOTALL)
SAMPLES = ROOT / "out/soak/samples.jsonl"
SPEED = 60.0
PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT", "XRP/USDT:USDT")
THROTTLE_SECONDS = 60
LOOK_SECONDS = 10.0
OURS = ("bot", "exporter", "watchdog")
PLAIN = "plain bot"
START_SECONDS = 400.0


@dataclass(frozen=True)
class Watched:
    """A process that is looked at, and the log of its loops where it has any."""

    who: str
    process: psutil.Process
    log: Path | None = None


def plan(strategy: str) -> DrillPlan:
    return DrillPlan(
        strategy=strategy,
        pairs=PAIRS,
        speed=SPEED,
        throttle_seconds=THROTTLE_SECONDS,
        talkative=True,
    )


def kept(file: Path) -> list[Sample]:
    """Return the samples of earlier runs; a line that was half written is left out."""
    found = []
    for line in file.read_text(encoding="utf-8").splitlines() if file.exists() else []:
        try:
            found.append(Sample(**json.loads(line)))
        except (ValueError, TypeError):
            continue
    return found


def soaked(samples: list[Sample]) -> float:
    """Return the simulated hours of all segments of the guarded bot."""
    return sum(
        max(one.hours for one in samples if one.segment == segment and one.who == "bot")
        for segment in {one.segment for one in samples if one.who == "bot"}
    )


def soak(
    folder: Path, *, hours: float, minutes: float, segment: int, limits: Limits
) -> Iterator[Sample]:
    """Yield samples until so many simulated hours or real minutes have gone by.

    Raises
    ------
    PlimsollError
        When a process ends before.
    """
    with ExitStack() as open_:
        watched = list(_started(open_, folder, limits))
        bot = next(one for one in watched if one[0].who == "bot")[1]
        began, real = bot.now(), time.monotonic()
        while True:
            time.sleep(LOOK_SECONDS)
            passed = (bot.now() - began) / timedelta(hours=1)
            for one, _ in watched:
                yield _sampled(one, segment, passed)
            if passed >= hours or time.monotonic() - real >= 60 * minutes:
                return


def _sampled(one: Watched, segment: int, hours: float) -> Sample:
    try:
        memory, processor = look(one.process)
    except psutil.Error as error:
        raise PlimsollError(f"the {one.who} ended after {hours:.1f} simulated hours") from error
    took = loops(one.log) if one.log is not None else []
    return Sample(segment, hours, one.who, memory, processor, len(took), middle(took))


def _started(open_: ExitStack, folder: Path, limits: Limits) -> Iterator[tuple[Watched, Drill]]:
    guarded, plain = folder / "guarded", folder / "plain"
    for place in (guarded, plain):
        place.mkdir()
    bot = open_.enter_context(drill(guarded, plan("AlwaysLong"), start=False))
    beside = open_.enter_context(drill(plain, plan("PlainLong"), start=False))
    beside.start(seconds=START_SECONDS)
    yield Watched(PLAIN, psutil.Process(beside.pid), beside.log), beside
    with limits.held():
        bot.start(seconds=START_SECONDS)
    yield Watched("bot", psutil.Process(bot.pid), bot.log), bot
    key = key_of(bot.venue.config)
    environment = {
        "PLIMSOLL_WATCH__KEY": key["key"],
        "PLIMSOLL_WATCH__SECRET": key["secret"],
        "PLIMSOLL_WATCH__API_USERNAME": "plimsoll",
        "PLIMSOLL_WATCH__API_PASSWORD": bot._password,
    }
    words = layers(bot, guarded)
    port = ("--port", str(free_port()))
    for who, line in {
        "watchdog": [command("plimsoll"), "watch", *words],
        "exporter": [command("plimsoll"), "exporter", *words, *port],
    }.items():
        log = guarded / f"{who}.log"
        started = running(line, log=log, folder=guarded, environment=environment)
        with limits.held():
            child = open_.enter_context(started)
        yield Watched(who, psutil.Process(child.pid)), bot


def table(samples: list[Sample], *, wanted: float, limits: str, peak_mb: float | None) -> str:
    """Return the page's account of what was measured, and of what was not."""
    used = {who: usage(samples, who) for who in (*OURS, PLAIN)}
    rows = [_row(used[who]) for who in (*OURS, PLAIN)]
    together = sum(used[who].peak_mb for who in OURS)
    spent = sum(used[who].processor_seconds_an_hour for who in OURS)
    ratio = used["bot"].loop_seconds / used[PLAIN].loop_seconds
    done = soaked(samples)
    inside = "" if peak_mb is None else f" By the cgroup, files cached included: {peak_mb:.0f} MB."
    missing = "" if done >= wanted else f" {wanted - done:.0f} of {wanted:.0f} hours were not run."
    return "\n".join(
        [
            "| Process | Hours | Peak memory | Growth an hour | Processor an hour | Loop |",
            "|---|---|---|---|---|---|",
            *rows,
            "",
            (
                f"Together bot, exporter and watchdog took {together:.0f} MB at their peaks, and "
                f"{spent:.0f} s of processor a simulated hour, which was one minute. "
                f"The guarded bot's median loop took {ratio:.2f} times the plain one's. "
                f"Limits: {limits}.{inside} {done:.1f} simulated hours were run in all.{missing}"
            ),
            "",
        ]
    )


def _row(one: Usage) -> str:
    growth = "too short" if math.isnan(one.growth_mb_an_hour) else f"{one.growth_mb_an_hour:.2f} MB"
    loop = "–" if math.isnan(one.loop_seconds) else f"{one.loop_seconds / SPEED:.3f} s"
    return (
        f"| {one.who} | {one.hours:.1f} | {one.peak_mb:.0f} MB | {growth} "
        f"| {one.processor_seconds_an_hour:.1f} s | {loop} |"
    )


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when all hours are done, 3 when some are left for the next call, 1 for a fault."""
    parser = argparse.ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=72.0, help="simulated hours in all")
    parser.add_argument("--minutes", type=float, default=math.inf, help="real ones of this call")
    parser.add_argument("--anew", action="store_true", help="forget what was run before")
    given = parser.parse_args(arguments)
    if not (0 < given.hours <= 10_000 and given.minutes > 0):
        parser.error("expected hours above 0, at most 10000, and minutes above 0")
    SAMPLES.parent.mkdir(parents=True, exist_ok=True)
    if given.anew:
        SAMPLES.unlink(missing_ok=True)
    samples = kept(SAMPLES)
    segment = max((one.segment for one in samples), default=0) + 1
    left = given.hours - soaked(samples)
    peak, says = None, "none in this call"
    if left > 0:
        with TemporaryDirectory(prefix="soak-") as name, limited() as limits:
            says = limits.says
            try:
                with SAMPLES.open("a", encoding="utf-8") as file:
                    for one in soak(
                        Path(name),
                        hours=left,
                        minutes=given.minutes,
                        segment=segment,
                        limits=limits,
                    ):
                        samples.append(one)
                        file.write(json.dumps(one.as_record()) + "\n")
                        file.flush()
            except PlimsollError as error:
                sys.stderr.write(f"{error}\n")
                return 1
            peak = limits.peak_mb()
    try:
        text = table(samples, wanted=given.hours, limits=says, peak_mb=peak)
    except ValueError as error:
        sys.stderr.write(f"{error}; run it longer\n")
        return 1
    print(text)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda m: m[1] + text + m[2], page), encoding="utf-8")
    return 0 if soaked(samples) >= given.hours else 3


if __name__ == "__main__":
    sys.exit(main())
