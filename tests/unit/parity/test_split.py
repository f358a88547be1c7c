"""A difference in parts."""

import pytest

from plimsoll.parity import read_trades
from plimsoll.parity.money import UNITS
from plimsoll.parity.split import Part, split
from tests.unit.parity import lists


def parts(a, b):
    [one], [other] = read_trades([a]), read_trades([b])
    return {part: value / UNITS for part, value in split(one, other).items() if value}


def test_another_exit_price_alone_is_one_part_with_its_own_fee():
    changed = parts(lists.trade(exits=[(1.0, 101.0)]), lists.trade(exits=[(1.0, 102.0)]))

    assert changed == {Part.EXIT: pytest.approx(1.0 - 0.0005)}


def test_a_fixed_stake_at_a_higher_price_has_no_part_of_size():
    a = lists.trade(entries=[(2.0, 100.0)], exits=[(2.0, 110.0)])
    b = lists.trade(entries=[(1.6, 125.0)], exits=[(1.6, 110.0)])
    changed = parts(a, b)

    assert Part.SIZE not in changed
    assert set(changed) == {Part.PRICED_SIZE, Part.ENTRY}


def test_a_short_gains_by_a_higher_entry():
    a = lists.trade(short=True, entries=[(1.0, 100.0)], fee=0.0)
    b = lists.trade(short=True, entries=[(1.0, 101.0)], fee=0.0)

    assert parts(a, b)[Part.ENTRY] > 0.0


def test_funding_and_fees_are_their_own_parts():
    changed = parts(lists.trade(funding=0.0), lists.trade(funding=-0.25, fee=0.001))

    assert changed == {
        Part.FEES: pytest.approx(-0.0005 * 201.0),
        Part.FUNDING: pytest.approx(-0.25),
    }


def test_a_profit_that_its_orders_do_not_make_is_a_part_of_its_own():
    row = lists.trade()

    assert parts(row, {**row, "profit_abs": row["profit_abs"] - 0.37}) == {
        Part.REST: pytest.approx(-0.37)
    }


def test_a_profit_that_a_s_orders_do_not_make_counts_the_other_way():
    row = lists.trade()

    assert parts({**row, "profit_abs": row["profit_abs"] - 0.37}, row) == {
        Part.REST: pytest.approx(0.37)
    }
