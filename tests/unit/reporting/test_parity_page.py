"""The page of a bill."""

import re

import pandas as pd
from markupsafe import escape

from plimsoll.parity import CAUSES, bill_of
from plimsoll.reporting.parity_page import parity_html, render_parity
from tests.unit.parity import lists

MADE = pd.Timestamp("2025-03-11", tz="UTC")
HOSTILE = "<script>alert(1)</script>"


def some_bill(reason="exit_signal"):
    a = [lists.trade(n * 100.0, n * 100.0 + 60.0, exits=[(1.0, 101.003)]) for n in range(7)]
    b = [
        lists.trade(n * 100.0 + 0.1, n * 100.0 + 60.0, exits=[(1.0, 100.7)], reason=reason)
        for n in range(6)
    ]
    return bill_of(lists.backtest(a), lists.record(b))


def html(bill, remarks=()):
    return parity_html(bill, remarks, limit_fraction=0.02, made_at=MADE)


def test_both_curves_and_every_cause_are_on_the_page():
    bill = some_bill()
    text = html(bill, ["no candles were at hand"])

    assert "A ends at" in text
    assert "B ends at" in text
    for row in bill.rows():
        assert text.count(str(escape(CAUSES[row.cause].title))) >= 2
    assert "No candles were at hand." in text
    assert text.count("<svg") == 4


def test_the_rows_of_the_bill_add_up_to_the_cent():
    text = html(some_bill())
    table = text[text.index("<caption>The bill") :]
    table = table[: table.index("</table>")]
    cells = re.findall(r'data-name="USDT">([+−]?[\d,.]+)<', table)
    cents = [round(float(cell.replace("−", "-").replace(",", "")) * 100) for cell in cells]

    assert sum(cents[:-1]) == cents[-1]


def test_what_others_wrote_is_escaped_and_nothing_is_fetched():
    text = html(some_bill(HOSTILE), [HOSTILE])

    assert HOSTILE not in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="https?:', text)


def test_the_same_bill_gives_the_same_page_in_a_whole_file(tmp_path):
    bill = some_bill()
    file = render_parity(bill, [], tmp_path / "page", limit_fraction=0.02, made_at=MADE)

    assert file.read_text(encoding="utf-8") == html(bill)
    assert [one.name for one in file.parent.iterdir()] == ["parity.html"]


def test_a_bill_without_a_trade_has_a_page_too():
    text = html(bill_of(lists.record([]), lists.record([])))

    assert "Nothing to compare" in text
