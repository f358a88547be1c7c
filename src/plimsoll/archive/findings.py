"""What a check found: how bad, where, how much, and what to do."""

from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import pandas as pd

from plimsoll.archive.layout import Series
from plimsoll.archive.manifest import text_of


class Severity(IntEnum):
    """How bad a finding is: an error makes results wrong, a notice is worth knowing."""

    NOTICE = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Finding:
    """One defect: its check, the series and span it lies in, its size in rows, its remedy."""

    severity: Severity
    check: str
    series: Series
    text: str
    remedy: str
    first: pd.Timestamp | None = None
    last: pd.Timestamp | None = None
    rows: int = 0

    def record(self) -> dict[str, Any]:
        """Return the finding for JSON."""
        return {
            "severity": self.severity.name.lower(),
            "check": self.check,
            "pair": self.series.pair,
            "kind": self.series.kind.value,
            "timeframe": self.series.timeframe,
            "first": None if self.first is None else text_of(self.first),
            "last": None if self.last is None else text_of(self.last),
            "rows": self.rows,
            "text": self.text,
            "remedy": self.remedy,
        }


BACKFILL = {
    "candles": 'run "plimsoll data backfill --kinds candles"',
    "mark": 'run "plimsoll data backfill --kinds mark"',
    "funding": 'run "plimsoll data backfill --kinds funding"',
    "premium": 'run "plimsoll data backfill --kinds premium"',
    "open_interest": 'run "plimsoll data backfill --kinds open_interest"',
    "ratios": 'run "plimsoll data backfill --kinds ratios"',
}


def refill(series: Series) -> str:
    """Return how to fill what is missing in a series."""
    return BACKFILL.get(series.kind.value, 'run "freqtrade download-data" for it')


def ask_again(series: Series) -> str:
    """Return how to fill a hole, also one that was asked for before and not published then."""
    if series.kind.value not in BACKFILL:
        return refill(series)
    return f"{refill(series)}, with --recheck if the hole was asked for before"


def replace_file(series: Series) -> str:
    """Return how to download a series again."""
    return f"move the file away and {refill(series)}"


def moment(stamp: pd.Timestamp) -> str:
    """Return a moment as findings write it."""
    return f"{stamp:%Y-%m-%d %H:%M}"
