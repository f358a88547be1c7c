"""The strategies of the ensemble as sleeves on one grid of candles."""

import pandas as pd
import pytest

from plimsoll.signals.components import event_sleeve
from plimsoll.signals.crossing import CrossRule
from plimsoll.signals.panels import SizeRule
from plimsoll.signals.sleeve import EventRule
from plimsoll.signals.trend import SlowTrendRule
from tests.conftest import random_candles

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
HOLE = slice(1500, 1540)


@pytest.mark.parametrize("rule", [CrossRule(), SlowTrendRule()])
def test_whether_a_pair_comes_back_is_not_known_inside_of_a_hole(rule: EventRule) -> None:
    whole, other = (
        random_candles(2000, seed=seed, timeframe="4h").set_index("date") for seed in (3, 4)
    )
    holed = whole.drop(whole.index[HOLE])
    opens = pd.DatetimeIndex(other.index)
    sizes = pd.DataFrame(0.2, opens, [BTC, ETH])
    known = event_sleeve({BTC: holed, ETH: other}, sizes, rule, SizeRule())
    assert known.weights[BTC].iloc[:1500].nunique() > 100
    for cut in (1500, 1512, 1539, 1541):
        until = opens[:cut]
        early = event_sleeve(
            {BTC: holed[holed.index < opens[cut]], ETH: other.iloc[:cut]},
            sizes.loc[until],
            rule,
            SizeRule(),
        )
        pd.testing.assert_frame_equal(early.weights, known.weights.loc[until], check_freq=False)
        pd.testing.assert_frame_equal(early.changed, known.changed.loc[until], check_freq=False)
