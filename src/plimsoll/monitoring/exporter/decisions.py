"""The decision log in figures, read on from where the last reading ended.

All of it is counted when the exporter starts, so that a count never falls because the exporter
was started again; it begins anew only where the log does.
"""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from plimsoll.core import PlimsollError
from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files
from plimsoll.journal.kind import Kind
from plimsoll.monitoring.exporter.samples import Histogram, Samples

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
OPENING = frozenset({"long", "short"})


def candle_length(timeframe: object) -> float | None:
    """Return the seconds of a timeframe such as ``5m``; ``None`` of what is none."""
    text = str(timeframe)
    number, unit = text[:-1], SECONDS.get(text[-1:])
    return float(number) * unit if unit is not None and number.isdigit() else None


class DecisionCounts:
    """What a decision log holds, counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._begin()

    def _begin(self) -> None:
        self._file: Path | None = None
        self._position, self._first = 0, ""
        self._kinds: Counter[str] = Counter()
        self._rules: dict[str, Counter[str]] = {}
        self._damaged = 0
        self._last_at: float | None = None
        self._candle_seconds: float | None = None
        self._candle_closed: float | None = None
        self._started = 0.0
        self._delays = {"candle": Histogram(), "order": Histogram()}

    def read(self) -> Samples:
        """Return the counts up to the newest complete line.

        Raises
        ------
        PlimsollError, OSError
            When there is no log, or it cannot be read.
        """
        files = decision_files(self._folder)
        if not files:
            raise PlimsollError(f"there is no decision log at {self._folder}")
        if not self._goes_on(files):
            self._begin()
        for file in files:
            if self._file is not None and file.name < self._file.name:
                continue
            if file != self._file:
                self._file, self._position = file, 0
            self._read_on(file)
        return self._samples()

    def _goes_on(self, files: list[Path]) -> bool:
        """Return whether what was read is still there: another log begins with another line."""
        with files[0].open("rb") as handle:
            first = handle.readline().decode(errors="replace")
        if self._first and first != self._first:
            return False
        self._first = first if first.endswith("\n") else ""
        return self._file is None or (
            self._file in files and self._file.stat().st_size >= self._position
        )

    def _read_on(self, file: Path) -> None:
        with file.open("rb") as handle:
            handle.seek(self._position)
            for line in handle:
                if not line.endswith(b"\n"):
                    break
                self._position += len(line)
                try:
                    self._take(unsealed(line[:-1]))
                except (ValueError, KeyError, TypeError):
                    self._damaged += 1

    def _take(self, record: dict[str, Any]) -> None:
        at = _seconds(record["at"])
        kind = str(record["kind"])
        self._kinds[kind] += 1
        self._last_at = at
        if kind in (Kind.DENIAL, Kind.HALT):
            self._rules.setdefault(kind, Counter())[str(record.get("rule"))] += 1
        elif kind == Kind.ERROR:
            self._rules.setdefault(kind, Counter())[str(record.get("where"))] += 1
        elif kind == Kind.START:
            written = (record.get("config") or {}).get("timeframe")
            self._candle_seconds = candle_length(record.get("timeframe") or written)
            self._candle_closed, self._started = None, at
        elif kind == Kind.CANDLE and self._candle_seconds is not None:
            self._candle_closed = _seconds(record["candle"]) + self._candle_seconds
            self._observe("candle", at)
        elif kind == Kind.ORDER and record.get("side") in OPENING:
            self._observe("order", at)

    def _observe(self, what: str, at: float) -> None:
        """Count a delay; of a candle that closed before the start it would be no delay."""
        closed, length = self._candle_closed, self._candle_seconds
        if closed is None or length is None or closed < self._started:
            return
        if 0.0 <= at - closed < length:
            self._delays[what].observe(at - closed)

    def _samples(self) -> Samples:
        samples = Samples()
        samples.add("log_last_record_timestamp_seconds", self._last_at)
        samples.add("log_damaged_lines_total", float(self._damaged))
        samples.counted("decisions_total", self._kinds)
        samples.counted("denials_total", self._rules.get(Kind.DENIAL, {}))
        samples.counted("halts_total", self._rules.get(Kind.HALT, {}))
        samples.counted("errors_total", self._rules.get(Kind.ERROR, {}))
        samples.add("candle_delay_seconds", self._delays["candle"].copy())
        samples.add("order_delay_seconds", self._delays["order"].copy())
        return samples


def _seconds(text: str) -> float:
    return datetime.fromisoformat(text).astimezone(UTC).timestamp()
