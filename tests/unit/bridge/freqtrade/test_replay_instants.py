"""At which instants a replayed bot looks."""

import math
from itertools import pairwise

from plimsoll.bridge.freqtrade.replay_instants import (
    LONGEST_STEP_MS,
    Level,
    PathAhead,
    minute_instants,
    next_instant,
    next_look,
    next_touch,
    tick_instants,
)

FIVE = 300_000
FALLING = PathAhead([(0, 100.0), (100_000, 90.0), (200_000, 110.0), (FIVE, 105.0)])


def test_a_minute_has_one_instant_a_second_after_it_began() -> None:
    assert minute_instants(0, FIVE) == [1_000, 61_000, 121_000, 181_000, 241_000]


def test_looks_of_a_pace_lie_on_its_multiples_inside_of_a_candle() -> None:
    assert next_look(1_000, 5_000, FIVE, [FALLING]) == 5_000
    assert next_look(5_000, 5_000, FIVE, [FALLING]) == 10_000
    assert next_look(FIVE - 5_001, 5_000, FIVE, [FALLING]) == FIVE - 5_000
    assert next_look(FIVE - 5_000, 5_000, FIVE, [FALLING]) is None, "the next candle has its own"
    assert next_look(1_000, 5_000, FIVE, []) is None, "nothing is held"


def test_a_price_that_stands_still_is_not_looked_at_again() -> None:
    path = PathAhead([(0, 100.0), (20_000, 100.0), (40_000, 90.0), (60_000, 90.0), (FIVE, 91.0)])
    looks = [0]
    while (at := next_look(looks[-1], 5_000, 60_000, [path])) is not None:
        looks.append(at)
    assert looks[1:] == [20_000, 25_000, 30_000, 35_000, 40_000], "the move and its two ends"
    assert next_look(1_000, 5_000, FIVE, [path, FALLING]) == 5_000, "another pair moves"


def test_a_candle_has_its_open_its_extremes_and_its_close() -> None:
    assert tick_instants(0, FIVE, [FALLING]) == [1_000, 100_000, 200_000, FIVE - 1]


def test_a_bot_is_never_away_for_as_long_as_its_guards_take_for_hanging() -> None:
    hour = PathAhead([(0, 100.0), (1_200_000, 90.0), (2_400_000, 110.0), (3_600_000, 105.0)])
    instants = tick_instants(0, 3_600_000, [hour])
    assert {1_000, 1_200_000, 2_400_000, 3_599_999} < set(instants)
    assert max(b - a for a, b in pairwise([*instants, 3_601_000])) <= LONGEST_STEP_MS


def test_each_pair_has_extremes_of_its_own() -> None:
    other = PathAhead([(0, 5.0), (20_000, 6.0), (FIVE, 5.5)])
    assert tick_instants(0, FIVE, [FALLING, other])[1:4] == [20_000, 100_000, 200_000]


def test_extremes_at_the_ends_are_the_open_and_the_close() -> None:
    assert tick_instants(0, FIVE, [PathAhead([(0, 1.0), (FIVE, 2.0)])]) == [
        1_000,
        241_000,
        FIVE - 1,
    ]


def test_a_stop_is_touched_where_the_line_of_log_price_crosses_it() -> None:
    at = next_touch(FALLING, [Level(95.0, falling=True, sells=True)], 1_000)
    expected = 100_000 * math.log(95 / 100) / math.log(90 / 100)
    assert at == math.ceil(expected)


def test_a_level_that_the_price_is_beyond_is_not_touched_again() -> None:
    stop = [Level(95.0, falling=True, sells=True)]
    touched = next_touch(FALLING, stop, 1_000)
    assert touched is not None
    assert next_touch(FALLING, stop, touched) is None


def test_a_price_that_only_rises_to_the_level_is_no_fall_to_it() -> None:
    rising = PathAhead([(0, 90.0), (FIVE, 110.0)])
    assert next_touch(rising, [Level(100.0, falling=True, sells=True)], 0) is None
    assert next_touch(rising, [Level(100.0, falling=False, sells=True)], 0) is not None


def test_who_sells_at_the_bid_sees_a_stop_earlier_and_a_target_later() -> None:
    wide = PathAhead(FALLING.points, tick=0.1, half_spread_fraction=0.01)
    stop, target = Level(95.0, falling=True, sells=True), Level(100.0, falling=False, sells=True)
    assert stop.last_price(wide) == (95.0 - 0.1) / 0.99
    assert target.last_price(wide) == (100.0 + 0.1) / 0.99
    assert (next_touch(wide, [stop], 0) or 0) < (next_touch(FALLING, [stop], 0) or 0)
    assert (next_touch(wide, [target], 1) or 0) > (next_touch(FALLING, [target], 1) or 0)


def test_the_next_instant_is_the_nearest_of_those_due_and_those_touched() -> None:
    due = tick_instants(0, FIVE, [FALLING])
    levels = {"BTC": [Level(95.0, falling=True, sells=True)]}
    assert next_instant(1_000, due, {"BTC": FALLING}, {}) == 100_000
    assert next_instant(1_000, due, {"BTC": FALLING}, levels) == 48_684
    assert next_instant(1_000, due, {}, levels) == 100_000, "of a pair without a path"
    assert next_instant(FIVE, due, {"BTC": FALLING}, levels) is None
