"""Who may import whom (pyproject.toml, import-linter)."""

import subprocess

from plimsoll.lab.processes import command
from tests.conftest import ROOT


def test_every_import_contract_is_kept() -> None:
    done = subprocess.run(
        [command("lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout
