"""A command that imports first, and begins when it is told."""

import subprocess
from pathlib import Path

import pytest

from plimsoll.lab.awaiting import awaiting, begin

IMPORTED = "print('imported', flush=True)\n"
SCRIPT = """
import sys
print("began with", sys.argv[1:], sys.argv[0] == __file__, __name__, flush=True)
import own_neighbour
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/imported_first.py").write_text(IMPORTED)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/own_neighbour.py").write_text("")
    file = tmp_path / "bin/command"
    file.write_text(SCRIPT)
    return file


def wait(script: Path, told: bool) -> tuple[str, int]:
    log, environment = script.parent / "log", {"PYTHONPATH": str(script.parents[1] / "elsewhere")}
    with awaiting(
        [str(script), "3"],
        ["imported_first"],
        log=log,
        environment=environment,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "imported\n"
        assert child.poll() is None, "it waits"
        if told:
            begin(child)
            said = child.stdout.read()
            child.wait(60)
            return said, child.returncode
    return log.read_text(), child.returncode


def test_a_command_imports_and_waits_and_then_runs_as_a_shell_would_run_it(script: Path) -> None:
    assert wait(script, told=True) == ("began with ['3'] True __main__\n", 3)


def test_a_command_that_is_never_told_to_begin_ends_with_us(script: Path) -> None:
    said, status = wait(script, told=False)
    assert "began" not in said
    assert status is not None


def test_one_that_has_ended_before_its_turn_is_not_waited_for(script: Path) -> None:
    with awaiting([str(script), "3"], ["no_such_module"], log=script.parent / "log") as child:
        child.wait(60)
        begin(child)
    assert child.returncode == 1
    assert "no_such_module" in (script.parent / "log").read_text()
