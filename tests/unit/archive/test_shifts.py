"""Which file's dates are hours off, by the vote of the pair's series."""

import pandas as pd
import pytest

from plimsoll.archive.findings import Finding, Severity
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.shifts import pair_verdicts, shift_findings, shift_verdicts
from plimsoll.archive.tables import Table
from tests.conftest import random_candles
from tests.unit.archive.price_tables import DAYS, PAIR, coarse, companion, fine, moved

QUARTERS = "15m"


def shifts(*tables: Table, others: tuple[Table, ...] = ()) -> list[Finding]:
    return shift_findings(shift_verdicts(tables, others), tables)


def test_timeframes_of_one_pair_that_agree_have_no_finding() -> None:
    assert shifts(coarse(), fine()) == []


@pytest.mark.parametrize(
    ("hours", "word"), [(1, "late"), (-1, "early"), (8, "late"), (-5.5, "early")]
)
def test_a_file_shifted_by_hours_is_found_with_its_direction(hours: float, word: str) -> None:
    [one] = shifts(coarse(), moved(fine(), hours))
    assert (one.severity, one.check) == (Severity.ERROR, "shifted")
    assert f"{abs(hours):g} h too {word}" in one.text
    assert one.series.timeframe == "5m"


def test_a_shifted_span_ends_with_its_data() -> None:
    suspect = moved(fine(), -8)
    [one] = shifts(coarse(), suspect)
    assert one.last == suspect.rows["date"].iloc[-1]
    assert f"to {one.last:%Y-%m-%d %H:%M}" in one.text


def test_a_file_shifted_in_part_is_found_in_that_part() -> None:
    [one] = shifts(coarse(), moved(fine(), 1, since=61))
    assert "1 h too late" in one.text
    assert one.first is not None
    assert one.first >= pd.Timestamp("2024-03-01", tz="UTC")


def test_shifted_mark_candles_are_found() -> None:
    [one] = shifts(coarse(), moved(coarse(Kind.MARK), 1))
    assert (one.series.kind, one.check) == (Kind.MARK, "shifted")


def test_another_coin_in_the_file_is_told() -> None:
    other = Table(Series(PAIR, Kind.CANDLES, "5m"), random_candles(DAYS * 288, seed=9))
    [one] = shifts(coarse(), other)
    assert (one.severity, one.check) == (Severity.WARNING, "agreement")


FOUR = {
    "5m": fine(),
    "15m": coarse(length=QUARTERS),
    "1h": coarse(),
    "mark": coarse(Kind.MARK),
}


@pytest.mark.parametrize("name", FOUR)
@pytest.mark.parametrize("hours", [1, -8])
def test_the_one_file_of_four_that_is_shifted_is_accused(name: str, hours: int) -> None:
    tables = {**FOUR, name: moved(FOUR[name], hours)}
    [one] = shifts(*tables.values())
    assert one.series == FOUR[name].series
    assert f"{abs(hours)} h too {'late' if hours > 0 else 'early'}" in one.text
    assert "(3 of 4 series agree)" in one.text


def interest() -> Table:
    rows = coarse().rows
    value = {"open_interest_amount": 500.0, "open_interest_value": 500.0 * rows["open"]}
    dates = rows[["date"]].assign(**value)
    return Table(Series(PAIR, Kind.OPEN_INTEREST, "1h"), dates)


def test_open_interest_takes_part_by_its_value_over_its_amount() -> None:
    assert shifts(coarse(), fine(), interest()) == []
    [one] = shifts(coarse(), fine(), moved(interest(), 3))
    assert (one.series.kind, one.check) == (Kind.OPEN_INTEREST, "shifted")
    [one] = shifts(moved(coarse(), 3), fine(), interest())
    assert (one.series.kind, one.series.timeframe) == (Kind.CANDLES, "1h")


OTHERS = (companion("ETH", 5), companion("SOL", 6), companion("XRP", 7))


@pytest.mark.parametrize("wrong", [Kind.CANDLES, Kind.MARK])
def test_of_two_files_the_other_pairs_decide(wrong: Kind) -> None:
    tables = [
        moved(one, 1) if one.series.kind is wrong else one for one in (coarse(), coarse(Kind.MARK))
    ]
    [one] = shifts(*tables, others=OTHERS)
    assert (one.series.kind, one.check) == (wrong, "shifted")
    assert "1 h too late" in one.text
    assert "(3 of 3 other pairs move with these)" in one.text


def test_two_files_without_other_pairs_leave_it_open() -> None:
    [one] = shifts(coarse(), moved(coarse(Kind.MARK), 1))
    assert "two sides of one size: compare both with the exchange" in one.text


def test_a_whole_pair_that_is_shifted_is_accused_by_the_others() -> None:
    assert pair_verdicts([coarse(), *OTHERS]) == []
    verdicts = pair_verdicts([*OTHERS, moved(coarse(), -2)])
    assert {(one.series.pair, one.shift_ms) for one in verdicts} == {(PAIR, -2 * 3_600_000)}
    assert len(verdicts) >= 3


def test_two_pairs_alone_accuse_nobody() -> None:
    assert pair_verdicts([coarse(), moved(OTHERS[0], 1)]) == []
