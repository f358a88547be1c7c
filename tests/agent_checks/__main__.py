"""Train agents on made markets, judge them, and write ``docs/agents-results.md``.

``python -m tests.agent_checks [NAME…]``; rows are kept in ``out/agents``, and the page is written
from those that are there.
"""

import json
import sys
import time

from tests.agent_checks.page import page
from tests.agent_checks.picture import rewards_png
from tests.agent_checks.running import TRIALS, run_trial
from tests.conftest import ROOT

OUT, DOCS = ROOT / "out" / "agents", ROOT / "docs"


def main(names: list[str]) -> int:
    """Run the trials that were named, or all that have no row; write the page."""
    OUT.mkdir(parents=True, exist_ok=True)
    for trial in TRIALS:
        file = OUT / f"{trial.name}.json"
        if trial.name in names or (not names and not file.exists()):
            file.write_text(json.dumps(run_trial(trial, OUT, _say)), encoding="utf-8")
    files = [OUT / f"{trial.name}.json" for trial in TRIALS]
    rows = [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]
    (DOCS / "agents-results.md").write_text(page(rows, planned=len(TRIALS)), encoding="utf-8")
    (DOCS / "images" / "agents.png").write_bytes(rewards_png(rows))
    return 0


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
