"""Run all that concerns strategies of others and write ``docs/foreign-strategies.md``.

``python -m tests.foreign [pytest's options]``
"""

import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.bench import foreign
from tests.conftest import ROOT
from tests.drills.evidence import FOLDER_VARIABLE
from tests.foreign.page import write_page


def main(options: list[str]) -> int:
    """Return 0 when everything passed; only then the page is written."""
    folder = Path(mkdtemp(prefix="foreign-"))
    os.environ[FOLDER_VARIABLE] = str(folder)
    began = time.monotonic()
    try:
        arguments = [str(ROOT / "tests" / "foreign"), "-m", "slow or not slow", "-v", *options]
        status = pytest.main(arguments)
        if status == pytest.ExitCode.OK:
            figures = foreign.run()
            write_page(folder, figures, ROOT / "docs", seconds=time.monotonic() - began)
            print("written: docs/foreign-strategies.md")
        return int(status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
