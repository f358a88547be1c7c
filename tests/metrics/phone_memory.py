"""``python -m tests.metrics.phone_memory``: what a control bot takes that is always spoken to.

A real control bot beside a bot that has halted; a person sends it one command after the other on
the strict Telegram, and its memory is read from the kernel. Rewrites a line of docs/control-bot.md.
"""

import argparse
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import CHAT_ID
from tests.conftest import ROOT
from tests.integration.test_control_bot import halted_database
from tests.support.phoning import BEN, Phone, phoned

PAGE = ROOT / "docs/control-bot.md"
BLOCK = re.compile(
    r"(<!-- written by tests.metrics.phone_memory -->\n).*?(<!-- end of the memory -->)", re.DOTALL
)
COMMANDS = ("/status", "/risk", "/why BTC", "/audit", "/help", "/ack", "/resume", "/nonsense")
PAUSE_SECONDS = 0.5
SAMPLE_SECONDS = 5.0
WARM_SECONDS = 60.0
STEP_COMMANDS = 1000
MIB = 2**20


@dataclass(frozen=True)
class Use:
    """What was measured; memory is resident, in MiB, by seconds and commands since it listened."""

    seconds: float
    commands: int
    answers: int
    processor_seconds: float
    memory: tuple[tuple[float, int, float], ...]

    @property
    def warm(self) -> float:
        """Its memory after the first minute."""
        return next(one for at, _, one in self.memory if at >= WARM_SECONDS)

    @property
    def last(self) -> float:
        return self.memory[-1][2]

    def after(self, commands: int) -> float:
        """Its memory after so many commands."""
        return next(one for _, sent, one in self.memory if sent >= commands)


def use(folder: Path, minutes: float) -> Use:
    """Speak to a control bot for some minutes, and return what it took."""
    halted_database(folder / "bot.sqlite")
    with phoned(folder, profile={"every_seconds": 5}) as phone:
        phone.telegram.paces = {
            chat: Pace(burst=10**6, per_second=10**6) for chat in (CHAT_ID, BEN)
        }
        phone.start()
        return _spoken_to(phone, 60 * minutes)


def _spoken_to(phone: Phone, seconds: float) -> Use:
    assert phone._child is not None
    process = psutil.Process(phone._child.pid)
    began, sent, sampled = time.monotonic(), 0, -SAMPLE_SECONDS
    memory: list[tuple[float, int, float]] = []
    words = cycle(COMMANDS)
    while (passed := time.monotonic() - began) < seconds:
        if passed - sampled >= SAMPLE_SECONDS:
            sampled = passed
            memory.append((passed, sent, process.memory_info().rss / MIB))
        phone.telegram.send(next(words))
        sent += 1
        time.sleep(PAUSE_SECONDS)
    memory.append((time.monotonic() - began, sent, process.memory_info().rss / MIB))
    times = process.cpu_times()
    answers = len(phone.telegram.messages)
    return Use(seconds, sent, answers, times.user + times.system, tuple(memory))


def line(found: Use, day: str) -> str:
    """Return what the page says."""
    steps = "".join(
        f", {found.after(count):.0f} MiB after {count:,} commands"
        for count in range(STEP_COMMANDS, found.commands, STEP_COMMANDS)
    )
    return (
        f"Measured on {day}: {found.commands:,} commands within {found.seconds / 60:.0f} minutes, "
        f"{found.answers} messages in answer. It held {found.warm:.0f} MiB after the first minute"
        f"{steps} and {found.last:.0f} MiB at the end, and used {found.processor_seconds:.0f} s of "
        "processor.\n"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when it was measured and written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=40.0, help="how long; at least two")
    given = parser.parse_args(arguments)
    if not 2 <= given.minutes <= 600:
        parser.error(f"expected 2 to 600 minutes, found {given.minutes:g}")
    with TemporaryDirectory(prefix="phone-memory-") as name:
        found = use(Path(name), given.minutes)
    text = line(found, f"{datetime.now(UTC):%Y-%m-%d}")
    print(text, found.memory[:: max(len(found.memory) // 12, 1)])
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(lambda block: block[1] + text + block[2], page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
