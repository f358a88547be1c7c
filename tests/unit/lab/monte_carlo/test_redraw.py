"""Days that are drawn anew."""

import numpy as np
import pandas as pd
import pytest

from plimsoll.lab.monte_carlo.redraw import (
    DAY_S,
    Days,
    day_factors,
    redrawn,
    redrawn_candles,
    redrawn_funding,
)
from tests.unit.lab.monte_carlo.conftest import DAYS, FIRST, candles

COUNT, WARM_UP = DAYS - 2, 48
SPAN = Days(int(FIRST.timestamp()) + 2 * DAY_S, COUNT, 24)
LOT = np.random.default_rng(8).integers(0, COUNT, COUNT)


def funding(frame: pd.DataFrame) -> pd.DataFrame:
    made = frame.iloc[::8].reset_index(drop=True)
    rates = np.linspace(-1e-4, 3e-4, len(made))
    return pd.DataFrame({"date": made["date"], "open_mark": made["open"], "open_fund": rates})


def test_days_in_their_order_are_the_real_candles_to_the_bit() -> None:
    frame = candles(3)
    made, factors = redrawn_candles(frame, SPAN, np.arange(COUNT))
    assert (factors == 1.0).all()
    pd.testing.assert_frame_equal(made, frame, check_exact=True)
    paid = redrawn_funding(funding(frame), SPAN, np.arange(COUNT), factors)
    pd.testing.assert_frame_equal(paid, funding(frame), check_exact=True)


def test_candles_are_sound_and_prices_go_on_where_the_day_before_ended() -> None:
    frame = candles(3)
    made, _ = redrawn_candles(frame, SPAN, LOT)
    assert (made[["open", "high", "low", "close"]] > 0).all(axis=None)
    assert (made["low"] <= made[["open", "close"]].min(axis=1)).all()
    assert (made["high"] >= made[["open", "close"]].max(axis=1)).all()
    pd.testing.assert_frame_equal(made.iloc[:WARM_UP], frame.iloc[:WARM_UP])
    pd.testing.assert_series_equal(made["date"], frame["date"])
    real = frame["close"].pct_change().to_numpy()[WARM_UP:].reshape(COUNT, 24)
    new = made["close"].pct_change().to_numpy()[WARM_UP:].reshape(COUNT, 24)
    np.testing.assert_allclose(new, real[LOT], atol=1e-12)


def test_volume_keeps_its_worth() -> None:
    frame = candles(3)
    made, _ = redrawn_candles(frame, SPAN, LOT)
    worth = (frame["volume"] * frame["close"]).to_numpy()[WARM_UP:].reshape(COUNT, 24)
    new = (made["volume"] * made["close"]).to_numpy()[WARM_UP:].reshape(COUNT, 24)
    np.testing.assert_allclose(new, worth[LOT])


def test_without_warm_up_the_first_day_follows_its_own_open() -> None:
    frame = candles(3).iloc[WARM_UP:].reset_index(drop=True)
    made, factors = redrawn_candles(frame, SPAN, LOT)
    assert made["open"].iloc[0] * 1.0 > 0
    assert factors[0] == frame["open"].iloc[0] / frame["close"].iloc[LOT[0] * 24 - 1]


def test_factors_chain_the_days_returns() -> None:
    closes = np.array([110.0, 99.0, 198.0])
    made = day_factors(closes, 100.0, np.array([2, 2, 0]))
    # The third day doubles: 100 -> 200 -> 400, then the first day's tenth on top.
    assert made == pytest.approx([100 / 99, 200 / 99, 400 / 100])
    assert closes[0] * made[2] == pytest.approx(440.0)


def test_rates_and_marks_travel_with_their_days() -> None:
    frame = candles(3)
    real = funding(frame)
    made, factors = redrawn_candles(frame, SPAN, LOT)
    paid = redrawn_funding(real, SPAN, LOT, factors)
    assert paid["date"].tolist() == real["date"].tolist()
    rates = real["open_fund"].to_numpy()[6:].reshape(COUNT, 3)
    assert (paid["open_fund"].to_numpy()[6:].reshape(COUNT, 3) == rates[LOT]).all()
    np.testing.assert_allclose(paid["open_mark"], made["open"].to_numpy()[::8])


def test_a_hole_in_the_funding_goes_along_with_its_day() -> None:
    frame = candles(3)
    real = funding(frame)
    holed = real.drop(index=[6 + 3 * 5 + 1]).reset_index(drop=True)  # of day 5
    drawn = np.where(np.arange(COUNT) % 2 == 0, 5, 4)
    paid = redrawn_funding(holed, SPAN, drawn, np.ones(COUNT))
    day = ((paid["date"] - FIRST).dt.total_seconds() // DAY_S).astype(int)
    counts = day[day >= 2].value_counts().sort_index().to_numpy()
    assert counts.tolist() == [2 if one == 5 else 3 for one in drawn]


def test_all_pairs_get_the_same_days() -> None:
    frames = {"A": candles(1), "B": candles(2)}
    paid = {"A": funding(frames["A"]), "B": funding(frames["B"]).iloc[:0]}
    made, charged = redrawn(frames, paid, SPAN, LOT)
    for pair, frame in frames.items():
        pd.testing.assert_frame_equal(made[pair], redrawn_candles(frame, SPAN, LOT)[0])
    assert len(charged["A"]) == len(paid["A"])
    assert charged["B"].empty
