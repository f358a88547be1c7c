"""What the guards did, and what they bought and cost."""

from dataclasses import replace

from plimsoll.performance.guard_acts import Act, GuardActs
from plimsoll.reporting.canvas import Panel
from plimsoll.reporting.guard_sections import (
    MOST_ACTS,
    MOST_SENTENCES,
    against_section,
    guards_section,
    guards_state,
    sharpe_text,
)
from plimsoll.reporting.guard_story import GUARDS_WERE_OFF, NOT_RECORDED
from plimsoll.reporting.sections import Section, Text
from plimsoll.reporting.tables import Table
from tests.unit.performance.frames import trade, trades_frame
from tests.unit.reporting.records import INDEX, acts, at, record

RUN = record()


def table(section: Section, title: str) -> list[list[str]]:
    [one] = [b for b in section.blocks if isinstance(b, Table) and b.title == title]
    return [[cell.text for cell in row] for row in one.rows]


def lines(section: Section) -> list[str]:
    return [line for block in section.blocks if isinstance(block, Text) for line in block.lines]


def test_halts_are_told_in_sentences_and_in_a_table_with_their_reasons() -> None:
    section = guards_section(RUN, "m", "guards")
    told = lines(section)
    assert any(line.startswith("HALTED by drawdown on 2024-02-10, re-armed") for line in told)
    first, second = table(section, "Halts")
    assert first == [
        "2024-02-10 00:00", "drawdown", "2024-03-01 00:00", "20.0", "fell 12.1 %, limit 12 %",
    ]  # fmt: skip
    assert second[1:3] == ["break_even", "the end"]
    assert len(table(section, "By rule")) == 4
    assert [b.title for b in section.blocks if isinstance(b, Panel)] == [
        "Denials and cuts per week"
    ]


def test_many_halts_are_in_the_table_alone() -> None:
    made = []
    for n in range(MOST_SENTENCES + 1):
        made += [
            Act(at=at(10 * n), event="halted", rule="r"),
            Act(at=at(10 * n + 1), event="rearmed", rule="r"),
        ]
    section = guards_section(record(acts=acts(acts=tuple(made), denials=())), "m", "g")
    assert not any("HALTED" in line for line in lines(section))
    assert len(table(section, "Halts")) == MOST_SENTENCES + 1


def test_a_run_that_says_nothing_of_guards_or_had_none_says_so() -> None:
    unknown, off = (record(acts=one) for one in (None, GuardActs(guards="off")))
    assert lines(guards_section(unknown, "m", "g")) == [NOT_RECORDED]
    assert lines(guards_section(off, "m", "g")) == [GUARDS_WERE_OFF]
    assert [guards_state(one) for one in (unknown, off, RUN)] == ["not recorded", "off", "on"]


def test_guards_that_only_observed_say_so_first() -> None:
    section = guards_section(record(acts=acts(guards="observe")), "m", "g")
    assert lines(section)[0].startswith("The guards only observed")


def test_only_so_many_acts_are_listed_and_the_rest_is_counted() -> None:
    many = tuple(Act(at=at(1), event="reducing", rule=f"r{n}") for n in range(MOST_ACTS + 7))
    section = guards_section(record(acts=acts(acts=many, denials=())), "m", "g")
    listed = [b for b in section.blocks if isinstance(b, Text) and b.summary]
    assert len(listed[0].lines) == MOST_ACTS + 1
    assert listed[0].lines[-1] == "and 7 more, in the result itself"


def test_guards_off_and_on_stand_side_by_side() -> None:
    other = replace(RUN, equity=RUN.equity * 2.0 - 1_000.0, acts=GuardActs(guards="off"))
    section = against_section(RUN, other, "m", "against")
    assert section.title == "Guards off against on"
    [panel] = [block for block in section.blocks if isinstance(block, Panel)]
    assert panel.columns == ("Day", "Guards off", "Guards on")
    rows = {row[0]: row[1:] for row in table(section, "Side by side")}
    whole = [one.performance.total_return_fraction * 100 for one in (other, RUN)]
    assert rows["Total return"] == [f"{one:.2f} %".replace("-", "−") for one in whole]
    assert list(rows)[:4] == ["Total return", "Greatest drawdown", "Worst day", "Worst month"]


def test_a_ratio_of_few_trades_is_a_dash_with_its_reason() -> None:
    few = record(trades_frame(trade(INDEX[1], INDEX[5], 100.0, 101.0)))
    assert sharpe_text(few) == "– (fewer than 20 closed trades)"
    assert sharpe_text(RUN) == f"{RUN.performance.sharpe:.2f}".replace("-", "−")
