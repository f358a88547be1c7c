"""Draw the picture of docs/significance.md: an edge as it becomes known, and a search of noise.

``python -m tests.significance_picture``
"""

import sys

import numpy as np

from plimsoll.performance.overfitting import overfitting
from plimsoll.performance.sharpe_track import sharpe_track
from plimsoll.reporting.significance_figure import significance_png
from tests.conftest import ROOT

PICTURE = ROOT / "docs/images/significance.png"
SHARPE = 1.5
DAYS, TRIALS = 3 * 365, 500


def main() -> int:
    """Draw it; return the exit status."""
    generator = np.random.default_rng(9)
    shocks = generator.standard_t(5, DAYS) / np.sqrt(5 / 3)
    account = 0.01 * (shocks + SHARPE / np.sqrt(365))
    search = overfitting(generator.normal(size=(365, TRIALS)))
    title = "Left: an account with a true Sharpe ratio of 1.5. Right: a search without an edge."
    PICTURE.write_bytes(significance_png(sharpe_track(account), search, title=title))
    print(f"written: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
