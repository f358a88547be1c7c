"""The config that a log handler reads is the one that Freqtrade will run with."""

import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from freqtrade.commands.arguments import Arguments
from freqtrade.configuration import Configuration

from plimsoll.bridge.freqtrade.command_line import command_line_config, refuse
from plimsoll.core import PlimsollError
from plimsoll.lab.processes import child_environment, command

BASE = {
    "exchange": {"name": "binance", "pair_whitelist": []},
    "stake_currency": "USDT",
    "dry_run": True,
    "plimsoll": {"risk": {"max_daily_loss_fraction": 0.03, "day_starts_at_hour_utc": 4}},
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a user folder and two layers of config."""
    (tmp_path / "user_data").mkdir()
    (tmp_path / "elsewhere").mkdir()
    layers: dict[str, Any] = {
        "base.json": BASE,
        "live.json": {"dry_run": False, "plimsoll": {"risk": {"max_daily_loss_fraction": 0.01}}},
        "adds.json": {"add_config_files": ["live.json"], "max_open_trades": 2},
        "config.json": {**BASE, "bot_name": "found by default"},
        "user_data/config.json": {**BASE, "bot_name": "found in the user folder"},
        "folder.json": {"user_data_dir": str(tmp_path / "elsewhere")},
    }
    for name, content in layers.items():
        (tmp_path / name).write_text(json.dumps(content), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "freqtrade.main", ModuleType("freqtrade.main"))
    return tmp_path


def both(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What we read for a command line, and what Freqtrade makes of the same."""
    monkeypatch.setattr(sys, "argv", ["/usr/bin/freqtrade", *words])
    chosen, ours = command_line_config()
    assert chosen == words[0]
    theirs = Configuration(Arguments(list(words)).get_parsed_arg()).get_config()
    return ours, theirs


def assert_equal(ours: dict[str, Any], theirs: dict[str, Any]) -> None:
    read = {**theirs["original_config"], "dry_run": theirs["dry_run"]}
    read.pop("internals")
    assert {**ours, "user_data_dir": None} == {**read, "user_data_dir": None}
    assert ours["user_data_dir"] == theirs["user_data_dir"].resolve()


@pytest.mark.parametrize(
    "words",
    [
        ["trade", "-c", "base.json"],
        ["trade", "-c", "base.json", "-c", "live.json"],
        ["trade", "-c", "live.json", "--config", "base.json"],
        ["trade", "-c", "base.json", "-c", "adds.json"],
        ["trade", "-c", "base.json", "--userdir", "elsewhere"],
        ["trade", "-c", "base.json", "-c", "folder.json"],
        ["trade", "-c", "base.json", "-c", "folder.json", "--userdir", "user_data"],
        ["trade", "--strategy", "Any"],
        ["trade", "-c", "base.json", "-c", "live.json", "--dry-run"],
        ["show-config", "-c", "base.json"],
    ],
    ids=" ".join,
)
def test_it_reads_what_freqtrade_reads(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    assert_equal(*both(monkeypatch, *words))


def test_the_environment_wins_over_the_files_as_in_freqtrade(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FREQTRADE__PLIMSOLL__RISK__MAX_DAILY_LOSS_FRACTION", "0.02")
    monkeypatch.setenv("FREQTRADE__PLIMSOLL__LIVE_OPT_IN", "a sentence")
    monkeypatch.setenv("FREQTRADE__DRY_RUN", "false")
    ours, theirs = both(monkeypatch, "trade", "-c", "base.json")
    assert_equal(ours, theirs)
    assert ours["dry_run"] is False
    assert ours["plimsoll"]["risk"] == {
        "max_daily_loss_fraction": 0.02,
        "day_starts_at_hour_utc": 4,
    }


def test_a_config_on_standard_input_is_left_to_freqtrade(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["freqtrade", "backtesting", "-c", "-", "--userdir", "elsewhere"]
    monkeypatch.setattr(sys, "argv", words)
    chosen, config = command_line_config()
    assert chosen == "backtesting"
    assert config["user_data_dir"] == folder / "elsewhere"
    assert "plimsoll" not in config


def test_a_bot_is_not_started_from_standard_input(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["freqtrade", "trade", "-c", "-"])
    with pytest.raises(PlimsollError, match="standard input cannot be checked"):
        command_line_config()


@pytest.mark.parametrize("name", ["freqtrade", "my-bot"])
def test_the_opt_in_is_asked_for_under_whatever_name_the_command_runs(
    tmp_path: Path, name: str
) -> None:
    program = tmp_path / name
    program.symlink_to(command("freqtrade"))
    handler = {"class": "plimsoll.bridge.freqtrade.plugin_search.RegisteringHandler"}
    logs = {"version": 1, "formatters": {}, "handlers": {"plimsoll": handler}, "root": {}}
    live = {**BASE, "dry_run": False, "log_config": logs}
    (tmp_path / "live.json").write_text(json.dumps(live), encoding="utf-8")
    done = subprocess.run(
        [str(program), "trade", "-c", "live.json", "--strategy", "Any"],
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 2
    assert "would trade with money" in done.stderr
    assert "Traceback" not in done.stderr


def test_outside_the_command_there_is_no_config_and_an_error_is_raised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "argv", ["notebook"])
    assert command_line_config() == (None, {})
    with pytest.raises(PlimsollError, match="the reason"):
        refuse(PlimsollError("the reason"))
