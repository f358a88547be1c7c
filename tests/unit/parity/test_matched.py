"""The pieces of a matched pair."""

import pandas as pd
import pytest

from plimsoll.parity import Cause, Denied, Kind, read_trades
from plimsoll.parity.matched import matched_pieces
from plimsoll.parity.split import Part
from tests.unit.parity import lists


def pieces(a, b, **of_b):
    [one], [other] = read_trades([a]), read_trades([b])
    of_a = lists.record([a], Kind.BACKTEST)
    record = lists.record([b], Kind.BOT, **of_b)
    return {part: cause for part, _, cause, _ in matched_pieces(one, other, of_a, record)}


def entered(minutes, price, **more):
    return lists.trade(
        minutes, 60.0, entries=[(100.0 / price, price)], exits=[(100.0 / price, 101.0)], **more
    )


@pytest.mark.parametrize(
    ("b", "expected"),
    [
        (entered(0.2, 100.5), Cause.BOOK),
        (entered(3.0, 100.5), Cause.LATE_ENTRY),
        (entered(5.1, 100.5), Cause.INDICATOR_WINDOW),
    ],
)
def test_entries_are_told_by_their_candle_and_how_far_into_it(b, expected):
    made = pieces(entered(0.0, 100.0), b)

    assert made[Part.ENTRY] is expected
    assert made[Part.PRICED_SIZE] is expected
    assert Part.SIZE not in made or made[Part.SIZE] is Cause.PRECISION


def test_an_entry_order_that_stood_in_the_book_was_a_passive_limit():
    waited = entered(4.0, 99.5)
    waited["orders"][0] |= {"order_type": "limit", "order_timestamp": lists.ms(0.1)}

    assert pieces(entered(0.0, 100.0), waited)[Part.ENTRY] is Cause.PASSIVE_LIMIT


def test_another_stake_is_named_and_one_that_a_guard_cut_as_well():
    a = lists.trade(entries=[(2.0, 100.0)], exits=[(2.0, 101.0)])
    b = lists.trade(entries=[(1.0, 100.0)], exits=[(1.0, 101.0)])
    cut = Denied(lists.PAIRS[0], lists.T0, "max_position")

    assert pieces(a, b) == {Part.SIZE: Cause.STAKE}
    assert pieces(a, b, denied=(cut,)) == {Part.SIZE: Cause.GUARDS}


def test_another_number_of_orders_is_the_loop_that_asks_more_often():
    a = lists.trade(entries=[(1.0, 100.0)], exits=[(1.0, 101.0)])
    b = lists.trade(entries=[(1.0, 100.0), (1.0, 95.0)], exits=[(2.0, 101.0)])

    assert set(pieces(a, b).values()) == {Cause.EVERY_LOOP}


def test_additions_at_other_prices_after_equal_entries_are_the_loop_as_well():
    def added(first, price):
        return lists.trade(entries=[(1.0, first), (1.0, price)], exits=[(2.0, 101.0)], reason="roi")

    assert set(pieces(added(100.0, 95.0), added(100.0, 94.0)).values()) == {Cause.EVERY_LOOP}
    assert pieces(added(100.0, 95.0), added(100.5, 94.0))[Part.ENTRY] is Cause.BOOK


def test_a_price_outside_of_the_candle_is_other_data():
    candles = {
        lists.PAIRS[0]: pd.DataFrame(
            {"date": [pd.Timestamp(lists.T0)], "low": [99.0], "high": [100.0]}
        )
    }
    made = pieces(entered(0.0, 100.0), entered(0.2, 103.0), candles=candles)

    assert made[Part.ENTRY] is Cause.DATA


def test_what_nobody_recorded_is_said():
    [one], [other] = read_trades([lists.trade()]), read_trades([lists.trade(fee=None)])
    record = lists.record([])
    [(part, _, cause, evidence)] = matched_pieces(one, other, record, record)

    assert (part, cause) == (Part.FEES, Cause.FEES)
    assert "not recorded in B" in evidence
