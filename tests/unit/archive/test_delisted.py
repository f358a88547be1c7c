"""A pair that no longer trades, from the monthly files of a public archive."""

from pathlib import Path

import pandas as pd

from plimsoll.archive.layout import Kind
from plimsoll.archive.monthly_files import month_path
from plimsoll.archive.store import read_series
from tests.unit.archive.months import (
    CANDLES,
    FUNDING,
    LAST_TRADE,
    MARK,
    OCTOBER,
    archive,
    filled,
)


def test_every_month_that_is_there_is_stored_as_freqtrade_reads_it(tmp_path: Path) -> None:
    outcome = filled(archive(), tmp_path, since="2022-06-10", until="2023-03-01")
    assert outcome.problems == []
    candles = read_series(CANDLES, tmp_path)
    assert candles["date"].iloc[0] == pd.Timestamp("2022-09-01", tz="UTC")
    assert len(read_series(MARK, tmp_path)) == (30 + 31 + 30) * 24
    assert len(read_series(FUNDING, tmp_path)) == (30 + 31 + 30) * 3
    assert {made.series.kind for made in outcome.appended} == {
        Kind.CANDLES,
        Kind.MARK,
        Kind.FUNDING,
    }


def test_candles_end_with_the_last_trade(tmp_path: Path) -> None:
    filled(archive(), tmp_path, since="2022-09-01", until="2022-12-31")
    assert read_series(CANDLES, tmp_path)["date"].iloc[-1] == LAST_TRADE


def test_a_second_run_adds_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        outcome = filled(archive(), tmp_path, since="2022-09-01", until="2022-12-31")
    assert sum(made.added for made in outcome.appended) == 0
    assert outcome.revisions == []


def test_a_month_between_two_that_is_not_published_is_a_problem(tmp_path: Path) -> None:
    files = archive()
    del files[month_path(CANDLES, OCTOBER)]
    outcome = filled(files, tmp_path, since="2022-09-01", until="2022-12-31")
    [said] = outcome.problems
    assert said == f"{CANDLES}: FTTUSDT-1h-2022-10.zip is not published"
    assert "2022-10-15" not in read_series(CANDLES, tmp_path)["date"].dt.strftime("%F").to_list()


def test_a_damaged_month_is_left_out_and_the_others_are_stored(tmp_path: Path) -> None:
    files = archive()
    files[month_path(CANDLES, OCTOBER)] += b"more"
    outcome = filled(files, tmp_path, since="2022-09-01", until="2022-12-31")
    [said] = outcome.problems
    assert "FTTUSDT-1h-2022-10.zip: expected the sha256" in said
    assert "the month is left out" in said
    months = read_series(CANDLES, tmp_path)["date"].dt.month.unique().tolist()
    assert months == [9, 11]


def test_a_pair_that_the_archive_does_not_know_is_named(tmp_path: Path) -> None:
    outcome = filled({}, tmp_path, since="2022-09-01", until="2022-12-31")
    assert len(outcome.problems) == 3
    assert "no monthly files from 2022-09 to 2022-12" in outcome.problems[0]
    assert outcome.appended == []
