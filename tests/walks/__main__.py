"""Walk shipped strategies forward on real data and write ``docs/walk-forward-results.md``.

``python -m tests.walks DATADIR [STRATEGY…]``; rows are kept in ``out/walks``, and the page is
written from those that are there. ``python -m tests.walks DATADIR --rates`` measures only how many
epochs a minute the searches of the kept rows make.
"""

import json
import shutil
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.walks.page import page
from tests.walks.running import rates_of, run_subject
from tests.walks.subjects import SUBJECTS

OUT = ROOT / "out" / "walks"
DOCS = ROOT / "docs"
RATES = "--rates"


def main(arguments: list[str]) -> int:
    """Run the subjects that were named, or all; write the page."""
    datadir, names = Path(arguments[0]).expanduser().resolve(), {*arguments[1:]} - {RATES}
    OUT.mkdir(parents=True, exist_ok=True)
    for subject in SUBJECTS:
        file = OUT / f"{subject.strategy}.json"
        if names and subject.strategy not in names:
            continue
        if RATES not in arguments:
            row = run_subject(subject, datadir, OUT, _say)
        elif file.exists() and subject.killed:
            row = json.loads(file.read_text(encoding="utf-8"))
            row["search"] = rates_of(subject, datadir, _say)
        else:
            continue
        file.write_text(json.dumps(row), encoding="utf-8")
    rows = []
    for subject in SUBJECTS:
        file = OUT / f"{subject.strategy}.json"
        if file.exists():
            rows.append((subject, json.loads(file.read_text(encoding="utf-8"))))
            picture = f"walk-forward-{subject.strategy}.png"
            made = OUT / subject.strategy / "walk-forward.png"
            shutil.copyfile(made, DOCS / "images" / picture)
    (DOCS / "walk-forward-results.md").write_text(page(rows), encoding="utf-8")
    return 0


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
