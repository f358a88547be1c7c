"""What is left to download, and taking over what was."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.archive.adopt import (
    adopt,
    confirm,
    discard_unreadable,
    first_day_to_fetch,
    forget_changed,
    holes,
    note_missing,
)
from plimsoll.archive.backfill import Outcome
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import MANIFEST, read_manifest, record_series, write_record
from plimsoll.archive.store import append_rows, read_series
from tests.conftest import random_candles

SERIES = Series("BTC/USDT:USDT", Kind.CANDLES, "1h")
START = date(2024, 1, 1)


def hourly(days: int) -> pd.DataFrame:
    return random_candles(days * 24, timeframe="1h")


def start(datadir: Path, since: date = START, *, recheck: bool = False) -> date:
    return first_day_to_fetch(SERIES, datadir, since, recheck=recheck)


def until(datadir: Path, last: date) -> date:
    return first_day_to_fetch(SERIES, datadir, START, last, recheck=False)


def test_nothing_stored_is_fetched_from_the_beginning(tmp_path: Path) -> None:
    assert start(tmp_path) == START


def test_a_whole_series_is_continued_with_a_day_of_overlap(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30), tmp_path)
    assert start(tmp_path) == date(2024, 1, 29)
    assert start(tmp_path, recheck=True) == START


def test_an_earlier_since_is_fetched_from_there_until_it_is_confirmed(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30), tmp_path)
    earlier = date(2023, 6, 1)
    assert start(tmp_path, earlier) == earlier
    confirm(tmp_path, [SERIES], earlier, None)
    assert start(tmp_path, earlier) == date(2024, 1, 29)
    assert start(tmp_path, date(2023, 5, 1)) == date(2023, 5, 1)


def test_a_hole_is_asked_for_until_the_exchange_has_confirmed_it(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30).drop(index=range(240, 300)), tmp_path)
    assert start(tmp_path) == date(2024, 1, 10)
    confirm(tmp_path, [SERIES], date(2024, 1, 10), None)
    assert start(tmp_path) == date(2024, 1, 29)
    assert start(tmp_path, recheck=True) == START


def test_what_lies_after_the_last_asked_day_is_not_confirmed(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30).drop(index=range(240, 300)), tmp_path)  # 01-11 to 01-13 12:00
    confirm(tmp_path, [SERIES], START, date(2024, 1, 11))
    assert start(tmp_path) == date(2024, 1, 12)
    assert until(tmp_path, date(2024, 1, 11)) > date(2024, 1, 11)
    confirm(tmp_path, [SERIES], date(2024, 1, 12), date(2024, 1, 15))
    assert start(tmp_path) == date(2024, 1, 29)


def test_a_beginning_is_confirmed_only_as_far_as_it_was_asked_for(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30), tmp_path)
    confirm(tmp_path, [SERIES], date(2018, 1, 1), date(2018, 2, 1))
    assert start(tmp_path, date(2023, 9, 1)) == date(2023, 9, 1)
    assert start(tmp_path, date(2018, 1, 1)) == date(2018, 2, 2)


def test_the_part_of_a_hole_before_since_is_not_confirmed(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30).drop(index=range(240, 300)), tmp_path)
    confirm(tmp_path, [SERIES], date(2024, 1, 12), None)
    assert start(tmp_path, date(2024, 1, 12)) == date(2024, 1, 29)
    assert start(tmp_path) == date(2024, 1, 10)


def test_confirmations_of_old_manifests_are_not_believed(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30).drop(index=range(240, 300)), tmp_path)
    hole = ["2024-01-10T23:00:00Z", "2024-01-13T12:00:00Z"]
    name = SERIES.path(tmp_path).relative_to(tmp_path).as_posix()
    old = {"confirmed": {name: {"since": "2018-01-01", "holes": [hole]}}, "revisions": []}
    write_record(tmp_path / MANIFEST, old)
    assert start(tmp_path) == date(2024, 1, 10)
    assert start(tmp_path, date(2023, 6, 1)) == date(2023, 6, 1)
    confirm(tmp_path, [SERIES], START, None)
    assert set(read_manifest(tmp_path)) == {"asked", "revisions"}


@pytest.mark.parametrize("change", ["removed", "written by another program"])
def test_what_was_asked_of_a_file_that_changed_is_forgotten(tmp_path: Path, change: str) -> None:
    append_rows(SERIES, hourly(30), tmp_path)
    record_series(tmp_path, [SERIES], [], exchange="binance")
    confirm(tmp_path, [SERIES], date(2023, 6, 1), None)
    forget_changed(tmp_path)
    assert start(tmp_path, date(2023, 6, 1)) == date(2024, 1, 29)
    SERIES.path(tmp_path).unlink()
    if change != "removed":
        append_rows(SERIES, hourly(30).iloc[240:], tmp_path)
    forget_changed(tmp_path)
    append_rows(SERIES, hourly(30).iloc[240:], tmp_path)
    assert start(tmp_path, date(2023, 6, 1)) == date(2023, 6, 1)


def test_eight_hours_between_fundings_are_no_hole() -> None:
    series = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
    dates = pd.Series(pd.date_range("2024-01-01", periods=30, freq="8h", tz="UTC"))
    assert holes(pd.DataFrame({"date": dates}), series) == []
    assert len(holes(pd.DataFrame({"date": dates.drop(index=[5, 6])}), series)) == 1


def test_what_is_staged_is_appended_and_removed(tmp_path: Path) -> None:
    staging, datadir = tmp_path / "staging", tmp_path / "data"
    append_rows(SERIES, hourly(30).iloc[:240], datadir)
    append_rows(SERIES, hourly(30), staging)
    outcome = Outcome()
    adopt(staging, datadir, [SERIES], outcome)
    assert [(made.added, made.revision) for made in outcome.appended] == [(20 * 24, None)]
    assert len(read_series(SERIES, datadir)) == 30 * 24
    assert not SERIES.path(staging).exists()


def test_what_was_not_brought_is_a_problem(tmp_path: Path) -> None:
    outcome = Outcome()
    adopt(tmp_path / "staging", tmp_path / "data", [SERIES], outcome)
    assert "brought nothing" in outcome.problems[0]


def test_days_without_a_row_are_missing(tmp_path: Path) -> None:
    append_rows(SERIES, hourly(30).drop(index=range(240, 300)), tmp_path)  # 01-11 to 01-13 12:00
    outcome = Outcome()
    note_missing(tmp_path, [SERIES], date(2023, 12, 30), date(2024, 1, 20), outcome)
    gone = [date(2023, 12, 30), date(2023, 12, 31), date(2024, 1, 11), date(2024, 1, 12)]
    assert outcome.missing_days == {"BTC/USDT:USDT 1h candles": gone}


def test_staged_files_that_a_kill_cut_short_are_discarded(tmp_path: Path) -> None:
    whole = Series("ETH/USDT:USDT", Kind.CANDLES, "1h")
    for series in (SERIES, whole):
        append_rows(series, hourly(10), tmp_path)
    SERIES.path(tmp_path).write_bytes(SERIES.path(tmp_path).read_bytes()[:500])
    discard_unreadable(tmp_path)
    assert not SERIES.path(tmp_path).exists()
    assert whole.path(tmp_path).exists()


def test_an_empty_file_as_freqtrade_writes_it_brought_nothing(tmp_path: Path) -> None:
    empty = pd.DataFrame(columns=["date", "open", "high", "low", "close", "volume"])
    SERIES.path(tmp_path).parent.mkdir(parents=True)
    empty.to_feather(SERIES.path(tmp_path))
    outcome = Outcome()
    adopt(tmp_path, tmp_path / "data", [SERIES], outcome)
    assert "brought nothing" in outcome.problems[0]
    assert outcome.appended == []
    assert not SERIES.path(tmp_path / "data").exists()


def test_rows_past_the_last_day_are_left_out(tmp_path: Path) -> None:
    staging, datadir = tmp_path / "staging", tmp_path / "data"
    append_rows(SERIES, hourly(30), staging)
    adopt(staging, datadir, [SERIES], Outcome(), date(2024, 1, 10))
    stored = read_series(SERIES, datadir)["date"]
    assert stored.iloc[-1] == pd.Timestamp("2024-01-10 23:00", tz="UTC")
