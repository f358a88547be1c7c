"""Every switch that closes positions, forced in a running bot, and on the same candles backtested.

A trip is asserted in the decision log, the database, REST and Telegram, until flat.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.drills.evidence import Closing, EvidenceFolder
from tests.drills.scene import (
    BTC,
    ETH,
    SOL,
    STALE,
    acted,
    backtest_trip,
    backtested,
    closed_by,
    force_entry_is_refused,
    loops_between,
    moment,
    pass_time,
    profile,
    rearm,
    same_side,
    scene,
    seen_status,
    settle,
    state,
    status,
    stays_flat,
    tripped,
)
from tests.support.drill import Drill, DrillPlan

pytestmark = pytest.mark.freqtrade
DRAWDOWN = {"drawdown_reduce_fraction": 0.02, "drawdown_halt_fraction": 0.04}


@dataclass(frozen=True, kw_only=True)
class Switch:
    """A guard of the account or of a pair that a price path trips."""

    rule: str
    mode: str
    plan: DrillPlan
    cause: Callable[[Drill], None]
    closes: int
    pair: str | None = None
    candles_apart: float = 1
    expectation: Mapping[str, Any] | None = None


def _fall(bot: Drill) -> None:
    bot.move(-0.3, seconds=900)


def _fall_of_btc(bot: Drill) -> None:
    bot.move(-0.3, pairs=(BTC,), seconds=900)


def _losing_streak(bot: Drill) -> None:
    bot.scenario("flat", symbols=[SOL], magnitude=0.02, duration_seconds=7200)
    bot.move(-0.2, pairs=(BTC, ETH), seconds=3600)


SWITCHES = [
    Switch(
        rule="daily_loss",
        mode="FLATTEN",
        plan=DrillPlan(risk=profile(max_daily_loss_fraction=0.03)),
        cause=_fall,
        closes=2,
    ),
    Switch(
        rule="consecutive_losses",
        mode="FLATTEN",
        plan=DrillPlan(
            pairs=(BTC, ETH, SOL),
            stop_fraction=0.01,
            risk=profile(max_consecutive_losses=5, flatten_on_consecutive_losses=True),
        ),
        cause=_losing_streak,
        closes=-1,
        candles_apart=2,
    ),
    Switch(
        rule="break_even",
        mode="HALTED",
        plan=DrillPlan(
            pairs=(BTC, ETH, SOL), stop_fraction=0.01, risk=profile(break_even_trades=10)
        ),
        cause=_losing_streak,
        closes=-1,
        candles_apart=2,
    ),
    Switch(
        rule="divergence",
        mode="HALTED",
        plan=DrillPlan(
            pairs=(BTC, ETH, SOL), stop_fraction=0.01, risk=profile(divergence_trades=5)
        ),
        cause=_losing_streak,
        closes=-1,
        candles_apart=2,
        expectation={
            "source": "drill",
            "trades": 200,
            "mean_profit_fraction": 0.004,
            "profit_std_fraction": 0.01,
            "win_rate_fraction": 0.58,
        },
    ),
    Switch(
        rule="liquidation_distance",
        mode="FLATTEN",
        plan=DrillPlan(strategy="LeveragedLong", stop_fraction=0.99, risk=profile()),
        cause=_fall_of_btc,
        closes=1,
        pair=BTC,
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize("switch", SWITCHES, ids=lambda switch: switch.rule)
def test_a_price_path_trips_the_guard_in_bot_and_backtest(
    tmp_path: Path, switch: Switch, save: EvidenceFolder
) -> None:
    with scene(tmp_path, switch.plan, start=False) as bot:
        if switch.expectation is not None:
            promised = tmp_path / "expectation.json"
            promised.write_text(json.dumps(switch.expectation), encoding="utf-8")
            bot.configure({"plimsoll": {"expectation_file": str(promised)}})
        bot.start()
        settle(bot, len(switch.plan.pairs))
        switch.cause(bot)
        acted(bot, switch.rule)
        closes = switch.closes if switch.closes >= 0 else _closed_together(bot, switch.rule)
        trip = tripped(bot, switch.rule, mode=switch.mode, closes=closes, pair=switch.pair)
        if switch.pair is None:
            assert not bot.trades(is_open=True)
            force_entry_is_refused(bot, BTC, switch.rule)
            stays_flat(bot, candles=2)
        else:
            assert ETH in [row["pair"] for row in bot.trades(is_open=True)]
            pass_time(bot, candles=2)
        save(f"{switch.rule}-dry-run", trip)
        records = backtested(bot)
    replayed = backtest_trip(records, switch.rule)
    save(f"{switch.rule}-backtest", replayed)
    # Stops fill elsewhere within a candle: what the streak leaves open may differ, but is closed.
    closed = trip.closed if switch.closes < 0 else replayed.closed
    same_side(trip, replace(replayed, closed=closed), candles=switch.candles_apart)


def _closed_together(bot: Drill, rule: str) -> int:
    """Return how many the guard closed: those that the falling prices had not stopped."""
    bot.until_flat()
    rows = bot.trades(is_open=False)
    return sum(row["exit_reason"] == f"plimsoll_{rule}" for row in rows)


def test_a_halt_from_open_losses_survives_kill_9_while_flattening(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    pairs = (BTC, ETH, SOL, "XRP/USDT:USDT")
    plan = DrillPlan(strategy="HeldLong", pairs=pairs, stake_usd=500, risk=profile(**DRAWDOWN))
    with scene(tmp_path, plan) as bot:
        settle(bot, 4)
        (bot.userdir / "hold").touch()
        bot.move(-0.3, seconds=900)
        halt = acted(bot, "drawdown")
        before = [
            row
            for row in bot.trades(is_open=False)
            if moment(row["close_date"]) < moment(halt["at"])
        ]
        assert before == [], "the loss was open, not realised"
        bot.wait_until((bot.userdir / "held").exists, what="a first close")
        bot.kill9()
        (bot.userdir / "hold").unlink()
        left = [row["pair"] for row in bot.trades(is_open=True)]
        assert len(left) == 3
        killed_at, locks = bot.now(), bot.locks()
        assert [lock["pair"] for lock in locks if "HALTED drawdown" in lock["reason"]] == ["*"]
        bot.restart()
        restored_at = bot.now()
        bot.telegram.wait_for("Still halted since before this start. Drawdown limit: ")
        trip = tripped(bot, "drawdown", mode="HALTED", closes=4)
        restored = [one for one in bot.decisions("verdict") if one["event"] == "restored"]
        assert [one["rule"] for one in restored] == ["drawdown"]
        force_entry_is_refused(bot, BTC, "drawdown")
        pass_time(bot, candles=1.5)
        assert not bot.trades(is_open=True)
        assert status(bot)["mode"] == "HALTED"
        rearmed_at = moment(rearm(bot)["at"])
        assert not [lock for lock in bot.locks() if lock["reason"].startswith("plimsoll")]
        bot.telegram.wait_for("Re-armed by “plimsoll resume")
        bot.wait_for_positions(4)
        pass_time(bot, candles=1)
        _save_picture(bot, save, halt, (killed_at, restored_at, rearmed_at))
    took = moment(max(row["close_date"] for row in bot.trades(is_open=False)))
    save(
        "drawdown-dry-run",
        type(trip)(
            **{
                **trip.__dict__,
                "after": f"kill -9 with {len(left)} of 4 positions open, restart, "
                f"flat {max(0.0, (took - restored_at).total_seconds()):.0f} s after it answered, "
                "still halted, re-armed by a person",
                "simulated_seconds": trip.simulated_seconds,
            }
        ),
    )


def _save_picture(
    bot: Drill, save: EvidenceFolder, halt: dict[str, Any], moments: tuple[Any, ...]
) -> None:
    kept = ("as_of", "mode", "equity_usd", "high_water_equity_usd")
    save(
        "drawdown",
        {
            "risk": dict(bot.plan.risk),
            "status": [{name: one.get(name) for name in kept} for one in seen_status(bot)],
            "fills": bot.decisions("fill"),
            "verdicts": [*bot.decisions("verdict"), *bot.decisions("halt")],
            "halted_at": halt["at"],
            "killed_at": moments[0],
            "restarted_at": moments[1],
            "rearmed_at": moments[2],
        },
    )


@pytest.mark.slow
def test_a_drawdown_of_open_losses_halts_bot_and_backtest_alike(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile(**DRAWDOWN))) as bot:
        settle(bot, 2)
        bot.move(-0.3, seconds=900)
        trip = tripped(bot, "drawdown", mode="HALTED", closes=2)
        assert moment(trip.at) <= min(moment(row["close_date"]) for row in bot.trades())
        stays_flat(bot, candles=2)
        save("drawdown-plain-dry-run", trip)
        replayed = backtest_trip(backtested(bot), "drawdown")
    save("drawdown-plain-backtest", replayed)
    same_side(trip, replayed)


@pytest.mark.slow
def test_stale_candles_close_the_pair_and_no_other(tmp_path: Path, save: EvidenceFolder) -> None:
    with scene(tmp_path, DrillPlan(risk=profile(**STALE))) as bot:
        settle(bot, 2)
        fault = bot.fault("stale-candles", symbols=[BTC])
        trip = tripped(bot, "stale_data", mode="FLATTEN", closes=1, pair=BTC)
        assert [row["pair"] for row in bot.trades(is_open=True)] == [ETH]
        force_entry_is_refused(bot, BTC, "stale_data")
        bot.mend(fault)
        bot.wait_for_positions(2)
    save("stale_data-dry-run", replace(trip, after="entries again by itself"))


@pytest.mark.slow
def test_api_errors_open_the_circuit_and_it_closes_again(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile())) as bot:
        settle(bot, 2)
        # Candles come by WebSocket; the book is what each loop asks for.
        bot.fault("http-error", status=503, paths=["/fapi/v1/depth"], count=20 * 5)
        trip = tripped(bot, "api_errors", mode="FLATTEN", closes=2)
        bot.wait_for_positions(2)
    save("api_errors-dry-run", replace(trip, after="entries again by itself"))


@pytest.mark.slow
def test_the_flag_file_halts_and_its_removal_does_not_re_arm(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile())) as bot:
        bot.wait_for_positions(2)
        (bot.userdir / "plimsoll" / "halt").touch()
        began = bot.now()
        trip = tripped(bot, "manual_halt", mode="HALTED", closes=2)
        waited = loops_between(bot, began, moment(trip.at))
        assert waited <= 2
        force_entry_is_refused(bot, BTC, "manual_halt")
        state(bot).ask_to_resume("too early, the flag is still up", "drill")
        bot.wait_until(lambda: bot.decisions("rearm"), what="the request to be taken")
        acted(bot, "manual_halt", since=bot.decisions("rearm")[-1]["seq"])
        state(bot).clear_halt()
        stays_flat(bot, candles=1.5)
        assert status(bot)["mode"] == "HALTED"
        rearm(bot)
        bot.wait_for_positions(2)
    after = f"flag seen after {waited} loop(s); re-armed after its removal"
    save("manual_halt-dry-run", replace(trip, after=after))


@pytest.mark.slow
def test_a_config_reload_with_halt_halts_and_unlock_re_arms(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile())) as bot:
        bot.wait_for_positions(2)
        bot.configure({"plimsoll": {"halt": True}})
        _reload(bot)
        trip = tripped(bot, "manual_halt", mode="HALTED", closes=2)
        bot.configure({"plimsoll": {"halt": False}})
        _reload(bot)
        stays_flat(bot, candles=2)
        assert status(bot)["mode"] == "HALTED"
        number = next(lock["id"] for lock in bot.locks() if "HALTED" in lock["reason"])
        bot.telegram.send(f"/unlock {number}")
        bot.wait_until(lambda: bot.decisions("rearm"), what="the unlock to be noticed")
        assert bot.decisions("rearm")[-1]["by"] == "unlock"
        bot.telegram.wait_for("Re-armed by /unlock")
        bot.wait_for_positions(2)
    save(
        "manual_halt-reload-dry-run",
        replace(trip, guard="manual_halt (reload)", after="re-armed by /unlock"),
    )


def _reload(bot: Drill) -> None:
    calls, starts = len(bot.telegram.calls), len(bot.decisions("start"))
    bot.telegram.ask("/reload_config", containing="reload")
    bot.wait_until(lambda: len(bot.decisions("start")) > starts, what="a new start")
    bot.wait_until(lambda: "getMe" in bot.telegram.calls[calls:], what="Telegram after the reload")
    calls = len(bot.telegram.calls)
    bot.wait_until(lambda: bot.telegram.listening(since_call=calls), what="Telegram listening")


@pytest.mark.slow
def test_stop_after_flatten_stays_flat_and_start_finds_the_lock(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile(max_daily_loss_fraction=0.03))) as bot:
        settle(bot, 2)
        bot.move(-0.3, seconds=600)
        trip = tripped(bot, "daily_loss", mode="FLATTEN", closes=2)
        bot.telegram.ask("/stop", containing="stopping trader")
        bot.wait_until(lambda: bot.rest.show_config()["state"] == "stopped", what="a stopped bot")
        stays_flat(bot, candles=2)
        assert [lock["pair"] for lock in bot.locks() if "daily_loss" in lock["reason"]] == ["*"]
        bot.telegram.ask("/start", containing="starting trader")
        bot.wait_until(lambda: bot.rest.show_config()["state"] == "running", what="a running bot")
        stays_flat(bot, candles=2)
    after = "/stop, then /start: flat, still locked until the day ends"
    save("daily_loss-stop-dry-run", replace(trip, after=after))


@pytest.mark.slow
def test_a_stopped_bot_does_nothing_until_it_is_started(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with scene(tmp_path, DrillPlan(risk=profile())) as bot:
        bot.wait_for_positions(2)
        bot.telegram.ask("/stop", containing="stopping trader")
        bot.wait_until(lambda: bot.rest.show_config()["state"] == "stopped", what="a stopped bot")
        state(bot).set_halt("drill")
        pass_time(bot, candles=2)
        assert len(bot.trades(is_open=True)) == 2
        assert not bot.decisions("halt")
        bot.telegram.ask("/start", containing="starting trader")
        began = bot.now()
        trip = tripped(bot, "manual_halt", mode="HALTED", closes=2)
    save(
        "stopped",
        Closing(
            condition="STOPPED (`/stop`)",
            run="dry-run",
            outcome="nothing happens while stopped; closed after `/start`",
            loops=trip.loops,
            simulated_seconds=trip.simulated_seconds,
            note=f"the halt came {(moment(trip.at) - began).total_seconds():.0f} s after /start",
        ),
    )


@pytest.mark.slow
def test_one_wrong_tick_flattens_nothing_and_a_lasting_one_does(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    risk = profile(drawdown_reduce_fraction=0.02, drawdown_halt_fraction=0.03)
    with scene(tmp_path, DrillPlan(risk=risk)) as bot:
        settle(bot, 2)
        for _ in range(8):  # a single answer of the exchange each time, whoever asked for it
            number = bot.fault("wrong-tick", magnitude=-0.45, count=1)
            bot.wait_until(lambda n=number: bot.faults()[n - 1]["hits"] >= 1, what="a wrong tick")
            pass_time(bot, loops=3)
        waiting = [one for one in bot.decisions("verdict") if "observation 1 of 3" in one["reason"]]
        assert waiting, "no wrong tick reached a mark"
        assert not bot.decisions("halt")
        assert len(bot.trades(is_open=True)) == 2
        assert len(bot.trades()) == 2
        bot.fault("wrong-tick", magnitude=-0.45)
        halt = acted(bot, "drawdown")
        closed_by(bot, "drawdown", 2)
    save(
        "wrong-tick",
        Closing(
            condition="one wrong tick of −45 %, eight times",
            run="dry-run",
            outcome=f"nothing closed; {len(waiting)} of 8 reached a mark and denied entries for a "
            "loop",
            note=f"a lasting one halts: {halt['reason']}",
        ),
    )
