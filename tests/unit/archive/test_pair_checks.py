"""What only shows when a pair's candles are laid over its funding and its open interest."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.archive.findings import Severity
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.pair_checks import coverage_findings, unit_findings
from plimsoll.archive.tables import Table
from tests.unit.archive.price_tables import PAIR, coarse, fine


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


@pytest.mark.parametrize(("hours", "severity"), [(4, Severity.WARNING), (30, Severity.ERROR)])
def test_fundings_in_a_hole_of_the_marks_are_told_as_charged_at_a_carried_price(
    hours: int, severity: Severity
) -> None:
    mark = coarse(Kind.MARK)
    holed = mark.rows.drop(index=range(199, 199 + hours)).reset_index(drop=True)
    [one] = coverage_findings(coarse(), funding(), Table(mark.series, holed))
    assert (one.severity, one.series.kind) == (severity, Kind.MARK)
    assert one.rows == 1 + (hours - 2) // 8
    assert "carried forward for up to" in one.text
    assert "--recheck" in one.remedy


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
