"""How a run of the real freqtrade command is judged."""

import json
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab.freqtrade import freqtrade

pytestmark = pytest.mark.freqtrade


def config(folder: Path, **content: object) -> list[str]:
    """Arguments for a config file with this content."""
    (folder / "user_data").mkdir()
    given = {
        "exchange": {"name": "binance"},
        "stake_currency": "USDT",
        "dry_run": True,
        "pairlists": [{"method": "StaticPairList"}],
        **content,
    }
    file = folder / "config.json"
    file.write_text(json.dumps(given), encoding="utf-8")
    return ["-c", str(file), "--userdir", str(folder / "user_data")]


def test_a_run_that_went_well_returns_and_logs_what_was_said(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "freqtrade.log"
    output = freqtrade(["--version"], folder=tmp_path, log=log)
    assert "Freqtrade Version" in output
    assert log.read_text(encoding="utf-8") == f"$ freqtrade --version\n{output}\n"


def test_a_configuration_error_raises_although_freqtrade_ends_with_zero(tmp_path: Path) -> None:
    arguments = ["show-config", *config(tmp_path, max_open_trades="many")]
    with pytest.raises(PlimsollError) as caught:
        freqtrade(arguments, folder=tmp_path, log=tmp_path / "log")
    said = str(caught.value)
    assert "(status 0): Configuration error: 'many' is not of type" in said
    assert f"its log is {tmp_path / 'log'}" in said
    assert "\n" not in said


def test_wrong_usage_raises_although_freqtrade_ends_with_zero(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match=r"\(status 0\): .*arguments: --no-such"):
        freqtrade(["list-timeframes", "--no-such"], folder=tmp_path, log=tmp_path / "log")


def test_a_traceback_is_told_by_its_error(tmp_path: Path) -> None:
    arguments = ["list-strategies", *config(tmp_path)]
    strategies = tmp_path / "user_data" / "strategies"
    strategies.mkdir()
    (strategies / "Mine.py").write_text("raise KeyError('nowhere')\n", encoding="utf-8")
    with pytest.raises(PlimsollError, match=r"failed \(status 1\): KeyError: 'nowhere'; its log"):
        freqtrade(arguments, folder=tmp_path, log=tmp_path / "log")


def test_a_run_that_takes_too_long_is_ended_and_what_it_said_is_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with pytest.raises(PlimsollError, match="--version took longer than 0 s; its log is"):
        freqtrade(["--version"], folder=tmp_path, log=log, seconds=0.1)
    assert log.read_text(encoding="utf-8").startswith("$ freqtrade --version\n")
