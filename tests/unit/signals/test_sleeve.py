"""What a rule of single trades holds: entries, exits and stops, candle by candle."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from plimsoll.core import Side
from plimsoll.features import FeatureUse, volatility
from plimsoll.signals.crossing import CrossRule
from plimsoll.signals.sleeve import EventRule, sleeve_weights, without_holes
from plimsoll.signals.trend import SlowTrendRule
from tests.conftest import random_candles

OPENS = pd.date_range("2024-01-01", periods=12, freq="4h", tz="UTC")
FOUR_HOURS = pd.Timedelta(hours=4)


@dataclass(frozen=True)
class WrittenDown:
    """Signals on given rows; the stop is as far as the candles before the entry are tall."""

    long: tuple[int, ...] = ()
    short: tuple[int, ...] = ()
    leave_long: tuple[int, ...] = ()
    leave_short: tuple[int, ...] = ()
    cooldown_candles: int = 0

    def features(self) -> list[FeatureUse]:
        return [volatility.true_range_fraction.use()]

    def entry(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self._on(candles, self.long if side is Side.LONG else self.short)

    def leave(self, candles: pd.DataFrame, side: Side) -> pd.Series:
        return self._on(candles, self.leave_long if side is Side.LONG else self.leave_short)

    def stop(self) -> tuple[FeatureUse, float]:
        return volatility.true_range_fraction.use(), 100.0

    @staticmethod
    def _on(candles: pd.DataFrame, rows: tuple[int, ...]) -> pd.Series:
        return pd.Series(np.isin(np.arange(len(candles)), rows), candles.index)


def flat(**changed: dict[int, float]) -> pd.DataFrame:
    """Candles at 100, ten tall, with single values changed."""
    frame = pd.DataFrame(
        {"open": 100.0, "high": 105.0, "low": 95.0, "close": 100.0, "volume": 1.0}, OPENS
    )
    for name, values in changed.items():
        for row, value in values.items():
            frame.loc[OPENS[row], name] = value
    return frame


def held(rule: EventRule, candles: pd.DataFrame | None = None, **changed: object) -> pd.DataFrame:
    frame = flat() if candles is None else candles
    sizes = pd.Series(0.2, frame.index)
    for row, size in dict(changed.get("sizes", {})).items():  # type: ignore[call-overload]
        sizes.iloc[row] = size
    return sleeve_weights(frame, sizes, rule, widest_fraction=0.3)


def sides(rule: EventRule, candles: pd.DataFrame | None = None) -> list[float]:
    return held(rule, candles)["side"].tolist()


def test_a_side_is_held_from_its_entry_to_its_exit() -> None:
    rule = WrittenDown(long=(2,), leave_long=(5,), short=(7,), leave_short=(9,))
    assert sides(rule) == [0, 0, 1, 1, 1, 0, 0, -1, -1, 0, 0, 0]


def test_an_exit_and_an_entry_of_the_other_side_turn_the_position_at_one_open() -> None:
    rule = WrittenDown(long=(2,), leave_long=(5,), short=(5,))
    assert sides(rule) == [0, 0, 1, 1, 1, *[-1] * 7]


@pytest.mark.parametrize(
    ("side", "touch", "short_of_it"),
    [
        ("long", {"low": {4: 90.0}}, {"low": {4: 90.1}}),
        ("short", {"high": {4: 110.0}}, {"high": {4: 109.9}}),
    ],
)
def test_a_stop_is_struck_inside_a_candle(side: str, touch: dict, short_of_it: dict) -> None:
    sign = 1 if side == "long" else -1
    rule = WrittenDown(**{side: (2,)})
    assert sides(rule, flat(**touch)) == [0, 0, sign, sign, *[0] * 8]
    assert sides(rule, flat(**short_of_it))[-1] == sign


def test_the_candle_of_the_entry_can_strike_its_stop() -> None:
    assert sides(WrittenDown(long=(2,)), flat(low={3: 90.0})) == [0, 0, 1, *[0] * 9]


def test_the_stop_is_as_far_as_was_known_before_the_entry_and_at_most_the_widest() -> None:
    tall = flat(high={2: 120.0}, low={2: 80.0, 6: 71.0})
    assert sides(WrittenDown(long=(2,)), tall)[6] == 1  # 40 away, but for the widest: 30
    assert sides(WrittenDown(long=(2,)), flat(high={2: 120.0}, low={2: 80.0, 6: 70.0}))[6] == 0


def test_an_exit_at_the_open_comes_before_the_stop_of_that_candle() -> None:
    rule = WrittenDown(long=(2, 5), leave_long=(4,))
    assert sides(rule, flat(low={5: 50.0}))[5] == 1  # flat at the open of 5, entered after it


def test_after_a_stop_it_may_enter_again_at_the_next_open() -> None:
    rule = WrittenDown(long=(2, 4))
    assert sides(rule, flat(low={4: 90.0})) == [0, 0, *[1] * 10]


def test_a_pause_after_a_trade_lasts_a_candle_more_than_it_says() -> None:
    for row in (4, 5, 6, 7):
        rule = WrittenDown(long=(2, row), cooldown_candles=3)
        # Struck in candle 4: Freqtrade enters nothing before the open of candle 8.
        assert sides(rule, flat(low={4: 90.0}))[-1] == (row >= 7)
    for row in (5, 6, 7, 8):
        rule = WrittenDown(long=(2, row), leave_long=(4,), cooldown_candles=3)
        # Left at the open of candle 5.
        assert sides(rule)[-1] == (row >= 8)


def test_signals_that_contradict_each_other_are_none() -> None:
    assert set(sides(WrittenDown(long=(2,), short=(2,)))) == {0}
    assert set(sides(WrittenDown(long=(2,), leave_long=(2,)))) == {0}
    assert sides(WrittenDown(long=(2, 5), leave_long=(5,)))[-1] == 1


def test_nothing_is_entered_without_a_size_or_a_stop() -> None:
    rule = WrittenDown(long=(2, 6))
    found = held(rule, sizes={2: np.nan})
    assert found["side"].tolist() == [*[0] * 6, *[1] * 6]
    assert sides(WrittenDown(long=(0, 6)))[:6] == [0] * 6  # the first true range is not known


def test_the_weight_is_that_of_the_entry_and_moves_with_the_price() -> None:
    rule = WrittenDown(short=(2,))
    found = held(rule, flat(open={3: 101.0}, close={4: 99.0}), sizes={2: 0.1, 5: 0.5})
    assert found["weight"].iloc[2] == -0.1
    assert found["weight"].iloc[4] == pytest.approx(-0.1 * 99 / 101)
    assert found["weight"].iloc[11] == pytest.approx(-0.1 * 100 / 101)
    assert found["weight"].iloc[:2].tolist() == [0.0, 0.0]


def test_a_hole_is_seen_as_strategies_see_it() -> None:
    candles = flat(close={4: 103.0}).drop(OPENS[5:8])
    found = without_holes(candles, FOUR_HOURS)
    assert list(found.index) == list(OPENS)
    assert (found.iloc[5:8][["open", "high", "low", "close"]] == 103.0).all(axis=None)
    assert found["volume"].iloc[5:8].tolist() == [0.0] * 3
    pd.testing.assert_frame_equal(
        found.drop(OPENS[5:8]), candles, check_freq=False, check_like=True
    )
    assert without_holes(candles.iloc[:0], FOUR_HOURS).empty


@pytest.mark.parametrize("rule", [CrossRule(), SlowTrendRule()])
def test_rows_before_a_cut_stay_as_they_were(rule: EventRule) -> None:
    candles = random_candles(2000, timeframe="4h").set_index("date")
    whole = held(rule, candles)
    assert set(whole["side"]) == {-1, 0, 1}
    for cut in (700, 1203, 1888):
        early = held(rule, candles.iloc[:cut])
        pd.testing.assert_frame_equal(whole.iloc[:cut], early, check_freq=False, rtol=1e-12)


@pytest.mark.parametrize("rule", [CrossRule(), SlowTrendRule()])
def test_a_bot_just_started_holds_what_one_of_long_standing_does(rule: EventRule) -> None:
    candles = random_candles(6000, timeframe="4h").set_index("date")
    long, short = held(rule, candles), held(rule, candles.iloc[-1497:])
    assert (long["side"].iloc[-400:] == short["side"].iloc[-400:]).all()
