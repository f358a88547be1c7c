"""The page as a whole."""

import re
from dataclasses import replace

import pandas as pd
import pytest

from plimsoll.performance.guard_acts import GuardActs
from plimsoll.performance.shortfall import Shortfall, TargetDay
from plimsoll.reporting.page import html
from plimsoll.reporting.report import MarketKind, Report
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.target_section import TITLE
from tests.unit.performance.frames import trade, trades_frame, utc
from tests.unit.reporting.records import INDEX, record

RUN = record()


def report(**more: object) -> Report:
    made = {
        "title": "Backtest of Trend",
        "made_at": utc("2024-06-01"),
        "market": "synthetic, seed 7",
        "market_kind": MarketKind.SIMULATED,
        "strategies": [RUN],
        "buy_and_hold": RUN.benchmark,
        "against": replace(RUN, acts=GuardActs(guards="off")),
        "sections": [Section("journal", "A journal", [Text(["told by another"])])],
    }
    return Report(**(made | more))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def page() -> str:
    return html(report())


def test_every_figure_has_a_name_a_description_and_its_data_as_a_table(page: str) -> None:
    figures = re.findall(r"<figure.*?</figure>", page, flags=re.DOTALL)
    assert len(figures) >= 9
    for figure in figures:
        svgs = re.findall(r"<svg.*?</svg>", figure, flags=re.DOTALL)
        assert len(svgs) == 2
        for svg in svgs:
            labels = re.search(r'aria-labelledby="(\S+) (\S+)"', svg)
            assert labels is not None
            title, words = labels.groups()
            assert re.search(rf'<title id="{title}">[^<]+</title>', svg)
            assert re.search(rf'<desc id="{words}">[^<]+</desc>', svg)
        assert "The figure as a table" in figure
        assert "Costs of a fill: fee 5 bps" in figure


def test_no_two_parts_of_the_page_share_an_id(page: str) -> None:
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_every_link_leads_to_a_section(page: str) -> None:
    targets = re.findall(r'<a href="#([^"]+)"', page)
    assert {"equity", "guards", "against", "figures", "main-falls", "journal", "trades"} <= set(
        targets
    )
    assert all(f'id="{target}"' in page for target in targets)


def test_nothing_undefined_is_written_as_a_number(page: str) -> None:
    text = re.sub(r"<svg.*?</svg>|<style>.*?</style>", "", page, flags=re.DOTALL)
    assert not re.search(r"\b(nan|inf|None|NaT)\b", text)


def test_sections_of_others_and_guards_are_on_the_page(page: str) -> None:
    assert "told by another" in page
    assert page.index("What the guards did") < page.index("Guards off against on")
    assert "halted 40 of 120 days" in page


def test_a_portfolio_says_what_it_could_hold_of_its_targets() -> None:
    held = Shortfall.of_days([TargetDay(asked=0.5, pairs=2, missing={"heat": {"A": 0.1}})])
    made = html(report(strategies=[replace(RUN, shortfall=held)]))
    assert TITLE in made
    assert TITLE not in html(report())


def test_money_is_in_the_currency_of_the_account() -> None:
    text = html(report(strategies=[replace(RUN, stake_currency="BUSD")], against=None))
    row = re.search(r"Fees paid.*?</tr>", text, flags=re.DOTALL)
    assert row is not None
    assert " BUSD</td>" in row.group()
    assert " USD</td>" not in text


def test_a_dash_in_the_figures_has_its_reason() -> None:
    few = record(trades_frame(trade(INDEX[1], INDEX[5], 100.0, 101.0)), acts=None)
    text = html(report(strategies=[few], against=None, sections=()))
    notes = text[text.index("Why a dash stands") :]
    assert "Win rate, Profit factor, Expectancy" in notes
    assert "fewer than 20 closed trades" in notes
    assert "it makes no trades" in notes


def test_a_second_strategy_is_folded_away_with_sections_of_its_own() -> None:
    second = replace(RUN, name="Other", equity=RUN.equity + pd.Series(0.0, RUN.equity.index))
    text = html(report(strategies=[RUN, second], against=None))
    folded = text[text.index("<strong>Other</strong>") :]
    assert 'id="other1-falls"' in folded
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))
