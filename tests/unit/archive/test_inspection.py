"""Whole folders: the real one, whose defects its README lists, and small made-up ones."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.archive.findings import Finding, Severity
from plimsoll.archive.inspection import inspect_folder
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import record_series
from plimsoll.archive.store import append_rows
from plimsoll.core import UsageError
from tests.conftest import random_candles
from tests.unit.archive.price_tables import coarse, companion, fine

SERIES = Series("BTC/USDT:USDT", Kind.CANDLES, "5m")


@pytest.fixture(scope="module")
def real_findings(request: pytest.FixtureRequest) -> list[Finding]:
    return inspect_folder(request.getfixturevalue("real_data"))


# What the README beside the data states as their true defects.
KNOWN = [
    ("SOL", Kind.CANDLES, "1h", "gap", "635 rows are missing"),
    ("BTC", Kind.CANDLES, "5m", "gap", "between 2022-11-24 17:00 and 2023-01-01 00:00"),
    ("ETH", Kind.CANDLES, "5m", "gap", "between 2022-11-24 17:00 and 2023-01-01 00:00"),
    ("ETH", Kind.CANDLES, "5m", "gap", "between 2024-05-14 15:35 and 2024-12-08 00:00"),
    ("SOL", Kind.CANDLES, "5m", "gap", "and 2023-11-01 00:00"),
    ("XRP", Kind.CANDLES, "5m", "gap", "and 2024-12-31 00:00"),
    ("SOL", Kind.MARK, "1h", "coarser rows", "8 h apart instead of 1h"),
    ("SOL", Kind.FUNDING, "1h", "funding gap", "between 2022-05-29 00:00 and 2022-06-25 00:00"),
    ("SOL", Kind.FUNDING, "1h", "funding interval", "came 2 h after"),
    ("SOL", Kind.FUNDING, "1h", "funding rate", "-2.00%"),
    ("BTC", Kind.OPEN_INTEREST, "1h", "ends early", "ends 2024-08-19 21:00"),
    ("XRP", Kind.OPEN_INTEREST, "5m", "open interest", "1,441 of 1,441 rows lack"),
    ("DOGE", Kind.OPEN_INTEREST, "5m", "open interest", "1,441 of 1,441 rows lack"),
]


@pytest.mark.data
@pytest.mark.parametrize(("coin", "kind", "timeframe", "check", "text"), KNOWN)
def test_a_known_defect_of_the_real_data_is_found(
    real_findings: list[Finding], coin: str, kind: Kind, timeframe: str, check: str, text: str
) -> None:
    series = Series(f"{coin}/USDT:USDT", kind, timeframe)
    assert [
        one
        for one in real_findings
        if (one.series, one.check) == (series, check) and text in one.text
    ]


@pytest.mark.data
def test_series_without_a_known_defect_have_no_error_of_their_own(
    real_findings: list[Finding],
) -> None:
    clean = [
        *(Series(f"{coin}/USDT:USDT", Kind.CANDLES, "1h") for coin in ("BTC", "ETH")),
        *(Series(f"{coin}/USDT:USDT", Kind.CANDLES, "15m") for coin in ("BTC", "ETH", "SOL")),
    ]
    errors = [one for one in real_findings if one.severity is Severity.ERROR]
    assert [one.text for one in errors if one.series in clean] == []
    assert [one.text for one in errors if one.check in ("shifted", "unit", "misaligned")] == []


@pytest.mark.data
def test_the_real_data_give_no_false_alarm(real_findings: list[Finding]) -> None:
    absent = ("wick", "volume", "future", "funding unit")
    errors = [one for one in real_findings if one.severity is Severity.ERROR]
    assert [one.text for one in errors if one.check in absent] == []


NOW = datetime(2024, 6, 1, tzinfo=UTC)
FINE, HOURS, MARK = (
    SERIES,
    Series("BTC/USDT:USDT", Kind.CANDLES, "1h"),
    Series("BTC/USDT:USDT", Kind.MARK, "1h"),
)
FUNDING = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")


@pytest.fixture(scope="module")
def clean_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three series of one pair that agree, its funding, and two coins that move with it."""
    folder = tmp_path_factory.mktemp("clean")
    tables = (fine(), coarse(), coarse(Kind.MARK), companion("ETH", 5), companion("SOL", 6))
    for table in tables:
        append_rows(table.series, table.rows, folder)
    dates = coarse().rows["date"].iloc[::8].reset_index(drop=True)
    for name in ("BTC", "ETH", "SOL"):
        series = Series(f"{name}/USDT:USDT", Kind.FUNDING, "1h")
        append_rows(series, pd.DataFrame({"date": dates, "funding_rate": 1e-4}), folder)
        mark = Series(f"{name}/USDT:USDT", Kind.MARK, "1h")
        if name != "BTC":
            own = next(one for one in tables if one.series.pair == mark.pair)
            append_rows(mark, own.rows, folder)
    return folder


def test_a_clean_folder_has_no_finding(clean_folder: Path) -> None:
    assert inspect_folder(clean_folder, now=NOW) == []


def _hours_later(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(date=rows["date"] + pd.Timedelta(hours=1))


def _future(rows: pd.DataFrame) -> pd.DataFrame:
    later = rows.tail(9).assign(date=rows["date"].tail(9) + pd.Timedelta(days=3650))
    return pd.concat([rows, later])


def _wicks(rows: pd.DataFrame) -> pd.DataFrame:
    wrong = rows.copy()
    wrong.loc[[500, 700], "high"] *= 1.4
    wrong.loc[[500, 700], "low"] *= 0.6
    return wrong


def _volume(value: float) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: rows.assign(volume=rows["volume"].where(rows.index != 700, value))


def _percent(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(funding_rate=rows["funding_rate"] * 100)


def _hole(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.drop(index=range(500, 900))


PLANTED = [
    *((series, "shifted", _hours_later) for series in (FINE, HOURS, MARK, FUNDING)),
    *((series, "future", _future) for series in (FINE, MARK, FUNDING)),
    *((series, "wick", _wicks) for series in (FINE, HOURS, MARK)),
    *((series, "volume", _volume(-1.0)) for series in (FINE, HOURS)),
    (HOURS, "volume", _volume(float("nan"))),
    (FUNDING, "funding unit", _percent),
    *((series, "gap", _hole) for series in (FINE, HOURS)),
]


@pytest.mark.parametrize(
    ("series", "check", "change"),
    [pytest.param(*case, id=f"{case[1]} in {case[0]}") for case in PLANTED],
)
def test_a_planted_defect_is_an_error_of_its_own_file_alone(
    clean_folder: Path,
    tmp_path: Path,
    series: Series,
    check: str,
    change: Callable[[pd.DataFrame], pd.DataFrame],
) -> None:
    folder = tmp_path / "planted"
    shutil.copytree(clean_folder, folder)
    file = series.path(folder)
    changed = change(pd.read_feather(file)).reset_index(drop=True)
    changed.astype({"date": "datetime64[ms, UTC]"}).to_feather(file)
    findings = inspect_folder(folder, now=NOW)
    errors = [one for one in findings if one.severity is Severity.ERROR]
    assert {one.series for one in errors} == {series}
    assert check in {one.check for one in errors}


def test_a_pair_of_which_every_file_is_shifted_is_accused_whole(
    clean_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "planted"
    shutil.copytree(clean_folder, folder)
    for series in (FINE, HOURS, MARK):
        file = series.path(folder)
        _hours_later(pd.read_feather(file)).astype({"date": "datetime64[ms, UTC]"}).to_feather(file)
    shifted = [one for one in inspect_folder(folder, now=NOW) if one.check == "shifted"]
    assert {one.series for one in shifted} == {FINE, HOURS, MARK}


def test_findings_come_worst_first(tmp_path: Path) -> None:
    rows = random_candles(3000)
    rows.loc[10:40, "volume"] = 0.0
    append_rows(SERIES, rows.drop(index=range(500, 900)), tmp_path)
    severities = [one.severity for one in inspect_folder(tmp_path)]
    assert severities == sorted(severities, reverse=True)
    assert severities[0] is Severity.ERROR


def test_a_damaged_file_is_a_finding_and_the_others_are_checked(tmp_path: Path) -> None:
    append_rows(SERIES, random_candles(3000), tmp_path)
    other = Series("ETH/USDT:USDT", Kind.CANDLES, "5m")
    append_rows(other, random_candles(3000).drop(index=[7]), tmp_path)
    SERIES.path(tmp_path).write_bytes(b"not feather")
    findings = inspect_folder(tmp_path)
    assert [one.check for one in findings if one.series == SERIES] == ["file"]
    assert "gap" in [one.check for one in findings if one.series == other]


def test_only_the_asked_pairs_are_checked(tmp_path: Path) -> None:
    for coin in ("BTC", "ETH"):
        append_rows(Series(f"{coin}/USDT:USDT", Kind.CANDLES, "5m"), random_candles(50), tmp_path)
    findings = inspect_folder(tmp_path, ["ETH/USDT:USDT"])
    assert {one.series.pair for one in findings} == {"ETH/USDT:USDT"}


@pytest.mark.parametrize("pairs", [None, ["XRP/USDT:USDT"]])
def test_a_folder_without_series_is_refused(tmp_path: Path, pairs: list[str] | None) -> None:
    if pairs:
        append_rows(SERIES, random_candles(5), tmp_path)
    with pytest.raises(UsageError, match="found none"):
        inspect_folder(tmp_path, pairs)


def test_a_file_that_another_program_wrote_since_is_told(tmp_path: Path) -> None:
    append_rows(SERIES, random_candles(50), tmp_path)
    record_series(tmp_path, [SERIES], [], exchange="binance")
    assert "changed" not in [one.check for one in inspect_folder(tmp_path)]
    append_rows(SERIES, random_candles(60), tmp_path)
    assert "changed" in [one.check for one in inspect_folder(tmp_path)]


def test_the_inner_folder_of_futures_is_wrong_usage(tmp_path: Path) -> None:
    append_rows(SERIES, random_candles(300), tmp_path)
    with pytest.raises(UsageError, match=f"pass --datadir {tmp_path}$"):
        inspect_folder(tmp_path / "futures")


def test_a_file_that_only_other_pairs_can_judge_is_accused_over_all_of_its_span(
    clean_folder: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "planted"
    shutil.copytree(clean_folder, folder)
    FINE.path(folder).unlink()
    MARK.path(folder).unlink()
    append_rows(MARK, coarse(Kind.MARK).rows.tail(24 * 40), folder)
    file = HOURS.path(folder)
    _hours_later(pd.read_feather(file)).astype({"date": "datetime64[ms, UTC]"}).to_feather(file)
    [one] = [one for one in inspect_folder(folder, now=NOW) if one.check == "shifted"]
    assert one.series == HOURS
    assert one.rows >= 24 * 95
