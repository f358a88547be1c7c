"""What is kept of a compiled function belongs to the text of the whole package."""

import subprocess
import sys
from pathlib import Path

from plimsoll.lab.fast_lane import compiled

CALLED = """
from called import answer
import plimsoll.lab.fast_lane.compiled as compiled
from pathlib import Path
compiled.__file__ = str(Path("compiled.py").resolve())

@compiled.compiled
def asked():
    return answer()
print(asked())
"""
CALLEE = """
from plimsoll.features.kernels import kernel

@kernel
def answer():
    return {}
"""


def asked(folder: Path, answer: int) -> str:
    """Return what a compiled function says whose callee, in another file, answers a number."""
    (folder / "called.py").write_text(CALLEE.format(answer), encoding="utf-8")
    (folder / "asks.py").write_text(CALLED, encoding="utf-8") if answer == 1 else None
    run = subprocess.run(
        [sys.executable, "asks.py"], cwd=folder, capture_output=True, text=True, check=True
    )
    return run.stdout.strip()


def test_a_change_in_another_file_reaches_the_caller(tmp_path: Path) -> None:
    assert asked(tmp_path, 1) == "1"
    assert asked(tmp_path, 22) == "22"


def test_the_stamp_is_of_every_module(tmp_path: Path, monkeypatch) -> None:
    for file in Path(compiled.__file__).parent.glob("*.py"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    fresh = compiled.package_stamp.__wrapped__
    before = fresh()
    assert before == compiled.package_stamp()
    with (tmp_path / "wide.py").open("a", encoding="utf-8") as text:
        text.write("# another\n")
    assert fresh() != before
