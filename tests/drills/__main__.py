"""Run every drill and write ``docs/drills.md``: ``python -m tests.drills [pytest's options]``."""

import os
import shutil
import sys
import time
from pathlib import Path
from tempfile import mkdtemp

import pytest

from tests.conftest import ROOT
from tests.drills.evidence import FOLDER_VARIABLE
from tests.drills.page import write_page


def main(options: list[str]) -> int:
    """Return 0 when every drill passed; only then the page is written."""
    folder = Path(mkdtemp(prefix="drills-"))
    os.environ[FOLDER_VARIABLE] = str(folder)
    began = time.monotonic()
    try:
        arguments = [str(ROOT / "tests" / "drills"), "-m", "freqtrade", "-v", *options]
        status = pytest.main(arguments)
        if status == pytest.ExitCode.OK:
            write_page(folder, ROOT / "docs", seconds=time.monotonic() - began)
            print("written: docs/drills.md, docs/images/drill.svg")
        return int(status)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
