"""Strategies of others in a running bot, unedited, through a crash: flat, halted, told, re-armed.

`make foreign` runs them and writes the page; the ordinary run drills one by `plimsoll drill`.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.drills.evidence import EvidenceFolder
from tests.drills.exchange_side import flat_there
from tests.drills.scene import (
    BTC,
    ETH,
    SOL,
    acted,
    closed_by,
    loops_between,
    moment,
    pass_time,
    profile,
    rearm,
    scene,
    status,
    stays_flat,
    tripped,
)
from tests.foreign.runs import HERE, write_strategies
from tests.support.drill import MARKET_ORDERS, Drill, DrillPlan

pytestmark = pytest.mark.freqtrade

OWN_SETTINGS = ("stoploss", "order_types")
"""What the drills' own bots are given and a strategy of others brings along."""
RISK = profile(
    drawdown_reduce_fraction=0.006, drawdown_halt_fraction=0.01, live_breach_observations=1
)
"""One observation is enough: the strategy's own stop would close in the second."""
RULE = "drawdown"
STOPS_THERE = {"order_types": {**MARKET_ORDERS, "stoploss_on_exchange": True}}
"""With money a stop rests on the exchange."""


@dataclass(frozen=True, kw_only=True)
class ForeignPlan(DrillPlan):
    """A drill that leaves a strategy its stop and order types; it starts where entries are near.

    The market falls by `fall_fraction` once `positions` are open.
    """

    pairs: tuple[str, ...] = (BTC, ETH, SOL)
    stake_usd: float = 3000.0
    guards: str = "enforce"
    positions: int = 2
    fall_fraction: float = 0.06

    def config(self) -> dict[str, Any]:
        """Return the last layer of the bot's config."""
        own = super().config()
        for key in set(OWN_SETTINGS) - set(self.overlay):
            own.pop(key)
        own["plimsoll"]["guards"] = self.guards
        return own


PLANS = {
    "EmaCrossRoi": ForeignPlan(start="2025-06-23T10:48:00Z"),
    "FuturesLongShort": ForeignPlan(start="2025-06-25T20:08:00Z", fall_fraction=0.025),
    "DcaLadder": ForeignPlan(start="2025-06-23T10:08:00Z", fall_fraction=0.12),
    "MultiTimeframe": ForeignPlan(start="2025-06-27T00:18:00Z", fall_fraction=0.04),
    "LimitMaker": ForeignPlan(start="2025-06-24T14:01:00Z", fall_fraction=0.04, speed=60.0),
}


def plan(name: str, **changed: Any) -> ForeignPlan:
    """Return the plan of a strategy's drill, with some of it changed."""
    return replace(PLANS[name], strategy=name, risk=RISK, **changed)


@contextmanager
def crashed(folder: Path, of: ForeignPlan, *, faulty: bool = False) -> Iterator[Drill]:
    """Run a strategy of others until it holds positions, then let the market fall."""
    with scene(folder, of, start=False, faulty=faulty) as bot:
        write_strategies(bot.userdir / "strategies")
        for file in (HERE / "hostile").glob("*.py"):
            shutil.copy(file, bot.userdir / "strategies" / file.name)
        bot.start()
        bot.wait_for_positions(of.positions)
        bot.move(-of.fall_fraction, seconds=30)
        yield bot


def flat_halted_told_and_rearmed(bot: Drill) -> dict[str, Any]:
    """Assert all of it; return what was measured."""
    record = acted(bot, RULE)
    bot.until_flat(since=moment(record["at"]))
    closed = [row for row in bot.trades() if row["exit_reason"] == f"plimsoll_{RULE}"]
    assert closed
    trip = tripped(bot, RULE, mode="HALTED", closes=len(closed))
    assert status(bot)["mode"] == "HALTED"
    assert "error" in bot.force_enter(BTC)
    stays_flat(bot, candles=1)
    before = len(bot.trades())
    rearm(bot)
    answer = bot.force_enter(BTC, stake_usd=500.0)  # where it has not entered by itself
    assert "already open" in answer.get("error", "already open"), answer
    bot.wait_until(lambda: len(bot.trades()) > before, what="an entry after the re-arm")
    return {
        "about": "crash",
        "strategy": bot.plan.strategy,
        "run": trip.run,
        "rule": RULE,
        "value": trip.value,
        "limit": trip.limit,
        "closed": trip.closed,
        "loops": trip.loops,
        "simulated_seconds": trip.simulated_seconds,
        "seen_in": trip.seen_in,
        "after": "re-armed by `plimsoll resume`, entered again",
    }


@pytest.mark.slow
def test_a_cross_of_averages_is_flat_halted_told_and_rearmed(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with crashed(tmp_path, plan("EmaCrossRoi")) as bot:
        save("crash-EmaCrossRoi", flat_halted_told_and_rearmed(bot))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["FuturesLongShort", "DcaLadder", "MultiTimeframe", "LimitMaker"])
def test_a_strategy_of_others_is_flat_halted_told_and_rearmed(
    tmp_path: Path, name: str, save: EvidenceFolder
) -> None:
    with crashed(tmp_path, plan(name)) as bot:
        save(f"crash-{name}", flat_halted_told_and_rearmed(bot))


@pytest.mark.slow
def test_with_orders_on_the_exchange_its_account_is_flat_too(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    with crashed(tmp_path, plan("FuturesLongShort", live=True, overlay=STOPS_THERE)) as bot:
        record = acted(bot, RULE)
        took = flat_there(bot, since=moment(record["at"]))
        assert took is not None
        measured = flat_halted_told_and_rearmed(bot)
        save("crash-FuturesLongShort-live", {**measured, "exchange_flat_seconds": took})


@pytest.mark.slow
@pytest.mark.parametrize("name", ["EmaCrossRoi", "FuturesLongShort"])
def test_guards_that_observe_close_nothing_and_say_what_they_would_have(
    tmp_path: Path, name: str, save: EvidenceFolder
) -> None:
    with crashed(tmp_path, plan(name, guards="observe")) as bot:
        record = acted(bot, RULE)
        assert record["observed"] is True
        pass_time(bot, loops=6)
        reasons = [row["exit_reason"] or "" for row in bot.trades()]
        assert not [reason for reason in reasons if reason.startswith("plimsoll_")]
        assert not [lock for lock in bot.locks() if lock["reason"].startswith("plimsoll")]
        told = bot.telegram.wait_for("would")
        before = len(bot.trades())
        answer = bot.force_enter(BTC, stake_usd=500.0) if not _holds(bot, BTC) else {}
        assert "error" not in answer, answer
        save(
            f"observed-{name}",
            {
                "about": "observed",
                "strategy": name,
                "value": record["value"],
                "limit": record["limit"],
                "open_after": len(bot.trades(is_open=True)),
                "trades": before,
                "told": told.text,
            },
        )


@pytest.mark.slow
def test_a_strategy_that_holds_on_by_every_means_cannot_stop_the_closing(
    tmp_path: Path, save: EvidenceFolder
) -> None:
    held = ForeignPlan(strategy="HostileForeign", risk=RISK, start="2025-06-24T14:01:00Z")
    with crashed(tmp_path, held, faulty=True) as bot:
        record = acted(bot, RULE)
        flat = bot.until_flat(since=moment(record["at"]))
        rows = closed_by(bot, RULE, 3)
        assert {row["exit_reason"] for row in rows} == {f"plimsoll_{RULE}"}
        assert status(bot)["mode"] == "HALTED"
        latest = flat.closed_at or moment(record["at"])
        save(
            "crash-HostileForeign",
            {
                "about": "crash",
                "strategy": "HostileForeign",
                "run": "dry-run",
                "rule": RULE,
                "value": record["value"],
                "limit": record["limit"],
                "closed": len(rows),
                "loops": loops_between(bot, moment(record["at"]), latest),
                "simulated_seconds": flat.venue_seconds,
                "seen_in": ("decision log", "database"),
                "after": "halted and flat",
            },
        )


def _holds(bot: Drill, pair: str) -> bool:
    return any(trade["pair"] == pair for trade in bot.trades(is_open=True))
