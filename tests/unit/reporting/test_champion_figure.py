import io
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image

from plimsoll.champions.judging import compare
from plimsoll.champions.seat import Outcome, Track
from plimsoll.core import PlimsollError
from plimsoll.reporting.champion_figure import champion_png


def drawn(count: int, *, least: int = 60) -> bytes:
    draws = np.random.default_rng(4).normal(0, 0.004, (count, 2))
    start = datetime(2026, 11, 1, tzinfo=UTC)
    outcomes = tuple(
        Outcome(start + timedelta(hours=n), float(a), float(b + 0.001))
        for n, (a, b) in enumerate(draws)
    )
    judged = compare(
        Track(outcomes),
        candle_seconds=3600,
        least=least,
        level=0.05,
        better_fraction=0.05,
        max_missing_fraction=0.05,
    )
    words = {"champion": "champion v0001", "other": "challenger v0002", "title": "BTC/USDT:USDT"}
    return champion_png(outcomes, judged, needed=60, **words)


@pytest.mark.parametrize("count", [2, 30, 60])
def test_the_picture_is_a_png_whatever_is_known(count: int) -> None:
    assert Image.open(io.BytesIO(drawn(count))).size == (1600, 700)


def test_the_same_trial_gives_the_same_bytes() -> None:
    assert drawn(60) == drawn(60)


def test_too_short_a_trial_is_not_drawn() -> None:
    with pytest.raises(PlimsollError, match="needs two outcomes, found 1"):
        drawn(1)
