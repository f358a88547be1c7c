"""Hold the strategies to parity and write ``docs/parity-results.md``.

``python -m tests.parity DATADIR [STRATEGY…]``: with names only those, and the page is not written.
Rows are kept in ``out/parity``: what was cut short goes on, what is finished is not run again.
"""

import sys
import time
from pathlib import Path

from plimsoll.lab.parity_matrix import run_rows
from tests.conftest import ROOT
from tests.parity.entrants import entrants
from tests.parity.page import write_page

FOREIGN = ROOT / "tests" / "foreign" / "strategies"


def main(arguments: list[str]) -> int:
    """Return 0 when every check ran; how far apart the records are is for the page to say."""
    datadir, names = Path(arguments[0]).expanduser().resolve(), set(arguments[1:])
    chosen = [(one, span) for one, span in entrants() if not names or one.strategy in names]

    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    rows = run_rows(chosen, ROOT / "out" / "parity", datadir, FOREIGN, say)
    if not names:
        write_page(rows, ROOT / "docs")
        print("written: docs/parity-results.md")
    return 1 if any(row.error for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
