"""The candles that features are tried on, and each change of them."""

import numpy as np
import pandas as pd
import pytest

from plimsoll import features
from plimsoll.checks.feature_trial import (
    BROKEN_ROW,
    KEPT_ROWS,
    LEAST_KNOWN_ROW,
    ROWS_AFTER,
    TrialCandles,
    trial_of,
)
from plimsoll.checks.market_frame import AMOUNTS, PRICES, VALUES, market_frame

ROWS = 1200
FRAME = market_frame(ROWS)


@pytest.fixture
def candles() -> TrialCandles:
    return TrialCandles(FRAME.copy())


def differing(made: pd.DataFrame) -> dict[str, list[int]]:
    """The rows of each column that are not those of the frame."""
    rows = {name: np.flatnonzero(made[name].ne(FRAME[name])).tolist() for name in FRAME}
    return {name: changed for name, changed in rows.items() if changed}


@pytest.mark.parametrize("what", ["changed_from", "missing_from"])
def test_another_future_differs_in_every_column_from_its_row_on(
    candles: TrialCandles, what: str
) -> None:
    made = getattr(candles, what)(1190)
    assert differing(made) == {name: [*range(1190, ROWS)] for name in FRAME if name != "date"}
    assert made.drop(columns="date").iloc[1190:].isna().all(axis=None) == (what == "missing_from")


def test_a_column_of_words_is_no_number_and_keeps_nobody_from_a_trial() -> None:
    candles = TrialCandles(FRAME.assign(said="good"))
    assert candles.changed_from(3)["close"].iloc[3] == FRAME["close"].iloc[3] * 3 + 7


def test_one_value_is_replaced(candles: TrialCandles) -> None:
    made = candles.with_value("trades", np.inf)
    assert differing(made) == {"trades": [BROKEN_ROW]}
    assert made["trades"].iloc[BROKEN_ROW] == np.inf
    assert candles.with_value("trades", -np.inf)["trades"].iloc[BROKEN_ROW] == -np.inf


def test_a_whole_column_is_missing(candles: TrialCandles) -> None:
    assert differing(candles.without_values("close")) == {"close": [*range(ROWS)]}


def test_rows_without_volume_count_from_either_end(candles: TrialCandles) -> None:
    made = candles.without_volume((3, -1))
    assert differing(made) == {"volume": [3, ROWS - 1]}
    assert (made["volume"].iloc[[3, -1]] == 0.0).all()


@pytest.mark.parametrize("columns", [PRICES, AMOUNTS])
def test_prices_or_amounts_are_ten_times_as_large_and_so_is_what_is_in_usd(
    candles: TrialCandles, columns: list[str]
) -> None:
    made = candles.ten_times(columns)
    assert set(differing(made)) == {*columns, *VALUES}
    np.testing.assert_allclose(made[[*columns, *VALUES]], 10 * FRAME[[*columns, *VALUES]])


def test_a_market_that_stands_still_has_one_price_and_one_amount(candles: TrialCandles) -> None:
    made = candles.standing_still(0.5)
    assert (made[PRICES] == 100.0).all(axis=None)
    assert (made[[*AMOUNTS, "trades"]] == 0.5).all(axis=None)
    assert (made[VALUES] == 50.0).all(axis=None)
    assert (made["universe_return"] == 0.0).all()


def test_a_variation_is_made_once_and_leaves_the_candles_alone(candles: TrialCandles) -> None:
    first = candles.changed_from(5)
    assert candles.changed_from(5) is first
    assert candles.missing_from(5) is not first
    pd.testing.assert_frame_equal(candles.frame, FRAME)


def test_no_more_are_kept_than_there_is_room_for_the_oldest_go_first(
    candles: TrialCandles,
) -> None:
    first, second = candles.changed_from(1), candles.changed_from(2)
    room = KEPT_ROWS // ROWS
    for row in range(3, room + 1):
        candles.changed_from(row)
    assert candles.changed_from(1) is first
    candles.changed_from(room + 1)
    assert candles.changed_from(1) is first
    assert candles.changed_from(2) is not second


def test_a_trial_has_enough_rows_for_the_lookback() -> None:
    short, long = (features.get("ema").use(period=period) for period in (5, 700))
    assert len(trial_of(short).frame) == LEAST_KNOWN_ROW + ROWS_AFTER
    assert long.lookback_candles > LEAST_KNOWN_ROW
    trial = trial_of(long)
    assert len(trial.frame) == long.lookback_candles + ROWS_AFTER
    assert trial.known_row == long.lookback_candles
    assert trial.whole.notna().sum() == ROWS_AFTER
    assert trial_of(short).candles is trial_of(short).candles


def test_a_frame_of_its_own_is_taken_as_it_is() -> None:
    use = features.get("funding_clock").use_with_defaults()
    trial = trial_of(use, FRAME)
    assert trial.frame is FRAME
    assert "date" not in trial.data_columns
