"""``make audit`` passes only on an answer for every package; silence is never a pass."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from plimsoll.core import PlimsollError, UsageError
from tests.conftest import ROOT
from tests.supply.audit import asked, judged
from tests.supply.pins import locked

EXPECTED = {"aiofiles": "25.1.0", "some-name": "1.0"}
needs_audit = pytest.mark.skipif(
    importlib.util.find_spec("pip_audit") is None, reason="needs pip-audit: pip install pip-audit"
)


def known(name: str, version: str, *faults: str) -> dict[str, Any]:
    vulns = [{"id": one, "fix_versions": ["9.9"], "description": ""} for one in faults]
    return {"name": name, "version": version, "vulns": vulns}


def skipped(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI: {name}"}


@pytest.mark.parametrize(
    ("dependencies", "status", "said"),
    [
        ([known("aiofiles", "25.1.0"), known("Some_Name", "1.0")], 0, "2 of 2 packages"),
        ([known("aiofiles", "25.1.0"), known("some-name", "1.0", "PYSEC-1")], 1, "PYSEC-1"),
        ([known("aiofiles", "25.1.0"), skipped("some-name")], 2, "no answer for 1 of 2"),
        ([known("aiofiles", "25.1.0")], 2, "some-name"),
        ([known("aiofiles", "25.0.0"), known("some-name", "1.0")], 2, "no answer for 1 of 2"),
        ([skipped("aiofiles"), skipped("some-name")], 2, "nothing was checked"),
        ([], 2, "nothing was checked"),
        ([skipped("aiofiles"), known("some-name", "1.0", "PYSEC-1")], 1, "no answer for 1 of 2"),
    ],
)
def test_only_an_answer_for_each_package_is_a_pass(
    dependencies: list[dict[str, Any]], status: int, said: str
) -> None:
    verdict = judged({"dependencies": dependencies}, EXPECTED)
    assert verdict.status == status
    assert said in "\n".join(verdict.lines)


def test_locked_packages_are_those_of_this_platform(tmp_path: Path) -> None:
    file = tmp_path / "constraints.txt"
    file.write_text(
        "Some.Name[extra]==1.0 \\\n    --hash=sha256:00\n"
        "other==2.0 ; sys_platform == 'no-such' \\\n    --hash=sha256:11\n"
    )
    assert locked(file) == [("some-name", "1.0"), ("other", "2.0")]
    assert locked(file, here=True) == [("some-name", "1.0")]
    file.write_text("# nothing\n")
    with pytest.raises(UsageError, match="found none"):
        locked(file)
    file.write_text("open>=1.0\n")
    with pytest.raises(UsageError, match=r"open>=1\.0"):
        locked(file)


@needs_audit
def test_a_service_that_cannot_be_reached_is_a_line_and_no_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "constraints.txt"
    file.write_text(f"aiofiles==25.1.0 --hash=sha256:{'0' * 64}\n")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(PlimsollError, match="nothing was checked") as error:
        asked(file)
    assert "\n" not in str(error.value)


def test_without_the_program_it_says_how_to_get_it() -> None:
    """A Python without site packages has none."""
    code = "import sys; sys.path.insert(0, sys.argv[1]); import tests.supply.audit as a\n"
    code += "a.importlib.util.find_spec = lambda name: None\nsys.exit(a.main())"
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT)],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert done.stderr == "make audit needs pip-audit: .venv/bin/python -m pip install pip-audit\n"
