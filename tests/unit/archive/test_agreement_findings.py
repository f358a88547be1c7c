"""Closes and wicks that a file has alone, and how bad that is."""

import pandas as pd
import pytest

from plimsoll.archive.agreement_findings import agreement_findings
from plimsoll.archive.findings import Severity
from plimsoll.archive.layout import Kind
from plimsoll.archive.shifts import shift_verdicts
from plimsoll.archive.tables import Table
from tests.unit.archive.price_tables import coarse, fine, moved


def test_timeframes_of_one_pair_that_agree_have_no_finding() -> None:
    assert agreement_findings([fine(), coarse()]) == []
    assert agreement_findings([fine(), coarse(length="15m"), coarse(), coarse(Kind.MARK)]) == []


def test_closes_that_differ_between_timeframes_are_counted() -> None:
    table = coarse()
    table.rows.loc[[5, 50], "close"] *= 1.02
    [one] = agreement_findings([fine(), table])
    assert (one.check, one.rows) == ("agreement", 2)


def test_a_spike_that_mark_never_saw_is_an_outlier() -> None:
    candles, mark = coarse(), coarse(Kind.MARK)
    assert agreement_findings([candles, mark]) == []
    candles.rows.loc[77, "close"] *= 1.2
    [one] = agreement_findings([candles, mark])
    assert (one.check, one.rows) == ("outlier", 1)
    assert one.first == candles.rows["date"][77] + pd.Timedelta(hours=1)


def wicked(table: Table, rows: list[int], *, up: float = 1.4, down: float = 0.6) -> Table:
    wrong = table.rows.copy()
    wrong.loc[rows, "high"] *= up
    wrong.loc[rows, "low"] *= down
    return Table(table.series, wrong)


SERIES = {"5m": fine(), "15m": coarse(length="15m"), "1h": coarse(), "mark": coarse(Kind.MARK)}


@pytest.mark.parametrize("name", SERIES)
@pytest.mark.parametrize("rows", [[77], list(range(100, 140))], ids=["one bar", "many bars"])
def test_wicks_of_one_file_accuse_that_file(name: str, rows: list[int]) -> None:
    tables = {**SERIES, name: wicked(SERIES[name], rows)}
    [one] = agreement_findings(list(tables.values()))
    assert (one.severity, one.check) == (Severity.ERROR, "wick")
    assert one.series == SERIES[name].series


@pytest.mark.parametrize("name", ["5m", "1h"])
def test_of_two_files_of_a_market_the_wider_wick_is_accused(name: str) -> None:
    tables = {"5m": fine(), "1h": coarse(), name: wicked(SERIES[name], [77], down=1.0)}
    [one] = agreement_findings(list(tables.values()))
    assert (one.severity, one.check, one.series) == (Severity.ERROR, "wick", SERIES[name].series)
    assert "only two sides" in one.text


def test_a_wick_that_two_files_of_a_market_show_was_traded() -> None:
    traded = wicked(fine(), [12 * 77])
    rows = coarse().rows.copy()
    hour = slice(12 * 77, 12 * 78)
    rows.loc[77, "high"] = traded.rows["high"][hour].max()
    rows.loc[77, "low"] = traded.rows["low"][hour].min()
    assert agreement_findings([traded, Table(coarse().series, rows), coarse(Kind.MARK)]) == []


def test_a_single_wick_beyond_the_mark_is_a_warning_and_several_are_an_error() -> None:
    mark = coarse(Kind.MARK)
    [one] = agreement_findings([wicked(coarse(), [77], up=1.0), mark])
    assert (one.severity, one.check, one.rows) == (Severity.WARNING, "wick", 1)
    [one] = agreement_findings([wicked(coarse(), [7, 17, 27, 37, 47], up=1.0), mark])
    assert (one.severity, one.rows) == (Severity.ERROR, 5)
    [one] = agreement_findings([wicked(coarse(), [77]), mark])
    assert (one.severity, one.rows) == (Severity.ERROR, 1)


def test_a_mark_whose_wicks_are_narrower_is_not_accused() -> None:
    narrow = wicked(coarse(Kind.MARK), list(range(50)), up=0.7, down=1.4)
    accused = {one.series.kind for one in agreement_findings([fine(), coarse(), narrow])}
    assert Kind.MARK not in accused


def test_wicks_of_the_only_file_are_judged_by_their_own_bars() -> None:
    assert agreement_findings([coarse()]) == []
    assert agreement_findings([wicked(coarse(), [77], down=1.0)]) == []
    [one] = agreement_findings([wicked(coarse(), [77])])
    assert (one.severity, one.check) == (Severity.ERROR, "wick")
    [one] = agreement_findings([wicked(coarse(), list(range(6)), down=1.0)])
    assert (one.severity, one.rows) == (Severity.ERROR, 6)


def test_the_other_markets_decide_which_of_two_files_has_the_wrong_close() -> None:
    for name in ("5m", "1h"):
        wrong = SERIES[name].rows.copy()
        row = {"5m": 12 * 50 + 11, "1h": 50}[name]
        wrong.loc[row, "close"] *= 1.02
        tables = {"5m": fine(), "1h": coarse(), name: Table(SERIES[name].series, wrong)}
        [one] = agreement_findings([*tables.values(), coarse(Kind.SPOT)])
        assert (one.check, one.series) == ("agreement", SERIES[name].series)


def test_a_market_that_stands_alone_against_two_is_the_outlier() -> None:
    spot = coarse(Kind.SPOT)
    spot.rows.loc[50:60, "close"] *= 0.9
    [one] = agreement_findings([coarse(), coarse(Kind.MARK), spot])
    assert (one.check, one.series.kind, one.rows) == ("outlier", Kind.SPOT, 11)


def test_shifted_windows_are_not_compared() -> None:
    tables = [fine(), coarse(), moved(coarse(Kind.MARK), 1)]
    assert agreement_findings(tables, shift_verdicts(tables)) == []
    wrong = Table(coarse().series, moved(coarse(), 1).rows)
    tables = [fine(), coarse(length="15m"), wrong]
    assert agreement_findings(tables) != []
    assert agreement_findings(tables, shift_verdicts(tables)) == []
    alone = moved(coarse(), 1)
    assert agreement_findings([fine(), alone], shift_verdicts([alone, fine()])) == []
    assert wrong.rows["date"].iloc[0] == pd.Timestamp("2024-01-01 01:00", tz="UTC")


@pytest.mark.parametrize(("field", "check"), [("close", "agreement"), ("high", "wick")])
def test_two_files_outvote_the_third_without_another_market(field: str, check: str) -> None:
    wrong = fine().rows.copy()
    hour = slice(12 * 50, 12 * 51 - 1)
    if field == "high":
        wrong.loc[hour, "high"] = wrong.loc[hour, "close"].min() * 0.9
    else:
        wrong.loc[hour.stop, "close"] *= 1.02
    tables = [Table(fine().series, wrong), coarse(length="15m"), coarse()]
    assert {(one.check, one.series) for one in agreement_findings(tables)} == {
        (check, fine().series)
    }
