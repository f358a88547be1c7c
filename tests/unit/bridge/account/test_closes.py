"""The closes of a backtest: nothing later than a moment is ever read."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.bridge.account.closes import Closes
from plimsoll.candles.windows import Window, correlation, yearly_volatility

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
STEP = 300


def frame(rows: list[int]) -> pd.DataFrame:
    """Candles that open at these steps; their closes say which."""
    opened = pd.to_datetime([FIRST + timedelta(seconds=STEP * row) for row in rows], utc=True)
    return pd.DataFrame({"date": opened, "close": [100.0 + r for r in rows], "volume": 2.0})


def closes(rows: list[int], pair: str = BTC) -> Closes:
    made = Closes(STEP)
    made.add(pair, frame(rows))
    return made


def at(seconds: float) -> datetime:
    return FIRST + timedelta(seconds=seconds)


def newest(made: Closes, seconds: float, pair: str = BTC) -> int | None:
    """The row of the newest candle closed at a time; by its close."""
    found = made.newest(pair, at(seconds).timestamp())
    return None if found is None else round(found.close - 100)


def reference(rows: list[int], seconds: float) -> int | None:
    """The slow way: the last row whose candle has closed."""
    known = [row for row in rows if STEP * (row + 1) <= seconds]
    return known[-1] if known else None


@settings(max_examples=300, deadline=None)
@given(
    rows=st.lists(st.integers(0, 60), min_size=1, max_size=40, unique=True).map(sorted),
    moments=st.lists(st.integers(-STEP, 70 * STEP), min_size=1, max_size=30),
)
def test_the_newest_closed_candle_at_any_moments_in_any_order(
    rows: list[int], moments: list[int]
) -> None:
    """Holes, jumps and a pointer that goes back, as in the next epoch of hyperopt."""
    made = closes(rows)
    for seconds in moments:
        expected = reference(rows, seconds)
        assert newest(made, seconds) == expected
        window = made.window(BTC, at(seconds), 7)
        assert window is not None
        known = [row for row in rows if STEP * (row + 1) <= seconds][-7:]
        assert window.closes.tolist() == [100.0 + row for row in known]
        assert window.opened_s.tolist() == [int(at(STEP * row).timestamp()) for row in known]


def test_a_candle_is_known_when_it_closes_and_not_before() -> None:
    made = closes([0, 1])
    assert newest(made, STEP - 1) is None
    assert newest(made, STEP) == 0
    assert newest(made, 2 * STEP - 0.001) == 0
    assert newest(made, 2 * STEP) == 1


def test_what_comes_later_changes_nothing() -> None:
    past, whole = closes(list(range(10))), closes(list(range(10)))
    later = frame(list(range(40)))
    later.loc[10:, "close"] = np.nan
    whole.add(BTC, later)
    for seconds in range(0, 10 * STEP + 1, 60):
        now = at(seconds)
        assert whole.newest(BTC, now.timestamp()) == past.newest(BTC, now.timestamp())
        one, other = whole.window(BTC, now, 5), past.window(BTC, now, 5)
        assert one is not None
        assert other is not None
        assert one.closes.tolist() == other.closes.tolist()


def test_a_candle_says_when_it_closed_and_what_it_traded() -> None:
    found = closes([3]).newest(BTC, at(STEP * 10).timestamp())
    assert found == (at(STEP * 4).timestamp(), 103.0, 206.0)


def test_a_pair_that_was_never_shown_is_unknown() -> None:
    made = closes([0])
    assert made.newest(ETH, at(STEP * 9).timestamp()) is None
    assert made.window(ETH, at(STEP * 9), 5) is None


def test_showing_a_pair_again_takes_the_place_of_its_candles() -> None:
    made = closes([0, 1, 2])
    assert newest(made, 3 * STEP) == 2
    made.add(BTC, frame([0]))
    assert newest(made, 3 * STEP) == 0


@pytest.mark.parametrize("unit", ["ns", "ms", "s"])
def test_the_unit_of_the_dates_does_not_matter(unit: str) -> None:
    made = Closes(STEP)
    shown = frame([0, 1])
    made.add(BTC, shown.assign(date=shown["date"].dt.as_unit(unit)))
    assert newest(made, 2 * STEP) == 1


# Correlation


def window(rows: list[int], prices: list[float]) -> Window:
    return Window(np.array(rows) * STEP, np.array(prices, dtype="float64"))


RISES = [100.0, 101.0, 100.5, 102.0, 101.0, 103.0]
ROWS = list(range(6))


def test_the_same_moves_correlate_fully_and_opposite_ones_against() -> None:
    one = window(ROWS, RISES)
    assert correlation(one, window(ROWS, [p * 7 for p in RISES]), least_candles=3) == pytest.approx(
        1.0
    )
    against = window(ROWS, [1 / price for price in RISES])
    assert correlation(one, against, least_candles=3) == pytest.approx(-1.0)


def test_only_common_candles_are_compared() -> None:
    """Other calendars and holes: the odd candles of one are not the even ones of the other."""
    one = window(ROWS, RISES)
    other = window([1, 3, 4, 5, 6], [RISES[row] * 2 for row in (1, 3, 4, 5)] + [900.0])
    assert correlation(one, other, least_candles=4) == pytest.approx(1.0)
    assert correlation(one, other, least_candles=5) is None
    assert correlation(one, window([r + 6 for r in ROWS], RISES), least_candles=2) is None


def test_it_is_the_correlation_of_log_returns() -> None:
    rng = np.random.default_rng(5)
    first, second = np.exp(np.cumsum(rng.normal(0, 0.01, (2, 100)), axis=1))
    found = correlation(
        window(list(range(100)), first.tolist()),
        window(list(range(100)), second.tolist()),
        least_candles=50,
    )
    returns = np.diff(np.log([first, second]), axis=1)
    assert found == pytest.approx(np.corrcoef(returns)[0, 1])


@pytest.mark.parametrize("flaw", [0.0, -1.0, np.nan])
def test_a_price_that_is_none_makes_it_unknown(flaw: float) -> None:
    flawed = window(ROWS, [*RISES[:-1], flaw])
    assert correlation(window(ROWS, RISES), flawed, least_candles=3) is None
    assert correlation(flawed, window(ROWS, RISES), least_candles=3) is None


def test_a_market_that_did_not_move_or_is_not_known_correlates_with_nothing() -> None:
    moved, still = window(ROWS, RISES), window(ROWS, [100.0] * 6)
    assert correlation(moved, still, least_candles=3) is None
    assert correlation(still, moved, least_candles=3) is None
    assert correlation(None, moved, least_candles=3) is None
    assert correlation(moved, None, least_candles=3) is None


# Volatility


def test_the_yearly_volatility_of_five_minutes() -> None:
    rng = np.random.default_rng(3)
    prices = np.exp(np.cumsum(rng.normal(0, 0.001, 2001)))
    found = yearly_volatility(window(list(range(2001)), prices.tolist()), least_candles=2001)
    # 105,120 periods of five minutes in a year.
    assert found == pytest.approx(np.diff(np.log(prices)).std(ddof=1) * 105_120**0.5)


def test_too_few_candles_or_no_move_have_no_volatility() -> None:
    assert yearly_volatility(window(ROWS, RISES), least_candles=7) is None
    assert yearly_volatility(window(ROWS, RISES), least_candles=6) is not None
    assert yearly_volatility(window(ROWS, [100.0] * 6), least_candles=6) is None
    assert yearly_volatility(window(ROWS, [*RISES[:5], 0.0]), least_candles=6) is None
    assert yearly_volatility(None, least_candles=1) is None
