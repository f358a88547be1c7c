"""Compare models with rules on real data and write ``docs/model-results.md``.

``python -m tests.model_results DATADIR [MODEL…]``; rows are kept in ``out/models``, and the page is
written from those that are there. ``--one MODEL`` runs one in this process, as the others do.
"""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.conftest import ROOT
from tests.model_results.page import page
from tests.model_results.running import run_subject
from tests.model_results.subjects import BASELINES, SUBJECTS

OUT = ROOT / "out" / "models"
DOCS = ROOT / "docs"
ONE = "--one"


def main(arguments: list[str]) -> int:
    """Run the models that were named, or all; write the page."""
    datadir, names = Path(arguments[0]).expanduser().resolve(), arguments[1:]
    OUT.mkdir(parents=True, exist_ok=True)
    if ONE in names:
        [subject] = [one for one in SUBJECTS if one.model == names[-1]]
        row = run_subject(subject, datadir, OUT)
        (OUT / f"{subject.model}.json").write_text(json.dumps(row), encoding="utf-8")
        return 0
    for subject in SUBJECTS:
        if not names or subject.model in names:
            own = [sys.executable, "-m", "tests.model_results", str(datadir), ONE, subject.model]
            subprocess.run(own, check=True, cwd=ROOT)
            print(f"{time.strftime('%H:%M:%S')} {subject.model}", flush=True)
    rows = []
    for subject in SUBJECTS:
        file = OUT / f"{subject.model}.json"
        if file.exists():
            rows.append(json.loads(file.read_text(encoding="utf-8")))
            made = OUT / f"{subject.model}-{BASELINES[0]}" / "compare.png"
            shutil.copyfile(made, DOCS / "images" / f"compare-{subject.model}.png")
    (DOCS / "model-results.md").write_text(page(rows), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
