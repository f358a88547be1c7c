"""What processes take: memory, processor, and the time of each loop of a bot."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psutil

TOOK = re.compile(r"last iteration took (\d+\.\d+) s")
"""What Freqtrade's worker says of each loop, at verbosity 1; by the bot's clock."""


@dataclass(frozen=True)
class Sample:
    """One look at one process.

    ``segment`` counts the starts of the soak: memory and processor of a process begin anew with
    each. ``hours`` are simulated ones since its start.
    """

    segment: int
    hours: float
    who: str
    memory_mb: float
    processor_seconds: float
    loops: int
    loop_seconds: float

    def as_record(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True)
class Usage:
    """What one process took over one segment."""

    who: str
    hours: float
    peak_mb: float
    growth_mb_an_hour: float
    processor_seconds_an_hour: float
    loop_seconds: float


def look(process: psutil.Process) -> tuple[float, float]:
    """Return a process's resident memory in MB and the processor seconds that it has used.

    Raises
    ------
    psutil.NoSuchProcess
        When it has ended.
    """
    with process.oneshot():
        times = process.cpu_times()
        return process.memory_info().rss / 1e6, times.user + times.system


def loops(log: Path) -> list[float]:
    """Return the seconds of every loop that a bot's log tells of."""
    if not log.exists():
        return []
    return [float(one) for one in TOOK.findall(log.read_text(encoding="utf-8", errors="replace"))]


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the least-squares slope of y on x; NaN for fewer than three points or none apart."""
    if len(x) != len(y) or len(x) < 3:
        return float("nan")
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    spread = sum((one - middle_x) ** 2 for one in x)
    if spread == 0:
        return float("nan")
    pairs = zip(x, y, strict=True)
    return sum((one - middle_x) * (two - middle_y) for one, two in pairs) / spread


def usage(samples: Sequence[Sample], who: str, *, settled_hours: float = 1.0) -> Usage:
    """Return what one process took in its longest segment; growth only after it has settled.

    Raises
    ------
    ValueError
        Without two samples of it.
    """
    own = [one for one in samples if one.who == who]
    segments = {one.segment for one in own}
    longest = max(segments, key=lambda s: max(o.hours for o in own if o.segment == s), default=0)
    seen = sorted((one for one in own if one.segment == longest), key=lambda one: one.hours)
    if len(seen) < 2:
        raise ValueError(f"expected two looks at {who} at least, found {len(seen)}")
    first, last = seen[0], seen[-1]
    settled = [one for one in seen if one.hours >= settled_hours]
    hours = last.hours - first.hours
    return Usage(
        who=who,
        hours=hours,
        peak_mb=max(one.memory_mb for one in own),
        growth_mb_an_hour=slope([o.hours for o in settled], [o.memory_mb for o in settled]),
        processor_seconds_an_hour=(last.processor_seconds - first.processor_seconds) / hours,
        loop_seconds=last.loop_seconds,
    )


def middle(values: Sequence[float]) -> float:
    """Return the median; NaN of nothing."""
    return median(values) if values else float("nan")
