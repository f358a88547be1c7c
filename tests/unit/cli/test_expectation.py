from pathlib import Path

import pytest

from plimsoll.bridge.config.expectation import read_expectation
from tests.unit.cli import commands
from tests.unit.lab.test_expectation import PROFITS, result


def test_the_command_writes_what_a_bot_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("plimsoll.lab.results.read_backtest", lambda *_: result(PROFITS))
    out = tmp_path / "new" / "expectation.json"
    done = commands.plimsoll(
        "expectation", "latest", "--out", str(out), monkeypatch=monkeypatch, capsys=capsys
    )
    assert done.status == 0
    assert "40 trades" in done.out
    expected = read_expectation(str(out))
    assert expected is not None
    assert expected.trades == 40


def test_a_folder_without_a_result_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("expectation", "latest", "--out", "x.json", "--userdir", str(tmp_path))
    done = commands.plimsoll(*words, monkeypatch=monkeypatch, capsys=capsys)
    assert done.status == 2
    assert "no backtest result at" in done.err


def test_a_place_that_cannot_be_written_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("plimsoll.lab.results.read_backtest", lambda *_: result(PROFITS))
    (tmp_path / "file").touch()
    words = ("expectation", "latest", "--out", str(tmp_path / "file" / "x.json"))
    done = commands.plimsoll(*words, monkeypatch=monkeypatch, capsys=capsys)
    assert done.status == 2
    assert "expected a folder for --out that can be written" in done.err
    assert done.err.count("\n") == 1
