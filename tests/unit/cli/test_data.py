import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from plimsoll.archive.backfill import Outcome
from plimsoll.archive.layout import Kind, Series
from plimsoll.archive.store import Appended, write_frame
from plimsoll.cli.data import _print_summary, _summary
from tests.unit.cli.commands import Run, assert_one_line


def test_a_data_folder_that_cannot_be_made_is_wrong_usage(
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("plimsoll.cli.data._listing", lambda *_: None)
    file = tmp_path / "file"
    file.touch()
    words = ("--since", "2024-01-01", "--pairs", "BTC/USDT:USDT", "--datadir", str(file / "data"))
    ran = run("data", "backfill", *words)
    assert ran.status == 2
    assert_one_line(ran, "cannot write to the data folder")


def _series_file(folder: Path, rates: list[float]) -> None:
    dates = pd.date_range("2024-03-01", periods=len(rates), freq="8h", tz="UTC").as_unit("ms")
    rows = pd.DataFrame({"date": dates, "funding_rate": rates})
    write_frame(Series("BTC/USDT:USDT", Kind.FUNDING, "1h").path(folder), rows)


@pytest.mark.parametrize(("rates", "status"), [([1e-4, 1e-4], 0), ([1e-4, float("nan")], 1)])
def test_a_check_ends_with_1_when_there_is_an_error(
    run: Run, tmp_path: Path, rates: list[float], status: int
) -> None:
    _series_file(tmp_path, rates)
    ran = run("data", "check", "--datadir", str(tmp_path), "--json")
    record = json.loads(ran.out)
    assert ran.status == status
    assert record["counts"]["error"] == status
    assert all(one["pair"] == "BTC/USDT:USDT" for one in record["findings"])


def test_a_check_without_notices_prints_the_counts_of_all(run: Run, tmp_path: Path) -> None:
    _series_file(tmp_path, [1e-4, 0.02])
    ran = run("data", "check", "--datadir", str(tmp_path), "--quiet")
    assert ran.status == 0
    assert "warning funding rate" in ran.out
    assert ran.out.splitlines()[-1].startswith("0 errors, 1 warnings")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--since", "March"), "expected --since as YYYY-MM-DD, found 'March'"),
        (("--since", "2024-03-02", "--until", "2024-03-01"), "--until on or after --since"),
        (("--since", "2024-03-01"), "expected --pairs, or a config"),
        (("--since", "2024-03-01", "--pairs", "BTC/USDT"), "pairs such as BTC/USDT:USDT"),
        (("--since", "2024-03-01", "--kinds", "news"), "found news"),
        (("--since", "2024-03-01", "--kinds", ","), "found none"),
    ],
)
def test_a_backfill_that_makes_no_sense_is_wrong_usage(
    run: Run, words: tuple[str, ...], message: str
) -> None:
    ran = run("data", "backfill", *words)
    assert ran.status == 2
    assert_one_line(ran, message)


def test_a_missing_day_is_told_with_how_to_ask_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    outcome = Outcome(missing_days={"BTC/USDT:USDT ratios": [date(2024, 3, 2)]})
    _print_summary(_summary(outcome, tmp_path, 1.0))
    said = capsys.readouterr().err
    assert "BTC/USDT:USDT ratios: nothing is published for 2024-03-02; --recheck asks again" in said


def test_a_summary_adds_up_the_appends_and_joins_missing_days(tmp_path: Path) -> None:
    _series_file(tmp_path, [1e-4, 1e-4])
    series = Series("BTC/USDT:USDT", Kind.FUNDING, "1h")
    outcome = Outcome(appended=[Appended(series, 1, 1, None), Appended(series, 1, 2, None)])
    outcome.missing_days["BTC"] = [date(2024, 3, 2), date(2024, 3, 1), date(2024, 3, 5)]
    summary = _summary(outcome, tmp_path, 1.26)
    assert (summary["rows_added"], summary["wall_seconds"]) == (2, 1.3)
    [file] = summary["files"]
    assert (file["rows"], file["added"]) == (2, 2)
    assert summary["missing_days"]["BTC"] == [
        ["2024-03-01", "2024-03-02"],
        ["2024-03-05", "2024-03-05"],
    ]
