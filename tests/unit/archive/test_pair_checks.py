"""What only shows when series are laid over each other."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.findings import Severity
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.pair_checks import (
    Table,
    agreement_findings,
    coverage_findings,
    outlier_findings,
    shift_findings,
    unit_findings,
)
from tests.conftest import random_candles

PAIR = "BTC/USDT:USDT"
DAYS = 100


def fine() -> Table:
    return Table(Series(PAIR, Kind.CANDLES, "5m"), random_candles(DAYS * 288))


def coarse(kind: Kind = Kind.CANDLES) -> Table:
    by_hour = fine().rows.resample("1h", on="date")
    rows = by_hour.agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    return Table(Series(PAIR, kind, "1h"), rows.reset_index())


def moved(table: Table, hours: float, since: int = 0) -> Table:
    rows = table.rows.copy()
    late = rows["date"] >= rows["date"].iloc[0] + pd.Timedelta(days=since)
    rows.loc[late, "date"] += pd.Timedelta(hours=hours)
    return Table(table.series, rows.drop_duplicates("date").sort_values("date"))


def test_timeframes_of_one_pair_that_agree_have_no_finding() -> None:
    assert shift_findings(coarse(), fine()) == []
    assert agreement_findings(fine(), coarse()) == []


@pytest.mark.parametrize(
    ("hours", "word"), [(1, "late"), (-1, "early"), (8, "late"), (-5.5, "early")]
)
def test_a_file_shifted_by_hours_is_found_with_its_direction(hours: float, word: str) -> None:
    [one] = shift_findings(coarse(), moved(fine(), hours))
    assert (one.severity, one.check) == (Severity.ERROR, "shifted")
    assert f"{abs(hours):g} h too {word}" in one.text
    assert one.series.timeframe == "5m"


def test_a_shifted_span_ends_with_its_data() -> None:
    suspect = moved(fine(), -8)
    [one] = shift_findings(coarse(), suspect)
    assert one.last == suspect.rows["date"].iloc[-1]
    assert f"to {one.last:%Y-%m-%d %H:%M}" in one.text


def test_a_file_shifted_in_part_is_found_in_that_part() -> None:
    [one] = shift_findings(coarse(), moved(fine(), 1, since=61))
    assert "1 h too late" in one.text
    assert one.first is not None
    assert one.first >= pd.Timestamp("2024-03-01", tz="UTC")


def test_shifted_mark_candles_are_found() -> None:
    [one] = shift_findings(coarse(), moved(coarse(Kind.MARK), 1))
    assert (one.series.kind, one.check) == (Kind.MARK, "shifted")


def test_another_coin_in_the_file_is_told() -> None:
    other = Table(Series(PAIR, Kind.CANDLES, "5m"), random_candles(DAYS * 288, seed=9))
    [one] = shift_findings(coarse(), other)
    assert (one.severity, one.check) == (Severity.WARNING, "agreement")


def test_closes_that_differ_between_timeframes_are_counted() -> None:
    table = coarse()
    table.rows.loc[[5, 50], "close"] *= 1.02
    [one] = agreement_findings(fine(), table)
    assert (one.check, one.rows) == ("agreement", 2)


def test_a_spike_that_mark_never_saw_is_an_outlier() -> None:
    candles, mark = coarse(), coarse(Kind.MARK)
    assert outlier_findings(candles, mark) == []
    candles.rows.loc[77, "close"] *= 1.2
    [one] = outlier_findings(candles, mark)
    assert (one.check, one.rows) == ("outlier", 1)
    assert one.first == candles.rows["date"][77] + pd.Timedelta(hours=1)


def funding() -> Table:
    dates = coarse().rows["date"].iloc[::8].reset_index(drop=True)
    return Table(
        Series(PAIR, Kind.FUNDING, "1h"), pd.DataFrame({"date": dates, "funding_rate": 1e-4})
    )


def test_candles_with_funding_and_mark_are_covered() -> None:
    assert coverage_findings(coarse(), funding(), coarse(Kind.MARK)) == []


def test_candles_before_the_first_funding_are_free_of_it() -> None:
    late = Table(funding().series, funding().rows.iloc[30:].reset_index(drop=True))
    [one] = coverage_findings(coarse(), late, coarse(Kind.MARK))
    assert (one.severity, one.series.kind, one.rows) == (Severity.ERROR, Kind.FUNDING, 30)


def test_funding_without_mark_candles_is_named_as_the_mark_file_s_fault() -> None:
    mark = coarse(Kind.MARK)
    short = Table(mark.series, mark.rows.iloc[160:].reset_index(drop=True))
    [one] = coverage_findings(coarse(), funding(), short)
    assert (one.series.kind, one.rows) == (Kind.MARK, 20)


def test_a_mark_candle_that_is_still_forming_is_not_missing() -> None:
    candles, mark, known = fine(), coarse(Kind.MARK), funding()
    last = known.rows["date"].iloc[-1]
    before = Table(mark.series, mark.rows[mark.rows["date"] < last].reset_index(drop=True))
    for minutes, rows in [(5, 0), (60, 1)]:
        known_at = candles.rows["date"] < last + pd.Timedelta(minutes=minutes)
        so_far = Table(candles.series, candles.rows[known_at].reset_index(drop=True))
        assert [one.rows for one in coverage_findings(so_far, known, before)] == [1] * rows


@pytest.mark.parametrize("missing", ["funding", "mark"])
def test_a_missing_file_is_an_error(missing: str) -> None:
    with_funding = None if missing == "funding" else funding()
    with_mark = None if missing == "mark" else coarse(Kind.MARK)
    [one] = coverage_findings(coarse(), with_funding, with_mark)
    assert one.severity is Severity.ERROR
    assert f"there is no {'funding' if missing == 'funding' else '1h mark'} file" in one.text


def interest(amount: float, value: float) -> Table:
    rows = pd.DataFrame(
        {
            "date": coarse().rows["date"],
            "open_interest_amount": amount,
            "open_interest_value": value,
        }
    )
    return Table(Series(PAIR, Kind.OPEN_INTEREST, "1h"), rows)


def test_value_that_is_amount_times_price_is_right() -> None:
    price = coarse().rows["open"].to_numpy()
    table = interest(1000.0, 0.0)
    table.rows["open_interest_value"] = 1000.0 * price
    assert unit_findings(table, coarse()) == []


@pytest.mark.parametrize(
    ("amount", "value", "guess"),
    [
        (1000.0, 1000.0, "the value equals the amount"),
        (1e5, 1e3, "swapped"),
        (1.0, 1e9, "times that"),
    ],
)
def test_mixed_up_units_are_found_and_guessed(amount: float, value: float, guess: str) -> None:
    candles = coarse()
    candles.rows["open"] = 100.0 + np.arange(len(candles.rows)) * 1e-6
    [one] = unit_findings(interest(amount, value), candles)
    assert (one.check, one.rows) == ("unit", len(candles.rows))
    assert guess in one.text
