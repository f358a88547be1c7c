"""The table of who could be held when."""

from dataclasses import replace

from plimsoll.cli.results_universe import spans, universe
from tests.unit.cli.study_accounts import GOOD, HELD, POOR

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
MEMBERS = {"2024-01": (BTC,), "2024-02": (BTC, ETH), "2024-03": (BTC, ETH), "2024-04": ()}


def test_months_with_the_same_members_are_one_line() -> None:
    assert spans(MEMBERS) == [
        ["2024-01", "1", "BTC"],
        ["2024-02 to 2024-03", "2", "BTC, ETH"],
        ["2024-04", "0", "–"],
    ]


def test_members_that_come_back_have_a_line_of_their_own() -> None:
    back = {**MEMBERS, "2024-05": (BTC, ETH)}
    assert [cells[0] for cells in spans(back)][-2:] == ["2024-04", "2024-05"]


def test_strategies_with_the_same_members_share_the_lines_whatever_their_guards() -> None:
    off = replace(GOOD, members=MEMBERS)
    other = replace(POOR, strategy="TrendPortfolio", members=dict(MEMBERS))
    fewer = replace(POOR, strategy="FundingCarry", members={"2024-01": (BTC,)})
    text = universe([off, replace(off, guarding="on"), other, fewer, HELD])
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    assert lines == [
        "| `Ensemble`, `TrendPortfolio` | 2024-01 | 1 | BTC |",
        "| `Ensemble`, `TrendPortfolio` | 2024-02 to 2024-03 | 2 | BTC, ETH |",
        "| `Ensemble`, `TrendPortfolio` | 2024-04 | 0 | – |",
        "| `FundingCarry` | 2024-01 | 1 | BTC |",
    ]
    assert "listed for 90 days" in text
    assert "98 % of the latest 90" in text
    assert "traded 10,000,000 USD" in text


def test_nothing_is_said_where_every_pair_may_be_held() -> None:
    assert universe([GOOD, HELD]) == ""
