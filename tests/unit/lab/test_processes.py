"""Child processes end with us, whatever they or we do."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from subprocess import PIPE

import psutil
import pytest

from plimsoll.core import PlimsollError
from plimsoll.lab import processes
from plimsoll.lab.processes import (
    child_environment,
    command,
    end,
    first_json_line,
    last_line,
    running,
    wait_until,
)

WAITS = "import time; print('{}', flush=True); time.sleep(60)"
DEAF = "import signal; [signal.signal(getattr(signal, n), signal.SIG_IGN) for n in {names}]; "


def script(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def deaf_to(*names: str) -> str:
    return DEAF.format(names=names) + WAITS


@pytest.mark.parametrize(
    ("code", "status", "patience_seconds"),
    [
        # The longest, since a child that listens may be slow to end on a busy machine.
        (WAITS, -signal.SIGINT, 60.0),
        (deaf_to("SIGINT"), -signal.SIGTERM, 3.0),
        (deaf_to("SIGINT", "SIGTERM"), -signal.SIGKILL, 0.5),
    ],
    ids=["listens", "ignores SIGINT", "ignores SIGINT and SIGTERM"],
)
def test_a_child_is_ended_by_the_gentlest_signal_that_works(
    tmp_path: Path,
    code: str,
    status: int,
    patience_seconds: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "PATIENCE_SECONDS", patience_seconds)
    with running(script(code), log=tmp_path / "log", stdout=PIPE) as child:
        first_json_line(child, log=tmp_path / "log")
    assert child.returncode == status


def test_a_child_that_has_ended_keeps_its_status(tmp_path: Path) -> None:
    with running(script("raise SystemExit(3)"), log=tmp_path / "log") as child:
        child.wait(60)
    assert child.returncode == 3
    assert end(child) == 3


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_child_is_ended_when_the_block_raises(tmp_path: Path, error: type[BaseException]) -> None:
    with pytest.raises(error), running(script(WAITS), log=tmp_path / "log") as child:
        raise error
    assert child.returncode is not None


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
@pytest.mark.parametrize("waits", [WAITS, deaf_to("SIGINT", "SIGTERM")], ids=["listens", "deaf"])
def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path, waits: str) -> None:
    code = (
        "import sys, time\nfrom pathlib import Path\nfrom plimsoll.lab.processes import running\n"
        f"with running([sys.executable, '-c', {waits!r}], log=Path({str(tmp_path / 'log')!r}), "
        "stdout=-1) as child:\n    child.stdout.readline()\n    print(child.pid, flush=True)\n"
        "    time.sleep(60)\n"
    )
    with subprocess.Popen(script(code), stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        grandchild = psutil.Process(int(parent.stdout.readline()))
        os.kill(parent.pid, signal.SIGKILL)
    gone, alive = psutil.wait_procs([grandchild], timeout=60)
    assert not alive
    assert gone


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_a_child_whose_parent_is_gone_before_it_begins_ends_at_once() -> None:
    code = (
        "import os, subprocess, sys\nfrom plimsoll.lab.processes import child_beginning\n"
        "begin = child_beginning()\n"  # of this process, but another one will be the parent
        "if os.fork() == 0:\n"
        "    done = subprocess.run([sys.executable, '-c', 'pass'], preexec_fn=begin)\n"
        "    print(done.returncode, flush=True)\n    os._exit(0)\n"
        "os.wait()\n"
    )
    done = subprocess.run(script(code), capture_output=True, text=True)
    assert done.stdout == f"{128 + signal.SIGKILL}\n", done.stderr


def test_the_first_line_of_a_server_is_its_json(tmp_path: Path) -> None:
    code = 'print(\'{"url": "there"}\')'
    with running(script(code), log=tmp_path / "log", stdout=PIPE) as child:
        assert first_json_line(child, log=tmp_path / "log") == {"url": "there"}


def test_a_server_that_does_not_start_is_named_with_its_last_words(tmp_path: Path) -> None:
    code = "import sys; sys.exit('the port is taken')"
    with (
        running(script(code), log=tmp_path / "log", stdout=PIPE) as child,
        pytest.raises(PlimsollError, match="did not start: the port is taken"),
    ):
        first_json_line(child, log=tmp_path / "log")


def test_a_server_that_says_something_else_is_an_error_with_what_it_said(tmp_path: Path) -> None:
    with (
        running(script("print('hello')"), log=tmp_path / "log", stdout=PIPE) as child,
        pytest.raises(PlimsollError, match="hello"),
    ):
        first_json_line(child, log=tmp_path / "log")


@pytest.mark.parametrize(
    ("content", "last"),
    [
        ("one\ntwo\n", "two"),
        ("one\n\n  \n", "one"),
        ("  spaces around  ", "spaces around"),
        ("", "it said nothing"),
        ("\n\n", "it said nothing"),
    ],
)
def test_the_last_line_is_the_last_with_text(tmp_path: Path, content: str, last: str) -> None:
    (tmp_path / "log").write_text(content, encoding="utf-8")
    assert last_line(tmp_path / "log") == last


def test_the_last_line_of_a_log_that_is_not_text_or_not_there(tmp_path: Path) -> None:
    assert last_line(tmp_path / "none") == "it said nothing"
    (tmp_path / "log").write_bytes(b"good\nb\xffd\n")
    assert last_line(tmp_path / "log") == "b\N{REPLACEMENT CHARACTER}d"


def test_a_child_does_not_see_that_a_test_started_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_VERSION", "9")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LINES", "24")
    monkeypatch.setenv("KEPT", "yes")
    made = child_environment({"ADDED": "1"})
    assert not [name for name in made if name.startswith("PYTEST_")]
    assert not {"COLUMNS", "LINES"} & set(made), "Freqtrade would wrap its log, and cut its errors"
    assert (made["KEPT"], made["ADDED"]) == ("yes", "1")


def test_a_command_that_is_not_installed_is_named() -> None:
    assert Path(command("freqtrade")).exists()
    with pytest.raises(PlimsollError, match="install no-such-command again"):
        command("no-such-command")


def test_waiting_ends_when_the_condition_holds() -> None:
    answers = iter([False, False, True])
    wait_until(lambda: next(answers), seconds=10, what="a third answer", pause_seconds=0)
    assert list(answers) == []


def test_waiting_in_vain_names_what_was_waited_for() -> None:
    began = time.monotonic()
    with pytest.raises(PlimsollError, match=r"expected rain within 0 s"):
        wait_until(lambda: False, seconds=0.05, what="rain", pause_seconds=0.01)
    assert time.monotonic() - began >= 0.05


def test_waiting_in_vain_for_a_child_names_its_log_and_last_line(tmp_path: Path) -> None:
    log = tmp_path / "bot.log"
    log.write_text("first\nstill loading\n", encoding="utf-8")
    with pytest.raises(PlimsollError, match=r"found none; .*bot\.log ends with: still loading"):
        wait_until(lambda: False, seconds=0.01, what="a loop", pause_seconds=0.01, log=log)


def test_a_child_that_prints_much_does_not_hang(tmp_path: Path) -> None:
    with running(script("print('x' * 1_000_000)"), log=tmp_path / "log") as child:
        assert child.wait(60) == 0
    assert (tmp_path / "log").stat().st_size > 1_000_000
