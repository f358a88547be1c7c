"""``make alert-drills``: play the drill of the alerts, rewrite its times in docs/metrics.md."""

import json
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conftest import ROOT
from tests.metrics.drill import Outcome, play
from tests.metrics.stack import ABSENT

PAGE = ROOT / "docs/metrics.md"
BLOCK = re.compile(
    r"(<!-- written by make alert-drills -->\n).*?(<!-- end of the drill -->)", re.DOTALL
)
HEAD = "| Done | Alert | On record | Webhook | Mail |\n|---|---|---|---|---|\n"


def rows(outcome: Outcome) -> str:
    """Return the rows of the page's table."""
    text = ""
    for one in outcome.ways:
        recorded = "–" if one.recorded_seconds is None else f"{one.recorded_seconds:.0f} s"
        came = f"{one.webhook_seconds:.0f} s | {one.mail_seconds:.0f} s"
        text += f"| {one.cause} | `{one.alert}` | {recorded} | {came} |\n"
    return text


def main() -> int:
    """Return 0 when everything arrived."""
    if ABSENT:
        sys.stderr.write(f"needs {' '.join(ABSENT)}: apt-get install them\n")
        return 2
    with TemporaryDirectory(prefix="alert-drill-") as name:
        outcome = play(Path(name))
    print(json.dumps(outcome.as_record(), indent=1))
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(BLOCK.sub(rf"\g<1>{HEAD}{rows(outcome)}\g<2>", page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
