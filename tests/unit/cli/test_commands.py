"""Exit statuses, JSON and one-line errors of every command."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import typer

import plimsoll
from plimsoll.cli import app
from plimsoll.lab.processes import child_environment, command
from plimsoll.lab.user_folder import lay_out
from tests.conftest import ROOT
from tests.ports import free_port
from tests.unit.cli import commands
from tests.unit.cli.commands import Ran

HEAVY = ("freqtrade", "pandas", "numpy", "matplotlib", "ccxt", "aiohttp", "scipy", "pydantic")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    return partial(commands.plimsoll, monkeypatch=monkeypatch, capsys=capsys)


def every_command(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, one in group.commands.items():
        yield (*path, name)
        if hasattr(one, "commands"):
            yield from every_command(one, (*path, name))


COMMANDS = sorted(every_command(typer.main.get_command(app)))


def assert_one_line(ran: Ran, *parts: str) -> None:
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("plimsoll: ")
    for part in parts:
        assert part in ran.err


# The root


def test_nothing_heavy_is_imported_for_help() -> None:
    code = f"import sys, plimsoll.cli\nprint([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=child_environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[]\n"


def test_the_version_is_the_packages(run: Callable[..., Ran]) -> None:
    ran = run("--version")
    assert (ran.status, ran.out) == (0, f"plimsoll {plimsoll.__version__}\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = run(*words, "--help")
    assert ran.status == 0
    assert f"Usage: plimsoll {' '.join(words)}" in ran.out


@pytest.mark.parametrize(
    "words",
    [
        ("innit",),
        ("init", "--no-such"),
        ("init", "a-folder"),
        ("venue", "sail"),
        ("venue", "serve", "--port", "70000"),
        ("venue", "step"),
        ("report", "--trials", "0"),
    ],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(run: Callable[..., Ran], words: tuple[str, ...]) -> None:
    ran = run(*words)
    assert ran.status == 2
    assert "Traceback" not in ran.err


def test_the_installed_command_prints_an_error_as_one_line(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    done = subprocess.run(
        [command("plimsoll"), "init", "--userdir", str(file)],
        env=child_environment(),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f"plimsoll: expected a folder for --userdir, found the file {file}\n"


def test_an_interrupt_ends_with_130(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("plimsoll.lab.user_folder.lay_out", interrupted)
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 130
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "No space left on device; make room"),
        (OSError(errno.EACCES, "Permission denied", "a.feather"), "Permission denied: a.feather"),
        (OSError("lz4 frame is cut short\nat 17"), "lz4 frame is cut short"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=["without a file", "with a file", "without a number", "without words"],
)
def test_what_the_system_refuses_is_one_line(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    error: OSError,
    said: str,
) -> None:
    def refused(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("plimsoll.lab.user_folder.lay_out", refused)
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 1
    assert_one_line(ran, said)


# init


def test_init_says_what_became_of_each_file(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("init", "--userdir", str(tmp_path / "mine"))
    assert ran.status == 0
    assert f"new  {tmp_path}/mine/strategies/TrendFollow.py" in ran.out
    assert ran.err == ""


def test_init_explains_what_it_kept(run: Callable[..., Ran], tmp_path: Path) -> None:
    lay_out(tmp_path)
    (tmp_path / "config/base.json").write_text("{}", encoding="utf-8")
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 0
    assert f"kept  {tmp_path}/config/base.json" in ran.out
    assert "--replace-changed" in ran.out


def test_init_as_json(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("init", "--userdir", str(tmp_path), "--json")
    told = json.loads(ran.out)
    assert told["userdir"] == str(tmp_path)
    assert {"name": "config/base.json", "outcome": "new"} in told["files"]


def test_init_with_a_corrupted_record_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / ".plimsoll-init.json").write_text("{", encoding="utf-8")
    ran = run("init", "--userdir", str(tmp_path))
    assert ran.status == 1
    assert_one_line(ran, ".plimsoll-init.json", "remove it")


# doctor


def test_doctor_ends_with_one_when_the_worst_is_a_warning(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = run("doctor", "--userdir", str(tmp_path))
    assert ran.status == 1
    assert "warning config" in ran.out
    assert "-> name it with -c FILE" in ran.out
    assert "fault" not in ran.out


def test_doctor_ends_with_two_when_there_is_a_fault(
    run: Callable[..., Ran], tmp_path: Path
) -> None:
    ran = run("doctor", "--userdir", str(tmp_path), "-c", str(tmp_path / "none.json"))
    assert ran.status == 2
    assert "fault   config" in ran.out
    assert "Traceback" not in ran.out + ran.err


def test_doctor_as_json(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("doctor", "--userdir", str(tmp_path), "--json")
    told = json.loads(ran.out)
    assert (ran.status, told["worst"]) == (1, "warning")
    assert {"level", "subject", "found", "remedy"} == set(told["findings"][0])


def test_the_page_shows_every_plugin_and_strategy_that_doctor_finds() -> None:
    text = (ROOT / "docs/profiles.md").read_text(encoding="utf-8")
    shown = text[text.index("$ plimsoll doctor") :].split("```")[0]
    for folder in ("plugins/protections", "plugins/pairlists", "user_data/strategies"):
        [line] = [line for line in shown.splitlines() if f" {folder.split('/')[1]} " in line]
        names = line.split(maxsplit=2)[2].split(" from ")[0].split(", ")
        there = {file.stem for file in (ROOT / folder).glob("[!_]*.py")}
        assert set(names) == there


# The others


def test_report_without_a_result_is_one_line(run: Callable[..., Ran], tmp_path: Path) -> None:
    ran = run("report", str(tmp_path / "none"))
    assert ran.status == 2
    assert_one_line(ran, "none does not exist")


@pytest.mark.parametrize(
    "words",
    [
        ("costs", "measure", "-c", "none.json"),
        ("data", "backfill", "--since", "2024-01-01", "-c", "none.json"),
        ("expectation", "none.zip", "--out", "x.json"),
        ("report", "none.zip"),
        ("status", "-c", "none.json"),
    ],
    ids=" ".join,
)
def test_a_file_that_is_not_there_is_wrong_usage_in_one_line(
    run: Callable[..., Ran],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*words)
    assert ran.status == 2
    assert_one_line(ran, "none.")


def test_a_data_folder_that_cannot_be_made_is_wrong_usage(
    run: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("plimsoll.cli.data._listing", lambda *_: None)
    file = tmp_path / "file"
    file.touch()
    words = ("--since", "2024-01-01", "--pairs", "BTC/USDT:USDT", "--datadir", str(file / "data"))
    ran = run("data", "backfill", *words)
    assert ran.status == 2
    assert_one_line(ran, "cannot write to the data folder")


def test_scenarios_as_json(run: Callable[..., Ran]) -> None:
    ran = run("venue", "scenarios", "--json")
    assert ran.status == 0
    assert "flash-crash" in {entry["name"] for entry in json.loads(ran.out)}


def test_a_venue_that_nobody_serves_is_one_line(run: Callable[..., Ran]) -> None:
    ran = run("venue", "step", "--url", f"http://127.0.0.1:{free_port()}", "--seconds", "1")
    assert ran.status == 1
    assert_one_line(ran, "no exchange answers", "plimsoll venue serve")


def test_an_unknown_scenario_is_one_line_with_the_known_ones(run: Callable[..., Ran]) -> None:
    ran = run("venue", "scenario", "tsunami", "--url", "http://127.0.0.1:1")
    assert ran.status == 2
    assert_one_line(ran, '"tsunami"', "flash-crash")


def test_an_unknown_market_is_one_line(run: Callable[..., Ran]) -> None:
    ran = run("venue", "serve", "--market", "bazaar")
    assert ran.status == 2
    assert_one_line(ran, '"bazaar"', "synthetic, replay")
