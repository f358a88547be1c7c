"""A span of a decision log, read once from the oldest record to the newest."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from plimsoll.journal.canonical import unsealed
from plimsoll.journal.files import decision_files, lines
from plimsoll.journal.history import moment

Record = dict[str, Any]


@dataclass(slots=True)
class Reading:
    """Records as they come, and what was wrong with the log on the way.

    Attributes
    ----------
    damaged
        ``FILE, line N: what is wrong`` of each line that cannot be read.
    missing
        How many places of the chain lack a record.
    first_at, last_at
        Of the intact records; ``None`` without any. Candles are read for their times alone.
    """

    damaged: list[str] = field(default_factory=list)
    missing: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def fault(self) -> str | None:
        """What is wrong with the log in one sentence; ``None`` when it is whole."""
        said = []
        if self.damaged:
            count = len(self.damaged)
            lines_said = "1 line is" if count == 1 else f"{count:,} lines are"
            said.append(f"{lines_said} damaged (the first: {self.damaged[0]})")
        if self.missing:
            places = "1 place" if self.missing == 1 else f"{self.missing:,} places"
            said.append(f"records are missing in {places}")
        return "; ".join(said) or None

    def records(self, folder: Path) -> Iterator[Record]:
        """Yield the intact records of a log, oldest first; none where there is no log.

        A bot may be writing it. Damage is noted and passed over.
        """
        previous: str | None = None
        for file in decision_files(folder):
            for number, line in enumerate(lines(file), start=1):
                try:
                    record = unsealed(line)
                    at = moment(record)
                except ValueError as error:
                    self.damaged.append(f"{file.name}, line {number}: {error}")
                    previous = None
                    continue
                if previous is not None and record["previous"] != previous:
                    self.missing += 1
                previous = record["hash"]
                self.first_at = at if self.first_at is None else min(self.first_at, at)
                self.last_at = at if self.last_at is None else max(self.last_at, at)
                yield record
