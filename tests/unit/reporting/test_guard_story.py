"""What the guards did: spans, marks, rows and words."""

from dataclasses import replace

import pandas as pd
import pytest

from plimsoll.performance.guard_acts import Act, GuardActs, Totals
from plimsoll.reporting.drawing import HALTED, REDUCING
from plimsoll.reporting.guard_story import (
    GUARDS_WERE_OFF,
    act_text,
    guard_points,
    guard_spans,
    rule_rows,
    summary,
)
from tests.unit.reporting.records import BTC, INDEX, acts, at

END = INDEX[-1]


def days(span: tuple[str, object]) -> tuple[str, str, int, int]:
    rule, one = span
    begins = [(moment - INDEX[0]).days for moment in (one.start, one.end)]
    return (rule, one.kind, *begins)


def test_a_halt_lasts_to_its_re_arming_or_the_end_and_a_reduction_to_its_own_end() -> None:
    assert [days(one) for one in guard_spans(acts(), END)] == [
        ("slump", REDUCING, 10, 12),
        ("drawdown", HALTED, 40, 60),
        ("break_even", HALTED, 100, 119),
    ]


def test_a_rule_that_acts_again_while_it_holds_is_one_span() -> None:
    again = [Act(at=at(n), event="halted", rule="drawdown") for n in (5, 6, 7)]
    ended = Act(at=at(9), event="ended", rule="drawdown")
    other = Act(at=at(8), event="ended", rule="exposure")
    told = GuardActs(acts=(*again, other, ended, Act(at=at(20), event="halted", rule="drawdown")))
    assert [days(one)[2:] for one in guard_spans(told, END)] == [(5, 9), (20, 119)]


def test_an_act_on_one_pair_holds_no_account_and_a_closed_position_is_marked() -> None:
    paired = GuardActs(acts=(Act(at=at(5), event="halted", rule="cooldown", pair=BTC),))
    assert guard_spans(paired, END) == []
    assert guard_points(paired) == []
    kinds = [point.kind for point in guard_points(acts())]
    assert kinds == ["halted", "closed", "rearmed", "halted"]


def test_each_rule_has_its_row_and_the_longest_halt_is_first() -> None:
    rows = rule_rows(acts(), END)
    assert [row.rule for row in rows] == ["drawdown", "break_even", "exposure", "slump"]
    drawdown, _, exposure, _ = rows
    assert (drawdown.days_halted, drawdown.halts, drawdown.closed) == (20.0, 1, 1)
    assert (exposure.denied, exposure.cut, exposure.stake_usd) == (5, 2, 520.0)
    assert (exposure.first, exposure.last) == (pd.Timestamp(at(1)), pd.Timestamp(at(8)))


def test_the_summary_says_what_was_denied_and_what_would_have_been() -> None:
    assert summary(acts()) == (
        "50 entries asked for, 5 denied (10.0 %), 2 stakes cut, 1 position closed, "
        "halted 40.0 of 120.0 days, re-armed 1 time."
    )
    watched = summary(acts(guards="observe"))
    assert "5 would have been denied (10.0 %)" in watched
    assert "2 stakes would have been cut" in watched
    assert summary(acts(guards="off")) == GUARDS_WERE_OFF
    assert "%" not in summary(acts(totals=Totals()))


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (1, "Halt by drawdown: fell 12.1 %, limit 12 %"),
        (2, f"Position closed by drawdown in {BTC}, opened 2024-02-09 00:00, stake 100.00, made"),
        (3, "Re-armed by drawdown"),
    ],
)
def test_an_act_is_one_line(place: int, text: str) -> None:
    assert act_text(acts().acts[place]).startswith(text)


def test_what_was_only_observed_says_so() -> None:
    assert act_text(replace(acts().acts[3], observed=True)).endswith("(only observed)")
