"""What the guards did, as a reader of a backtest sees it."""

from dataclasses import replace
from datetime import UTC, datetime

from plimsoll.performance.guard_acts import Act, Denials, GuardActs, Totals
from plimsoll.performance.guard_words import guard_sentences, guard_table


def day(number: int, month: int = 10, year: int = 2026) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


HALT = Act(at=day(13), event="halted", rule="break_even", reason="below break-even")
LOSS = Act(at=day(2), event="flatten", rule="daily_loss", until=day(3))
CLOSED = Act(at=day(13), event="closed", rule="break_even", pair="BTC/USDT:USDT")


def denials(rule: str, kind: str, count: int) -> Denials:
    return Denials(rule=rule, kind=kind, count=count, first=day(1), last=day(12), stake_usd=9.0)


ACTS = GuardActs(
    acts=(LOSS, HALT, CLOSED),
    denials=(denials("open_positions", "entry", 1200), denials("sizing", "cut", 7)),
    totals=Totals(
        days_halted=39.0,
        days_of_run=59.0,
        entries_asked=1300,
        entries_denied=1200,
        stakes_cut=7,
        positions_closed=1,
    ),
)


def test_each_rule_has_a_row_and_the_sum_is_the_last() -> None:
    table = guard_table(ACTS, "Mine")
    assert table is not None
    assert table.title == "WHAT THE GUARDS DID: Mine"
    assert table.headers == (
        "Rule",
        "Acted",
        "First",
        "Last",
        "Entries denied",
        "Stakes cut",
        "Positions closed",
        "Days halted",
    )
    assert table.rows == (
        ("break_even", "1", "2026-10-13", "2026-10-13", "-", "-", "1", "39"),
        ("daily_loss", "1", "2026-10-02", "2026-10-02", "-", "-", "-", "-"),
        ("open_positions", "-", "2026-10-01", "2026-10-12", "1,200", "-", "-", "-"),
        ("sizing", "-", "2026-10-01", "2026-10-12", "-", "7", "-", "-"),
        ("TOTAL", "2", "", "", "1,200", "7", "1", "39"),
    )


def test_additions_and_leverage_have_a_column_where_there_were_any() -> None:
    more = (*ACTS.denials, denials("exposure", "addition", 3), denials("leverage", "leverage", 4))
    table = guard_table(replace(ACTS, denials=more), "Mine")
    assert table is not None
    assert table.headers[4:8] == (
        "Entries denied",
        "Additions denied",
        "Stakes cut",
        "Leverage cut",
    )
    assert table.rows[-1][4:8] == ("1,200", "3", "7", "4")


def test_a_halt_that_nobody_ended_is_said_with_the_days_that_are_flat() -> None:
    assert guard_sentences(ACTS, "Mine") == [
        (
            "HALTED by break_even on 2026-10-13: the remaining 39 of 59 days are flat; "
            "`plimsoll.guards: observe` shows them"
        )
    ]


def test_a_halt_that_was_rearmed_is_said_with_its_length_and_the_next_by_itself() -> None:
    rearmed = Act(at=day(20), event="rearmed", rule="break_even", reason="by backtest_rearm")
    again = Act(at=day(22), event="halted", rule="drawdown")
    acts = replace(
        ACTS, acts=(HALT, rearmed, again), totals=replace(ACTS.totals, days_halted=37.0, rearmed=1)
    )
    assert guard_sentences(acts, "Mine") == [
        "HALTED by break_even on 2026-10-13, re-armed on 2026-10-20: 7 days flat",
        (
            "HALTED by drawdown on 2026-10-22: the remaining 30 of 59 days are flat; "
            "`plimsoll.guards: observe` shows them"
        ),
    ]
    table = guard_table(acts, "Mine")
    assert table is not None
    assert [row[-1] for row in table.rows] == ["30", "7", "-", "-", "37"]


def test_observing_guards_would_have() -> None:
    acts = replace(ACTS, guards="observe", acts=(replace(HALT, observed=True),))
    table = guard_table(acts, "Mine")
    assert table is not None
    assert table.title == "WHAT THE GUARDS WOULD HAVE DONE: Mine"
    assert guard_sentences(acts, "Mine") == [
        (
            "Would have been HALTED by break_even on 2026-10-13: on these stakes, and until "
            "re-armed, flat for the remaining 39 of 59 days; `plimsoll backtest-compare` has the "
            "figure"
        )
    ]


def test_an_observed_halt_is_as_long_as_the_rule_that_re_arms_lets_it() -> None:
    watched = replace(ACTS, guards="observe", acts=(replace(HALT, observed=True),))
    [sentence] = guard_sentences(replace(watched, rearm={"after_days": 30.0}), "Mine")
    assert "until re-armed, flat for 30 days (`plimsoll.backtest_rearm`); " in sentence
    [sentence] = guard_sentences(replace(watched, rearm={"after_days": 39.0}), "Mine")
    assert "flat for the remaining 39 of 59 days; " in sentence


def test_a_second_rule_that_halts_a_halted_account_adds_no_days() -> None:
    second = Act(at=day(14), event="halted", rule="drawdown")
    table = guard_table(replace(ACTS, acts=(HALT, second)), "Mine")
    assert table is not None
    assert [(row[0], row[-1]) for row in table.rows][:2] == [
        ("break_even", "39"),
        ("drawdown", "-"),
    ]
    assert len(guard_sentences(replace(ACTS, acts=(HALT, second)), "Mine")) == 1


def test_a_halt_of_one_pair_halts_no_account() -> None:
    pair = replace(HALT, pair="BTC/USDT:USDT")
    acts = replace(ACTS, acts=(pair,), totals=replace(ACTS.totals, days_halted=0.0))
    assert guard_sentences(acts, "Mine") == []


def test_guards_that_had_nothing_to_do_say_so() -> None:
    acts = GuardActs(totals=Totals(entries_asked=34, days_of_run=9.0))
    assert guard_table(acts, "Mine") is None
    assert guard_sentences(acts, "Mine") == [
        (
            "Mine: the guards watched and had nothing to do; 34 entries were asked about, none "
            "denied or cut"
        )
    ]


def test_a_run_without_guards_says_so_in_one_line() -> None:
    assert guard_table(GuardActs(guards="off"), "Mine") is None
    assert guard_sentences(GuardActs(guards="off"), "Mine") == [
        "Mine: no guards in this run (plimsoll.guards: off)"
    ]


def test_a_result_without_a_word_of_guards_says_so() -> None:
    (line,) = guard_sentences(None, "Mine")
    assert line.startswith("Mine: no guards on record")
