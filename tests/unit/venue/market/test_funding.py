import numpy as np
import pytest

from plimsoll.venue.market.base import PREMIUM, Window
from plimsoll.venue.market.funding import average_premium, funding_rate
from plimsoll.venue.market.intervals import INTERVALS, MINUTE_MS
from tests.unit.venue.markets import NOW_MS, shared

CAP = 0.003


@pytest.mark.parametrize(
    ("premium", "rate"),
    [
        (0.0, 0.0001),  # interest alone
        (0.0006, 0.0001),  # the clamp's upper edge
        (-0.0004, 0.0001),  # its lower edge
        (0.0010, 0.0005),  # beyond it the premium less 0.05 %
        (-0.0010, -0.0005),
        (0.02, CAP),
        (-0.02, -CAP),
    ],
)
def test_rate_follows_the_published_formula(premium: float, rate: float) -> None:
    assert funding_rate(np.full(480, premium), CAP) == pytest.approx(rate, abs=1e-12)


def test_later_minutes_weigh_more() -> None:
    assert average_premium(np.array([0.0, 3.0])) == pytest.approx(2.0)


def test_paid_rates_follow_from_the_published_premium_candles() -> None:
    market = shared()
    paid = market.funding("SOLUSDT", Window(None, None, 12), NOW_MS)
    for row in paid:
        end_ms = int(row["time_ms"])
        window = Window(end_ms - 480 * MINUTE_MS, end_ms - 1, 480)
        candles = market.candles("SOLUSDT", PREMIUM, INTERVALS["1m"], window, NOW_MS)
        assert len(candles) == 480
        cap = market.specs["SOLUSDT"].funding_cap_fraction
        expected = funding_rate(candles["close"], cap)
        assert row["rate"] == pytest.approx(expected, abs=2e-8)


def test_funding_is_paid_every_eight_hours_and_never_ahead() -> None:
    rows = shared().funding("BTCUSDT", Window(None, None, 100), NOW_MS)
    assert np.all(np.diff(rows["time_ms"]) == 480 * MINUTE_MS)
    assert 0 <= NOW_MS - rows["time_ms"][-1] < 480 * MINUTE_MS
