"""What closes a position, and what only seems to: every obstacle between a halt and flat."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from tests.drills.evidence import Closing, EvidenceFolder, Trip
from tests.drills.scene import (
    BTC,
    ETH,
    STALE,
    acted,
    closed_by,
    force_entry_is_refused,
    moment,
    pass_time,
    profile,
    scene,
    state,
    status,
    stays_flat,
    tripped,
)
from tests.support import venue_keys
from tests.support.drill import MARKET_ORDERS, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

LIMIT_EXITS = {"order_types": {**MARKET_ORDERS, "exit": "limit", "stoploss_on_exchange": False}}
LIMIT_ENTRIES = {"order_types": {**MARKET_ORDERS, "entry": "limit", "stoploss_on_exchange": False}}
OWN_SIDE = {"exit_pricing": {"price_side": "same"}}
PATIENT = {"unfilledtimeout": {"entry": 60, "exit": 60, "exit_timeout_count": 0}}


def _nothing(bot: Drill) -> None:
    """Leave the bot as it is."""


def _falling(bot: Drill) -> None:
    bot.move(-0.08, seconds=1200)


def _paused(bot: Drill) -> None:
    bot.telegram.ask("/pause", containing="no more entries")


def _locked(bot: Drill) -> None:
    for pair in (BTC, ETH, "*"):
        bot.rest.lock_add(pair, "2026-01-01 00:00:00Z", reason="by hand")


def _exits_rest(bot: Drill) -> None:
    def resting() -> bool:
        rows = bot.rows("SELECT * FROM orders WHERE ft_is_open = 1 AND ft_order_side = 'sell'")
        return len(rows) == 2 and all(row["order_type"] == "limit" for row in rows)

    bot.wait_until(resting, what="resting limit exits")


@dataclass(frozen=True, kw_only=True)
class Obstacle:
    """Something between a halt and flat."""

    name: str
    condition: str
    strategy: str = "AlwaysLong"
    overlay: dict[str, Any] = field(default_factory=dict)
    prepare: Callable[[Drill], None] = _nothing
    loops: int = 2


OBSTACLES = [
    Obstacle(
        name="no-exit-signal",
        condition="`use_exit_signal: false` in the config",
        overlay={"use_exit_signal": False},
    ),
    Obstacle(
        name="limit-exits",
        condition="limit exits at one's own side of the book, in a falling market",
        overlay={**LIMIT_EXITS, **OWN_SIDE, **PATIENT},
        prepare=_falling,
    ),
    Obstacle(
        name="exit-open",
        condition="a limit exit order rests already",
        strategy="TakeProfitLong",
        overlay={**LIMIT_EXITS, **OWN_SIDE, **PATIENT},
        prepare=_exits_rest,
    ),
    Obstacle(
        name="profit-only",
        condition="`exit_profit_only: true`, positions at a loss",
        overlay={"exit_profit_only": True, "exit_profit_offset": 0.05},
        prepare=_falling,
    ),
    Obstacle(
        name="veto",
        condition="the strategy vetoes every exit",
        strategy="VetoingLong",
    ),
    Obstacle(name="locked", condition="pair and global locks of somebody else", prepare=_locked),
    Obstacle(name="paused", condition="PAUSED (`/pause`)", prepare=_paused),
]


def _flattened(bot: Drill, loops: int) -> Trip:
    """Raise the flag and see both positions closed within so many loops."""
    state(bot).set_halt("drill")
    trip = tripped(bot, "manual_halt", mode="HALTED", closes=2)
    assert trip.loops is not None
    assert trip.loops <= loops
    assert not bot.rows("SELECT * FROM orders WHERE ft_is_open = 1")
    assert not bot.trades(is_open=True)
    return trip


def _closing(condition: str, trip: Trip, *, note: str = "") -> Closing:
    return Closing(
        condition=condition,
        run=trip.run,
        outcome=f"{trip.closed} closed",
        loops=trip.loops,
        simulated_seconds=trip.simulated_seconds,
        note=note,
    )


@pytest.mark.slow
@pytest.mark.parametrize("obstacle", OBSTACLES, ids=lambda obstacle: obstacle.name)
def test_a_halt_closes_through_an_obstacle(
    tmp_path: Path, obstacle: Obstacle, save: EvidenceFolder
) -> None:
    plan = DrillPlan(strategy=obstacle.strategy, overlay=obstacle.overlay, risk=profile())
    with scene(tmp_path, plan) as bot:
        bot.wait_until(lambda: len(bot.trades(is_open=True)) == 2, what="two positions")
        obstacle.prepare(bot)
        pass_time(bot, loops=3)
        trip = _flattened(bot, obstacle.loops)
    save(obstacle.name, _closing(obstacle.condition, trip))


def test_a_halt_closes_through_all_of_them_at_once(tmp_path: Path, save: EvidenceFolder) -> None:
    overlay = {
        **LIMIT_EXITS,
        **OWN_SIDE,
        **PATIENT,
        "use_exit_signal": False,
        "exit_profit_only": True,
        "exit_profit_offset": 0.05,
    }
    plan = DrillPlan(strategy="VetoingLong", overlay=overlay, risk=profile())
    with scene(tmp_path, plan) as bot:
        bot.wait_for_positions(2)
        _falling(bot)
        _paused(bot)
        pass_time(bot, loops=3)
        trip = _flattened(bot, 2)
        bot.resume()
        stays_flat(bot, candles=1)
    save("zz-all", _closing("the first four and PAUSED and the veto together", trip))


@pytest.mark.slow
def test_a_resting_entry_is_cancelled(tmp_path: Path, save: EvidenceFolder) -> None:
    overlay = {**LIMIT_ENTRIES, **PATIENT}
    plan = DrillPlan(strategy="RestingLong", overlay=overlay, risk=profile())
    with scene(tmp_path, plan) as bot:
        query = "SELECT * FROM orders WHERE ft_is_open = 1"
        bot.wait_until(lambda: len(bot.rows(query)) == 2, what="two resting entries")
        pass_time(bot, loops=4)
        assert len(bot.rows(query)) == 2
        state(bot).set_halt("drill")
        halt = acted(bot, "manual_halt")
        began = bot.now()
        bot.wait_until(lambda: not bot.trades(is_open=True), what="cancelled entries")
        assert (bot.now() - began).total_seconds() < 2 * plan.throttle_seconds + 30
        assert not bot.rows(query)
        assert not bot.decisions("fill")
        stays_flat(bot, candles=1)
    save(
        "resting-entry",
        Closing(
            condition="a limit entry rests unfilled",
            run="dry-run",
            outcome="cancelled, nothing filled",
            loops=1,
            note=f"halted at {halt['at'][11:19]}",
        ),
    )


@pytest.mark.slow
def test_raising_hooks_deny_and_a_guard_still_closes(tmp_path: Path, save: EvidenceFolder) -> None:
    with scene(tmp_path, DrillPlan(strategy="FaultyLong", risk=profile()), faulty=True) as bot:
        bot.wait_for_positions(2)
        faults = bot.userdir / "faults"
        faults.write_text("exit_reason veto_exit on_fill on_loop desired_stake")
        pass_time(bot, loops=3)
        bot.force_exit("all")
        bot.wait_until(lambda: not bot.trades(is_open=True), what="flat by hand")
        stays_flat(bot, candles=1.5)
        raised = [one for one in bot.decisions("error") if one["where"] == "sizing"]
        assert "ZeroDivisionError: desired_stake" in raised[0]["message"]
        bot.telegram.wait_for("Sizing failed, so it was denied: desired_stake")
        faults.write_text("exit_reason veto_exit on_fill on_loop")
        bot.wait_for_positions(2)
        trip = _flattened(bot, 2)
    note = "and a raising `desired_stake` denies, with a message and an error record"
    save(
        "raising-hooks",
        _closing("`exit_reason`, `veto_exit`, `on_fill`, `on_loop` raise", trip, note=note),
    )


@pytest.mark.slow
def test_guards_that_cannot_be_asked_deny_and_close_after_the_blind_seconds(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    plan = DrillPlan(strategy="FaultyLong", risk=profile(**STALE))
    with scene(tmp_path, plan, faulty=True) as bot:
        bot.wait_for_positions(2)
        (bot.userdir / "faults").write_text("guards")
        bot.wait_until(lambda: bot.decisions("error"), what="a failed loop")
        failed = bot.decisions("error")[0]
        assert failed["where"] == "loop"
        bot.telegram.wait_for("The guards cannot look: ArithmeticError")
        pass_time(bot, loops=3)
        assert len(bot.trades(is_open=True)) == 2
        rows = closed_by(bot, "blind_guards", 2)
        took = _seconds(failed["at"], rows)
        assert 300 < took < 300 + 3 * plan.throttle_seconds
        stays_flat(bot, candles=1)
        answer = bot.force_enter(BTC)
        assert "error" in answer
        (bot.userdir / "faults").unlink()
        bot.wait_for_positions(2)
        assert status(bot)["mode"] == "ACTIVE"
    save(
        "blind-guards",
        Closing(
            condition="the guards' own loop (`bot_loop_start`) raises",
            run="dry-run",
            outcome="entries denied at once, 2 closed after `max_blind_seconds` (300)",
            simulated_seconds=took,
            note="seconds from the first failing loop; entries again once it succeeds",
        ),
    )


def _seconds(began: str, rows: list[dict[str, Any]]) -> float:
    return (max(moment(row["close_date"]) for row in rows) - moment(began)).total_seconds()


@pytest.mark.slow
def test_a_halt_with_real_orders_takes_the_stop_off_the_exchange(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    overlay = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": True}}
    risk = profile(drawdown_reduce_fraction=0.02, drawdown_halt_fraction=0.04)
    plan = DrillPlan(overlay=overlay, risk=risk, live=True)
    with scene(tmp_path, plan) as bot:
        bot.wait_for_positions(2)
        bot.wait_until(lambda: len(_stops(bot)) == 2, what="two stops on the exchange")
        bot.move(-0.3, seconds=900)
        trip = tripped(bot, "drawdown", mode="HALTED", closes=2)
        assert not _stops(bot)
        assert not _held(bot)
        force_entry_is_refused(bot, BTC, "drawdown")
        stays_flat(bot, candles=1.5)
        assert not _held(bot)
    save("drawdown-live", replace(trip, after="stops on the exchange cancelled, account flat"))


@pytest.mark.slow
def test_kill_9_while_the_exit_order_is_unanswered(tmp_path: Path, save: EvidenceFolder) -> None:
    risk = profile(drawdown_reduce_fraction=0.02, drawdown_halt_fraction=0.04)
    with scene(tmp_path, DrillPlan(risk=risk, live=True)) as bot:
        bot.wait_for_positions(2)
        bot.fault(
            "no-answer",
            paths=["POST /fapi/v1/order"],
            after_acceptance=True,
            count=1,
            hold_seconds=20,
        )
        bot.move(-0.3, seconds=900)
        acted(bot, "drawdown")
        bot.wait_until(lambda: bot.faults()[-1]["hits"] == 1, what="an accepted, unanswered exit")
        bot.wait_until(lambda: len(_held(bot)) == 1, what="the exit to be filled on the exchange")
        bot.kill9()
        assert len(bot.trades(is_open=True)) == 2, "the bot never heard of its exit"
        bot.restart()
        began = bot.now()
        bot.wait_until(lambda: not _held(bot), what="a flat account")
        bot.wait_until(lambda: not bot.trades(is_open=True), what="no open trade")
        took = (bot.now() - began).total_seconds()
        stays_flat(bot, candles=1.5)
        assert not _held(bot)
        assert status(bot)["mode"] == "HALTED"
        reasons = sorted(row["exit_reason"] for row in bot.trades())
    save(
        "unanswered-exit",
        Closing(
            condition="`kill -9` with an exit order accepted and unanswered",
            run="live",
            outcome="restarted: account flat, still halted",
            simulated_seconds=took,
            note=f"exit reasons on record: {', '.join(reasons)}",
        ),
    )


def _signed(bot: Drill, path: str) -> Any:
    return venue_keys.signed(bot.venue.url, path)


def _stops(bot: Drill) -> list[dict[str, Any]]:
    return list(_signed(bot, "/fapi/v1/openAlgoOrders"))


def _held(bot: Drill) -> list[dict[str, Any]]:
    rows = _signed(bot, "/fapi/v2/positionRisk")
    return [row for row in rows if float(row["positionAmt"]) != 0]
