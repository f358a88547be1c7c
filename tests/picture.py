"""Draw the picture of the README: a strategy of a stranger's in a crash, guards off and on.

``make picture`` runs ``plimsoll drill --compare`` with the limits that ship, and keeps its picture.
"""

import subprocess
import sys
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

from plimsoll.lab.processes import child_environment, command
from tests.conftest import ROOT

STRATEGIES = ROOT / "tests/foreign/strategies"
STRATEGY = "DcaLadder"
PICTURE = ROOT / "docs/images/guards-off-and-on.svg"


def main() -> int:
    """Run the drill; return its exit status."""
    with TemporaryDirectory(prefix="plimsoll-picture-") as folder:
        done = subprocess.run(
            [
                *(command("plimsoll"), "drill", STRATEGY, "--strategy-path", str(STRATEGIES)),
                *("--own-limits", "--compare", "--speed", "20", "--out", folder),
            ],
            env=child_environment(),
            check=False,
        )
        if done.returncode == 0:
            copyfile(Path(folder) / "drill.svg", PICTURE)
            print(f"written: {PICTURE.relative_to(ROOT)}")
        return done.returncode


if __name__ == "__main__":
    sys.exit(main())
