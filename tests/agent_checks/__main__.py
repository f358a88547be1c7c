"""Train agents and allocators on made markets, judge them, and write ``docs/agents-results.md``.

``python -m tests.agent_checks [NAME…]``; rows are kept in ``out/agents``, and the page is written
from those that are there, after each.
"""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.agent_checks.allocating import ALLOCATOR_TRIALS, run_allocator_trial
from tests.agent_checks.page import page
from tests.agent_checks.picture import rewards_png
from tests.agent_checks.running import TRIALS, run_trial
from tests.conftest import ROOT

OUT, DOCS = ROOT / "out" / "agents", ROOT / "docs"
Row = dict[str, Any]


def main(names: list[str]) -> int:
    """Run the trials that were named, or all that have no row; write the page."""
    OUT.mkdir(parents=True, exist_ok=True)
    for name, run in _trials().items():
        file = OUT / f"{name}.json"
        if name in names or (not names and not file.exists()):
            half = file.with_suffix(".half")
            half.write_text(json.dumps(run()), encoding="utf-8")
            half.replace(file)
            _write()
    _write()
    return 0


def _trials() -> dict[str, Callable[[], Row]]:
    agents = {one.name: lambda one=one: run_trial(one, OUT, _say) for one in TRIALS}
    allocators = {
        one.name: lambda one=one: run_allocator_trial(one, OUT, _say) for one in ALLOCATOR_TRIALS
    }
    return {**agents, **allocators}


def _write() -> None:
    rows = _rows([OUT / f"{trial.name}.json" for trial in TRIALS])
    shares = _rows([OUT / f"{trial.name}.json" for trial in ALLOCATOR_TRIALS])
    planned = len(TRIALS) + len(ALLOCATOR_TRIALS)
    text = page(rows, shares, planned=planned)
    (DOCS / "agents-results.md").write_text(text, encoding="utf-8")
    (DOCS / "images" / "agents.png").write_bytes(rewards_png(rows))


def _rows(files: list[Path]) -> list[Row]:
    return [json.loads(file.read_text(encoding="utf-8")) for file in files if file.exists()]


def _say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
