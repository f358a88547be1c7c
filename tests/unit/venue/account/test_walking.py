import numpy as np
import pytest

from plimsoll.venue.account.walking import Path, last_and_mark, path_between
from tests.unit.venue.markets import NOW_MS, fresh

PATH = Path(
    np.array([0, 1000, 2000]),
    np.log([100.0, 110.0, 95.0]),
    np.log([100.0, 105.0, 99.0]),
    half_tick=0.05,
)


def test_a_level_is_reached_where_the_line_of_logs_crosses_it() -> None:
    share = np.log(105 - 0.05) / np.log(1.1) - np.log(100) / np.log(1.1)
    assert PATH.when_last(105.0, 0, below=False) == pytest.approx(1000 * share, abs=0.01)
    assert PATH.when_mark(105.0, 0, below=False) == pytest.approx(1000)
    assert PATH.when_last(110.2, 0, below=False) is None
    assert PATH.when_last(110.04, 0, below=False) is not None, "it is published as 110.0"


def test_what_is_reached_already_is_reached_at_once_and_the_past_does_not_count() -> None:
    assert PATH.when_last(101.0, 0, below=True) == 0
    assert PATH.when_last(109.0, 1500, below=False) is None
    later = PATH.when_last(96.0, 1200, below=True)
    assert later is not None
    assert 1900 < later < 2000


def test_a_walk_in_parts_is_the_same_line() -> None:
    market = fresh()
    whole = path_between(market, "BTCUSDT", NOW_MS, NOW_MS + 300_000)
    part = path_between(market, "BTCUSDT", NOW_MS + 31_234, NOW_MS + 90_001)
    for logs, other in ((whole.lasts, part.lasts), (whole.marks, part.marks)):
        assert np.interp(part.times, whole.times, logs) == pytest.approx(other, abs=1e-12)


def test_prices_of_an_instant_are_those_of_the_snapshot() -> None:
    market = fresh()
    snapshot = market.snapshot("BTCUSDT", NOW_MS)
    last, mark = last_and_mark(market, "BTCUSDT", NOW_MS)
    assert last == snapshot.last
    assert mark == pytest.approx(snapshot.mark, abs=1e-7)
