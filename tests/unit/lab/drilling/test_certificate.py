"""A certificate is believed for what it was made of, and for nothing else."""

import json
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import UsageError
from plimsoll.lab.drilling import certificate as certificates
from plimsoll.lab.drilling.certificate import (
    Subject,
    make_certificate,
    read_certificate,
    write_certificate,
)
from plimsoll.lab.drilling.matrix import cells
from plimsoll.lab.drilling.row import Cell, Row

CELL = Cell("drawdown", "none", "live")


def faults_of(made: dict[str, Any], subject: Subject) -> list[str]:
    return certificates.faults_of(made, subject, [CELL])


def row(*, ok: bool = True) -> Row:
    made = Row(cell=CELL, rule="drawdown")
    made.check("exchange flat", ok, "" if ok else "BTCUSDT 0.01")
    return made


def certificate(subject: Subject, *rows: Row, wanted: int = 1) -> dict[str, Any]:
    return make_certificate(subject, rows, wanted=wanted, modes=("live",), seed=7, seconds=1.0)


@pytest.fixture
def subject(tmp_path: Path) -> Subject:
    (tmp_path / "mine.py").write_text("class Mine(GuardedStrategy):\n    pass\n")
    layer = tmp_path / "limits.json"
    layer.write_text(json.dumps({"plimsoll": {"risk": {"max_trades_per_day": 5}}}))
    return Subject("Mine", tmp_path, (layer,))


def test_it_holds_as_long_as_nothing_changes(tmp_path: Path, subject: Subject) -> None:
    made = certificate(subject, row())
    assert made["ok"]
    file = write_certificate(made, tmp_path)
    assert faults_of(read_certificate(file), subject) == []


def test_a_changed_limit_makes_it_stale(subject: Subject) -> None:
    made = certificate(subject, row())
    subject.layers[0].write_text(json.dumps({"plimsoll": {"risk": {"max_trades_per_day": 6}}}))
    told = faults_of(made, subject)
    assert [one.partition(" changed")[0] for one in told] == [
        "stale: the config",
        "stale: the risk profile",
    ]


def test_a_changed_strategy_makes_it_stale(tmp_path: Path, subject: Subject) -> None:
    made = certificate(subject, row())
    (tmp_path / "mine.py").write_text("class Mine(GuardedStrategy):\n    stoploss = -1\n")
    assert [one.partition(" changed")[0] for one in faults_of(made, subject)] == [
        "stale: the strategy"
    ]


@pytest.mark.parametrize("what", ["code", "drill", "freqtrade"])
def test_changed_code_makes_it_stale(subject: Subject, what: str) -> None:
    made = certificate(subject, row())
    made["fingerprints"][what] = "another"
    [told] = faults_of(made, subject)
    assert told.startswith("stale: ")


def test_a_new_password_does_not(subject: Subject) -> None:
    made = certificate(subject, row())
    config = json.loads(subject.layers[0].read_text())
    subject.layers[0].write_text(json.dumps({**config, "api_server": {"password": "secret"}}))
    other = certificate(subject, row())
    subject.layers[0].write_text(json.dumps({**config, "api_server": {"password": "another"}}))
    assert faults_of(other, subject) == []
    assert faults_of(made, subject) != []


def test_a_red_row_makes_it_red_whatever_it_says_of_itself(subject: Subject) -> None:
    made = certificate(subject, row(ok=False))
    assert not made["ok"]
    made["ok"] = made["rows"][0]["ok"] = True
    assert faults_of(made, subject) == ["red: drawdown / none / live"]


def test_a_row_that_was_not_drilled_makes_it_red(subject: Subject) -> None:
    made = certificate(subject, row(), wanted=2)
    assert not made["ok"]
    assert faults_of(made, subject) == ["1 of 2 rows were drilled"]


def test_it_is_not_of_another_strategy(subject: Subject) -> None:
    assert "it is of Mine, not of DrilledLong" in faults_of(certificate(subject, row()), Subject())


def test_a_strategy_without_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="class Nobody"):
        Subject("Nobody", tmp_path).file()


@pytest.mark.parametrize("text", ["", "{}", '{"format": 99}', "[]"])
def test_a_file_that_is_no_certificate_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "certificate.json"
    file.write_text(text)
    with pytest.raises(UsageError):
        read_certificate(file)


def test_a_part_of_the_matrix_is_not_the_matrix(subject: Subject) -> None:
    made = certificate(subject, row())
    assert made["ok"]
    [told] = certificates.faults_of(made, subject)
    assert told.startswith(f"{len(cells()) - 1} of {len(cells())} rows are not in it")


def test_a_row_twice_does_not_stand_for_one_that_was_taken_out(subject: Subject) -> None:
    other = Cell("drawdown", "kill-9", "live")
    made = certificate(subject, row(), row(), wanted=2)
    [told] = certificates.faults_of(made, subject, [CELL, other])
    assert told == f"1 of 2 rows are not in it, such as {other.name}"


@pytest.mark.parametrize(
    ("file", "content"),
    [("mine.json", '{"params": {}}'), ("helping.py", "LIMIT = 2\n"), ("deep/more.py", "X = 1\n")],
)
def test_what_a_strategy_is_made_of_makes_it_stale(tmp_path: Path, file: str, content: str) -> None:
    folder = tmp_path / "strategies"
    (folder / "deep").mkdir(parents=True)
    (folder / "helping.py").write_text("from deep.more import X\n")
    (folder / "deep" / "more.py").write_text("X = 0\n")
    (folder / "mine.py").write_text("from .helping import X\nclass Mine(IStrategy):\n    pass\n")
    mine = Subject("Mine", folder)
    made = certificate(mine, row())
    (folder / file).write_text(content)
    assert [one.partition(" changed")[0] for one in faults_of(made, mine)] == [
        "stale: the strategy"
    ]


def test_a_setting_in_the_environment_is_none_that_was_drilled(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__EXCHANGE__KEY", "k")
    monkeypatch.setenv("FREQTRADE__API_SERVER__LISTEN_IP_ADDRESS", "::1")
    assert faults_of(certificate(subject, row()), subject) == []
    monkeypatch.setenv("FREQTRADE__PLIMSOLL__RISK__MAX_TRADES_PER_DAY", "500")
    [told] = faults_of(certificate(subject, row()), subject)
    assert told.startswith("FREQTRADE__PLIMSOLL__RISK__MAX_TRADES_PER_DAY in the environment")
