"""Hold the strategies to parity and write ``docs/parity-results.md``.

``python -m tests.parity DATADIR [STRATEGY…]``: with names only those, and the page is not written.
A name may end in ``-calm`` or ``-violent``. Rows are kept in ``out/parity``: what was cut short
goes on, what is finished is not run again. ``python -m tests.parity --page`` writes the page from
the rows that are there, and names the others.
"""

import sys
import time
from pathlib import Path

from plimsoll.lab.parity_matrix import read_row, row_file, run_rows
from tests.conftest import ROOT
from tests.parity.entrants import entrants
from tests.parity.page import write_page

OUT = ROOT / "out" / "parity"
FOREIGN = ROOT / "tests" / "foreign" / "strategies"


def main(arguments: list[str]) -> int:
    """Return 0 when every check ran; how far apart the records are is for the page to say."""
    if arguments == ["--page"]:
        return _page_of_kept()
    datadir, names = Path(arguments[0]).expanduser().resolve(), set(arguments[1:])
    chosen = [
        (one, span)
        for one, span in entrants()
        if not names or names & {one.strategy, f"{one.strategy}-{span.name}"}
    ]

    def say(text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)

    rows = run_rows(chosen, OUT, datadir, FOREIGN, say)
    if not names:
        write_page(rows, ROOT / "docs")
        print("written: docs/parity-results.md")
    return 1 if any(row.error for row in rows) else 0


def _page_of_kept() -> int:
    kept = {place: read_row(row_file(OUT, *place)) for place in entrants()}
    missing = [f"{one.strategy}, {span.name}" for (one, span), row in kept.items() if row is None]
    write_page([row for row in kept.values() if row is not None], ROOT / "docs", missing)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
