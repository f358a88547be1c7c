"""The picture of a comparison."""

import struct

import pandas as pd

from plimsoll.performance.comparison import compare
from plimsoll.performance.forecasts import Bin
from plimsoll.reporting.compare_figure import compare_png
from tests.unit.performance.test_comparison import FIRST, lot

TEXT = {"names": ("Mine", "SlowTrend"), "title": "Mine against SlowTrend", "subtitle": "by lot"}


def test_it_shows_both_accounts_and_the_states() -> None:
    own, theirs = lot(0.002), lot(0.0, seed=2)
    hours = pd.date_range(FIRST - pd.Timedelta(days=100), periods=24 * 830, freq="h")
    market = pd.Series(range(1, len(hours) + 1), hours, dtype="float64")
    states = compare(own, theirs, trades=50, trials=1, market=market).regimes
    png = compare_png(own, theirs, states, **TEXT)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", png[16:24]) == (1600, 700)
    assert png == compare_png(own, theirs, states, **TEXT)
    assert png != compare_png(theirs, own, states, **TEXT)
    assert png != compare_png(own, theirs, (), **TEXT)
    assert png != compare_png(own, theirs, states, [Bin(0.4, 0.5, 9), Bin(0.6, 0.5, 3)], **TEXT)
