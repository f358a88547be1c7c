"""The bill adds up, whatever the trades are."""

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plimsoll.parity import Kind, bill_of
from plimsoll.parity.money import CENT, cents, shared_cents, units
from plimsoll.parity.split import split
from plimsoll.parity.trade import read_trades
from tests.unit.parity import lists

LISTS = st.lists(lists.rows(), max_size=7)
KINDS = st.sampled_from(list(Kind))


@settings(max_examples=60, deadline=None)
@given(LISTS, LISTS, KINDS, KINDS, st.sampled_from([1, 10, 600]))
def test_every_bill_adds_up_exactly_and_to_the_cent(a, b, kind_a, kind_b, minutes):
    bill = bill_of(
        lists.record(a, kind_a, max_open_trades=3),
        lists.record(b, kind_b, max_open_trades=3),
        window=timedelta(minutes=minutes),
    )

    whole = sum(units(one.profit) for one in bill.b.trades) - sum(
        units(one.profit) for one in bill.a.trades
    )
    assert sum(piece.units for piece in bill.pieces) == bill.difference == whole
    rows = bill.rows()
    assert sum(row.units for row in rows) == whole
    assert sum(row.cents for row in rows) == cents(bill.total_b) - cents(bill.total_a)
    assert all(abs(row.cents - row.units / CENT) <= 1.5 for row in rows)
    assert bill.verdict.fraction >= 0.0


@settings(max_examples=60, deadline=None)
@given(LISTS, LISTS, st.sampled_from([1, 10, 600]))
def test_every_trade_is_matched_once_or_missing_once(a, b, minutes):
    window = timedelta(minutes=minutes)
    bill = bill_of(lists.record(a), lists.record(b), window=window)

    in_a = [one.number for one, _ in bill.pairs] + [one.number for one in bill.only_a]
    in_b = [one.number for _, one in bill.pairs] + [one.number for one in bill.only_b]
    assert sorted(in_a) == sorted(one.number for one in bill.a.trades)
    assert sorted(in_b) == sorted(one.number for one in bill.b.trades)
    for one, other in bill.pairs:
        assert (one.pair, one.side) == (other.pair, other.side)
        assert abs(one.opened_at - other.opened_at) <= window
    for one in bill.only_a:
        for other in bill.only_b:
            alike = (one.pair, one.side) == (other.pair, other.side)
            assert not alike or abs(one.opened_at - other.opened_at) > window


@settings(max_examples=60, deadline=None)
@given(lists.rows(), lists.rows())
def test_the_parts_of_a_matched_pair_are_its_difference(one, other):
    [a], [b] = read_trades([one]), read_trades([{**other, "is_short": one["is_short"]}])
    if a.exit_amount and b.exit_amount:
        assert sum(split(a, b).values()) == units(b.profit) - units(a.profit)


@settings(max_examples=40, deadline=None)
@given(LISTS)
def test_a_record_against_itself_differs_by_nothing(rows):
    bill = bill_of(lists.record(rows), lists.record(rows))

    assert bill.difference == 0
    assert bill.verdict.fraction == 0.0
    assert not bill.only_a
    assert not bill.only_b


@given(st.lists(st.integers(-(10**14), 10**14), max_size=20), st.integers(-3, 3))
def test_shared_cents_add_up_to_their_total(parts, off):
    total = cents(sum(parts)) + off
    shown = shared_cents(parts, total)

    assert sum(shown) == (total if parts else 0)
