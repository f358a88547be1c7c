"""Whole folders: the real one, whose defects its README lists, and small made-up ones."""

from pathlib import Path

import pytest

from plimsoll.archive.findings import Finding, Severity
from plimsoll.archive.inspection import inspect_folder
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.manifest import record_series
from plimsoll.archive.store import append_rows
from plimsoll.core import UsageError
from tests.conftest import random_candles

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
