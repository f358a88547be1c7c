"""What one run of a backtest counts of its guards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from plimsoll.bridge.guarding.run_acts import RunActs
from plimsoll.core import Mode, Verdict
from plimsoll.journal.kind import Kind
from plimsoll.journal.latch_record import verdict_fields
from plimsoll.performance.guard_acts import CLOSED, ENTRY, REARMED, ClosedPosition, GuardActs

DAY = timedelta(days=1)
START = datetime(2025, 1, 1, tzinfo=UTC)
END = START + 10 * DAY
BTC = "BTC/USDT:USDT"
HALT = Verdict(Mode.HALTED, "drawdown", "down 13 %", value=0.13, limit=0.12)
LOSS = Verdict(Mode.FLATTEN, "daily_loss", "lost 3 %", START + DAY)
POSITION = ClosedPosition(open_time=START, stake_usd=100.0, profit_usd=-12.0)


def run(guards: str = "enforce") -> RunActs:
    return RunActs(guards=guards, profile={"cooldown_minutes": 5}, rearm={"after_days": 3})


def acted(verdict: Verdict) -> dict[str, Any]:
    return {"event": "acted", "equity_usd": 1.0, **verdict_fields(verdict)}


def result(acts: RunActs, *closed: Any) -> GuardActs:
    return acts.result(closed, START, END)


def test_a_verdict_that_acts_is_kept_with_its_numbers() -> None:
    acts = run()
    acts.record(Kind.VERDICT, START, acted(LOSS))
    acts.record(Kind.HALT, START + DAY, acted(HALT))
    flatten, halt = result(acts).acts
    assert (flatten.event, flatten.until, flatten.reason) == (
        "flatten",
        START + DAY,
        "lost 3 %",
    )
    assert (halt.event, halt.rule, halt.value, halt.limit) == ("halted", "drawdown", 0.13, 0.12)
    assert not halt.observed


def test_days_halted_end_with_a_rearming_and_begin_again_with_the_next_halt() -> None:
    acts = run()
    acts.record(Kind.HALT, START + 2 * DAY, acted(HALT))
    acts.record(Kind.HALT, START + 3 * DAY, acted(Verdict(Mode.HALTED, "break_even", "below")))
    rearmed = {"rules": ["break_even", "drawdown"], "by": "backtest_rearm", "reason": "3 days"}
    acts.record(Kind.REARM, START + 5 * DAY, rearmed)
    acts.record(Kind.HALT, START + 9 * DAY, acted(HALT))
    done = result(acts)
    assert (done.totals.days_halted, done.totals.days_of_run) == (4.0, 10.0)
    assert done.totals.rearmed == 1
    (act,) = [one for one in done.acts if one.event == REARMED]
    assert (act.rule, act.reason) == ("break_even, drawdown", "by backtest_rearm: 3 days")


def test_the_halt_of_a_pair_halts_no_account() -> None:
    acts = run()
    pair = Verdict(Mode.HALTED, "liquidation_distance", "near", pair=BTC)
    acts.record(Kind.HALT, START, acted(pair))
    assert result(acts).acts[0].pair == BTC
    assert result(acts).totals.days_halted == 0


def test_a_smaller_stake_for_the_account_is_one_act_until_it_is_whole_again() -> None:
    acts = run()
    less = Verdict(Mode.REDUCING, "drawdown", "down 9 %", stake_multiplier=0.5)
    acts.record(Kind.VERDICT, START, {"event": "mode", **verdict_fields(less)})
    acts.record(Kind.VERDICT, START + DAY, {"event": "mode", **verdict_fields(less)})
    whole = {"event": "mode", "mode": "ACTIVE", "rule": ""}
    acts.record(Kind.VERDICT, START + 2 * DAY, whole)
    acts.record(Kind.VERDICT, START + 3 * DAY, whole)
    assert [(one.event, one.rule, one.at) for one in result(acts).acts] == [
        ("reducing", "drawdown", START),
        ("ended", "drawdown", START + 2 * DAY),
    ]


def test_denials_are_counted_by_rule_kind_and_day() -> None:
    acts = run()
    for hours in (1, 2, 30):
        at = START + timedelta(hours=hours)
        acts.record(Kind.DENIAL, at, {"rule": "exposure", "stake_usd": 50.0})
    acts.denied("sizing", "cut", START, 7.5)
    acts.asked()
    done = result(acts)
    exposure, cut = done.denials
    assert (exposure.rule, exposure.kind, exposure.count, exposure.stake_usd) == (
        "exposure",
        "entry",
        3,
        150.0,
    )
    assert exposure.first == START + timedelta(hours=1)
    assert exposure.last == START + timedelta(hours=30)
    assert list(exposure.by_day.values()) == [2, 1]
    assert (cut.count, cut.stake_usd) == (1, 7.5)
    assert (done.totals.entries_asked, done.totals.entries_denied) == (1, 3)
    assert done.totals.stakes_cut == 1


def test_a_strategys_own_veto_is_no_denial_of_the_guards() -> None:
    acts = run()
    acts.record(Kind.DENIAL, START, {"rule": "strategy", "stake_usd": 50.0})
    assert result(acts).denials == []


def test_positions_that_guards_closed_stand_among_the_acts_by_their_time() -> None:
    acts = run()
    acts.record(Kind.HALT, START + DAY, acted(HALT))
    closing = (START + DAY + timedelta(minutes=5), "drawdown", BTC, POSITION)
    done = result(acts, closing)
    assert [one.event for one in done.acts] == ["halted", CLOSED]
    assert done.acts[1].trade == POSITION
    assert done.totals.positions_closed == 1
    assert GuardActs.from_result({"plimsoll": done.to_dict()}) is not None


def test_observing_guards_would_close_a_position_once() -> None:
    acts = run("observe")
    acts.record(Kind.HALT, START, acted(HALT))
    acts.would_close("drawdown", START, BTC, POSITION)
    acts.would_close("break_even", START + DAY, BTC, POSITION)
    done = result(acts)
    assert [(one.event, one.observed) for one in done.acts] == [("halted", True), (CLOSED, True)]


@pytest.mark.parametrize("event", ["ended", "probation_ended"])
def test_an_end_is_kept(event: str) -> None:
    acts = run()
    acts.record(Kind.VERDICT, START, {"event": event, "rule": "daily_loss", "reason": "over"})
    assert result(acts).acts[0].event == event


def test_what_is_asked_about_stays_an_entry_unless_said_otherwise() -> None:
    assert run().kind == ENTRY
