"""What the data of a study lack: candles, funding, and marks that funding is charged at."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from plimsoll.candles.funding_coverage import charged_times, funding_gaps
from plimsoll.candles.timeframe import timeframe_span
from plimsoll.lab.study import Study
from plimsoll.lab.study_data import BASE_TIMEFRAME, file_of, with_marks

ONE_DAY = pd.Timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Holes:
    """What a pair lacks over a span, of the candles that a study is made of.

    Attributes
    ----------
    candles, candles_expected
        Candles that are not there, and how many the span has.
    unfunded_hours
        Time of more than the longest interval between two fundings in which none is charged.
    replaced_marks
        Fundings that are charged at the price of the candle (`fill_marks`): the mark is missing.
    """

    pair: str
    timeframe: str
    first: pd.Timestamp
    end: pd.Timestamp
    candles: int
    candles_expected: int
    unfunded_hours: float
    replaced_marks: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is missing."""
        return not (self.candles or self.unfunded_hours or self.replaced_marks)


def holes_of(studies: Sequence[Study], datadir: Path) -> tuple[Holes, ...]:
    """Return what is missing of each pair of the studies, each span and timeframe once."""
    seen: dict[tuple[str, str, str], Holes] = {}
    for study in studies:
        for pair in study.pairs:
            key = pair, study.needs().candles, study.timerange
            if key not in seen:
                seen[key] = _holes(study, pair, datadir)
    return tuple(holes for holes in seen.values() if not holes.is_whole)


def _holes(study: Study, pair: str, datadir: Path) -> Holes:
    needs = study.needs()
    first, end = (pd.Timestamp(day, tz="UTC") for day in (needs.first, needs.last + ONE_DAY))
    dates = _dates(pd.read_feather(file_of(datadir, pair, needs.candles)))
    expected = int((end - first) / timeframe_span(needs.candles))
    there = int(((dates >= first) & (dates < end)).sum())
    rates = _rates(pd.read_feather(file_of(datadir, pair, BASE_TIMEFRAME, "funding_rate")))
    marks = pd.read_feather(file_of(datadir, pair, BASE_TIMEFRAME, "mark")).dropna(subset=["open"])
    hourly = file_of(datadir, pair, BASE_TIMEFRAME)
    priced = with_marks(marks, pd.read_feather(hourly)) if hourly.exists() else marks
    # Freqtrade fills the holes between mark candles before it joins the rates to them.
    paid = charged_times(rates, pd.DataFrame({"date": _filled(priced), "open": 1.0}))
    gaps = funding_gaps(paid, start=first, end=end)
    due = paid[(paid >= first) & (paid < end)]
    replaced = int((~due.isin(marks["date"])).sum())
    return Holes(
        pair=pair,
        timeframe=needs.candles,
        first=first,
        end=end,
        candles=max(expected - there, 0),
        candles_expected=expected,
        unfunded_hours=sum(gap.hours for gap in gaps),
        replaced_marks=replaced,
    )


def _dates(candles: pd.DataFrame) -> "pd.Series[pd.Timestamp]":
    dates: pd.Series[pd.Timestamp] = candles["date"].drop_duplicates()
    return dates


def _filled(marks: pd.DataFrame) -> pd.DatetimeIndex:
    known = marks.dropna(subset=["open"])["date"]
    if known.empty:
        return pd.DatetimeIndex([], tz="UTC")
    return pd.date_range(known.min(), known.max(), freq=BASE_TIMEFRAME)


def _rates(funding: pd.DataFrame) -> pd.DataFrame:
    """Return the rates under one name: Freqtrade's own files have them in ``open``."""
    if "funding_rate" in funding.columns:
        return funding
    return funding.rename(columns={"open": "funding_rate"})
