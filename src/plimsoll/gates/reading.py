"""What a piece of evidence says, and why it may not be relied on."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from plimsoll.core import PlimsollError
from plimsoll.gates.kinds import DAYS, Kind
from plimsoll.gates.subject import Subject, changes

AHEAD = timedelta(minutes=5)
"""How far a clock of another machine may be ahead."""


class EvidenceError(PlimsollError):
    """A file is no evidence, or its content contradicts itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One piece of evidence, read.

    Attributes
    ----------
    kind, strategy
        What it is, and whose; empty where it is nobody's own, such as the check of a data folder.
    identity
        What it is told from others of its kind by: two files of one identity are the same
        evidence, and if they differ, one was changed. Empty for what has none.
    made_at
        When its producer made it, or the last moment that it tells of; UTC.
    figures
        What was measured, by name. NaN where nothing could be.
    made_with
        The fields of a subject that it was made with, as far as it says.
    series
        Daily returns by name, indexed by the midnight that ends the day (UTC).
    facts
        Anything else that a criterion asks for.
    faults
        Why it must not be relied on; empty when it may.
    """

    kind: Kind
    strategy: str = ""
    identity: str = ""
    made_at: datetime | None = None
    figures: Mapping[str, float] = field(default_factory=dict)
    made_with: Mapping[str, Any] = field(default_factory=dict)
    series: "Mapping[str, pd.Series[float]]" = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    def with_faults(self, *more: str) -> "Reading":
        """Return the reading with further faults."""
        return replace(self, faults=(*self.faults, *more))

    def judged_fresh(self, subject: Subject, now: datetime) -> "Reading":
        """Return the reading with every reason for which it is not of this subject, now."""
        made_with = dict(self.made_with)
        if self.strategy and self.strategy != subject.strategy:
            # A baseline has a file and parameters of its own; code, config and versions count.
            for name in ("strategy", "source", "parameters"):
                made_with.pop(name, None)
        return self.with_faults(*changes(made_with, subject), *age_faults(self, now))


def age_faults(reading: Reading, now: datetime) -> list[str]:
    """Return why the age of evidence rules it out; empty when it does not."""
    if reading.made_at is None:
        return ["it does not say when it was made"]
    if reading.made_at > now + AHEAD:
        return [f"it is of the future ({reading.made_at:%Y-%m-%d %H:%M} UTC)"]
    most = DAYS[reading.kind]
    days = (now - reading.made_at) / timedelta(days=1)
    if days > most:
        return [f"it is {days:.0f} days old, at most {most} count"]
    return []


def moment(value: Any, what: str) -> datetime:
    """Return a moment from its ISO text.

    Raises
    ------
    EvidenceError
        When it is none, or has no zone.
    """
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError:
        raise EvidenceError(f"expected {what} to be a moment, found {value!r}") from None
    if at.tzinfo is None:
        raise EvidenceError(f"expected {what} to say its zone, found {value!r}")
    return at.astimezone(UTC)


def number(record: Mapping[str, Any], name: str) -> float:
    """Return a finite number of a record.

    Raises
    ------
    EvidenceError
        When there is none.
    """
    value = record.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise EvidenceError(f"expected {name} to be a number, found {value!r}")
    if value in (float("inf"), float("-inf")):
        raise EvidenceError(f"expected {name} to be finite, found {value!r}")
    return float(value)
