"""Exit statuses, JSON and one-line errors of every command."""

import errno
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

import plimsoll
from plimsoll.cli import app
from plimsoll.lab.processes import child_environment, command
from tests.unit.cli.commands import Run, assert_one_line

HEAVY = ("freqtrade", "pandas", "numpy", "matplotlib", "ccxt", "aiohttp", "scipy", "pydantic")


def every_command(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, one in group.commands.items():
        yield (*path, name)
        if hasattr(one, "commands"):
            yield from every_command(one, (*path, name))


COMMANDS = sorted(every_command(typer.main.get_command(app)))


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


def test_the_version_is_the_packages(run: Run) -> None:
    ran = run("--version")
    assert (ran.status, ran.out) == (0, f"plimsoll {plimsoll.__version__}\n")


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(run: Run, words: tuple[str, ...]) -> None:
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
def test_wrong_usage_ends_with_two(run: Run, words: tuple[str, ...]) -> None:
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
    run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
    run: Run,
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


def test_report_without_a_result_is_one_line(run: Run, tmp_path: Path) -> None:
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
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    words: tuple[str, ...],
) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run(*words)
    assert ran.status == 2
    assert_one_line(ran, "none.")
