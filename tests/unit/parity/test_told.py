"""The bill as text and JSON."""

import json
import re

from plimsoll.parity import Cause, bill_of
from plimsoll.parity.told import bill_lines, bill_record
from tests.unit.parity import lists


def some_bill():
    a = [lists.trade(n * 100.0, n * 100.0 + 60.0, exits=[(1.0, 101.003)]) for n in range(7)]
    b = [
        lists.trade(n * 100.0 + 0.1, n * 100.0 + 60.0, exits=[(1.0, 101.001)], funding=0.0011 * n)
        for n in range(6)
    ]
    return bill_of(lists.backtest(a), lists.record(b))


def test_the_lines_add_up_to_the_cent():
    lines = bill_lines(some_bill(), 0.02)
    start = next(n for n, line in enumerate(lines) if line.startswith("Cause"))
    end = next(n for n, line in enumerate(lines) if line.startswith("B - A"))

    def last(line):
        return round(float(re.findall(r"[+-]?[\d,]+\.\d\d", line)[-1].replace(",", "")) * 100)

    assert sum(last(line) for line in lines[start + 1 : end]) == last(lines[end])
    assert last(lines[1]) - last(lines[0]) == last(lines[end])


def test_json_has_every_piece_and_adds_up():
    record = json.loads(json.dumps(bill_record(some_bill(), 0.02)))

    whole = round(sum(piece["amount"] for piece in record["pieces"]), 8)
    assert whole == round(record["difference"], 8)
    assert round(sum(row["amount"] for row in record["causes"]), 8) == whole
    assert record["only_a"] == 1
    assert record["verdict"]["within"] is False


def test_amounts_that_cancel_within_a_cause_are_seen_in_the_gross():
    exits = (101.0, 103.0), (101.0, 99.0)
    rows = [
        [lists.trade(100.0 * n, 100.0 * n + 60.0, exits=[(1.0, price)])]
        for n, prices in enumerate(exits)
        for price in prices
    ]
    bill = bill_of(lists.backtest(rows[0] + rows[2]), lists.record(rows[1] + rows[3]))
    [row] = [one for one in bill.rows() if one.cause is Cause.BOOK]

    assert row.cents == 0
    assert row.gross == 399_800_000  # 4.00 less the fee of the exits
    assert bill_record(bill, 0.02)["causes"][0]["gross"] > 3.9
    assert any(
        line.startswith("The price at") and "4.00" in line for line in bill_lines(bill, 0.02)
    )
