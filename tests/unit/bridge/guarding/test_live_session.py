"""A dry-run bot under its guards: what it hears, locks, writes and survives."""

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import time_machine
from freqtrade.enums import CandleType, RunMode
from freqtrade.persistence import Order, PairLocks, Trade
from freqtrade.rpc.rpc import RPC

from plimsoll.bridge.config.settings import LIVE_OPT_IN
from plimsoll.bridge.freqtrade import reload
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Mode
from plimsoll.journal.files import records_backwards
from tests.unit.bridge.bots import (
    BTC,
    ETH,
    NOON,
    PLAIN,
    Bot,
    candles,
    entry,
    open_trade,
    running_bot,
)

LOOP = timedelta(seconds=5)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


def loops(bot: Bot, clock: Any, count: int = 1, *, after: timedelta = LOOP) -> None:
    """Let the bot loop, with candles as new as its clock."""
    for _ in range(count):
        clock.shift(after)
        now = datetime.now(UTC)
        for pair, price in bot.exchange.prices.items():
            end = now.replace(minute=now.minute // 5 * 5, second=0)
            key = (pair, "5m", CandleType.FUTURES)
            bot.exchange._klines[key] = candles([price] * 30, end=end)
        bot.strategy.wallets.update()
        bot.loop(now)


def exits(bot: Bot, clock: Any, pair: str = BTC) -> str | None:
    return bot.strategy._session.exit_rule(pair, datetime.now(UTC))


def written(folder: Path, kind: str) -> list[dict[str, Any]]:
    newest_first = records_backwards(folder / "plimsoll/decisions")
    return [one for one in reversed(list(newest_first)) if one["kind"] == kind]


def status(folder: Path) -> dict[str, Any]:
    found = StateFolder(folder / "plimsoll").status()
    assert found is not None
    return found


# What a person says


def test_the_flag_file_halts_in_the_next_loop_and_for_good(tmp_path: Path, clock: Any) -> None:
    flag = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        flag.set_halt("news")
        loops(bot, clock)
        assert exits(bot, clock) == "manual_halt"
        assert not entry(bot.strategy, NOON)
        flag.clear_halt()
        loops(bot, clock, 3)
        assert exits(bot, clock) == "manual_halt"
        assert status(tmp_path)["mode"] == "HALTED"
        assert any("🛑 Halted by hand: “news”." in text for text in bot.said())
    (halt,) = written(tmp_path, "halt")
    assert "flag file: news" in halt["reason"]


def test_an_empty_flag_is_enough(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert exits(bot, clock) == "manual_halt"
    assert "no reason" in written(tmp_path, "halt")[0]["reason"]


def test_halt_in_the_config_halts(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, plimsoll={"halt": True}) as bot:
        loops(bot, clock)
        assert exits(bot, clock) == "manual_halt"


def test_a_request_to_resume_is_taken_once(tmp_path: Path, clock: Any) -> None:
    folder = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path) as bot:
        folder.set_halt("news")
        loops(bot, clock)
        folder.clear_halt()
        folder.ask_to_resume("the news is old", "anna")
        loops(bot, clock)
        assert exits(bot, clock) is None
        assert not folder.resume_is_waiting
        assert entry(bot.strategy, NOON + 2 * LOOP)
    (rearm,) = written(tmp_path, "rearm")
    assert (rearm["reason"], rearm["by"], rearm["rules"]) == (
        "the news is old",
        "anna",
        ["manual_halt"],
    )


def test_a_request_that_cannot_be_read_rearms_nothing(tmp_path: Path, clock: Any) -> None:
    folder = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path) as bot:
        folder.set_halt("news")
        loops(bot, clock)
        folder.clear_halt()
        (tmp_path / "plimsoll/resume.json").write_text('{"by": "anna"}')
        loops(bot, clock, 2)
        assert exits(bot, clock) == "manual_halt"
    (error,) = written(tmp_path, "error")
    assert error["where"] == "resume"


# What the bot survives


def test_a_halt_survives_a_kill_and_ends_by_unlock(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR, amount=50.0)
        bot.exchange.prices[BTC] = 70.0
        loops(bot, clock, 4)
        assert exits(bot, clock) == "drawdown"
        # Nothing is said to end it: what is not in the database is gone.
    with running_bot(tmp_path) as again:
        again.exchange.prices[BTC] = 100.0
        loops(again, clock, 3, after=24 * HOUR)
        assert exits(again, clock) == "drawdown"
        assert status(tmp_path)["held"][0].startswith("plimsoll HALTED drawdown")
        assert status(tmp_path)["why"].startswith("drawdown: drawdown ")
        for lock in PairLocks.get_pair_locks("*"):
            RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
        loops(again, clock, 2)
        assert exits(again, clock) is None
    assert [one["by"] for one in written(tmp_path, "rearm")] == ["unlock"]
    verdicts = [one for one in written(tmp_path, "verdict") if one["rule"] == "drawdown"]
    assert [one["event"] for one in verdicts if one["event"] != "mode"] == ["restored"]


def test_after_a_rearming_a_restart_measures_from_the_same_level(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR, amount=50.0)
        bot.exchange.prices[BTC] = 70.0
        loops(bot, clock, 4)
        for lock in PairLocks.get_pair_locks("*"):
            RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
        bot.exchange.prices[BTC] = 72.0
        loops(bot, clock, 3)
        after = status(tmp_path)["high_water_equity_usd"]
        assert after < 9_000
    with running_bot(tmp_path) as again:
        again.exchange.prices[BTC] = 72.0
        loops(again, clock)
        assert status(tmp_path)["high_water_equity_usd"] == pytest.approx(after)


def test_a_halt_that_could_not_be_locked_is_locked_later_and_is_no_unlock(
    tmp_path: Path, clock: Any
) -> None:
    """Another writer holds the database while the halt is found."""
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").write_text("news")
        other = sqlite3.connect(tmp_path / "bot.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        try:
            loops(bot, clock)
        finally:
            other.execute("ROLLBACK")
            other.close()
        assert locks.held_verdicts(NOON + 2 * LOOP) == {}
        assert exits(bot, clock) == "manual_halt"
        assert not entry(bot.strategy, NOON + 2 * LOOP)
        (tmp_path / "plimsoll/halt").unlink()
        loops(bot, clock, 3)
        assert exits(bot, clock) == "manual_halt"
        assert locks.held_verdicts(NOON + 5 * LOOP).keys() == {("manual_halt", None)}
    assert len(written(tmp_path, "halt")) == 1
    assert written(tmp_path, "rearm") == []


def test_a_price_that_cannot_be_had_takes_no_entry(tmp_path: Path, clock: Any) -> None:
    alone = {"risk": {"max_correlation": 1.0}}
    with running_bot(tmp_path, plimsoll=alone) as bot:
        open_trade(NOON - HOUR, pair=ETH)
        loops(bot, clock)
        assert entry(bot.strategy, NOON + LOOP)
        del bot.exchange.prices[ETH]
        loops(bot, clock)
        assert not entry(bot.strategy, NOON + 2 * LOOP)
        bot.exchange.prices[ETH] = 100.0
        loops(bot, clock)
        assert entry(bot.strategy, NOON + 3 * LOOP)


def test_an_exchange_that_breaks_in_the_loop_takes_no_entry_and_in_the_end_closes(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        bot.exchange.fails = RuntimeError("a bug of the exchange")
        loops(bot, clock)
        assert not entry(bot.strategy, NOON + 2 * LOOP)
        assert exits(bot, clock) is None
        loops(bot, clock, 2, after=timedelta(seconds=151))
        assert exits(bot, clock) == "blind_guards"
        assert bot.strategy.order_types["exit"] == "market"


def test_an_unwritable_log_takes_no_entry(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert entry(bot.strategy, NOON + LOOP)
        bot.strategy._session._recorder._log.close()
        for _ in range(2):  # not even the one whose record is the first to fail
            assert not entry(bot.strategy, NOON + LOOP)
        assert any("Decisions cannot be recorded" in text for text in bot.said())


# Exits and orders


RESTS = f"""{PLAIN}
    order_types = {{**GuardedStrategy.order_types, "exit": "limit"}}
    exit_profit_only = True

    def veto_exit(self, trade, reason, now):
        return True

    def exit_reason(self, trade, now, price, profit_fraction):
        return "mine"
"""


def test_while_something_is_to_be_closed_exits_are_at_market(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, RESTS) as bot:
        loops(bot, clock)
        strategy = bot.strategy
        assert strategy.order_types["exit"] == "limit"
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert strategy.order_types["exit"] == "market"
        (tmp_path / "plimsoll/halt").unlink()
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock)
        assert strategy.order_types["exit"] == "limit"


def leave(bot: Bot, trade: Trade, reason: str) -> bool:
    return bot.strategy.confirm_trade_exit(
        pair=trade.pair,
        trade=trade,
        order_type="market",
        amount=trade.amount,
        rate=100.0,
        time_in_force="GTC",
        exit_reason=reason,
        current_time=NOON,
    )


def reasons(bot: Bot, trade: Trade) -> list[str]:
    """What Freqtrade would close a trade for, most urgent first."""
    exits = bot.strategy.should_exit(trade, 100.0, NOON, enter=False, exit_=False)
    return [one.exit_reason for one in exits]


def test_a_strategy_may_refuse_its_own_exits_while_no_guard_holds(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path, RESTS) as bot:
        held = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert reasons(bot, held) == ["mine"]
        assert not leave(bot, held, "mine")
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert reasons(bot, held) == ["plimsoll_manual_halt"]
        assert leave(bot, held, "mine")


def test_an_exit_that_was_refused_is_no_order_on_record(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, RESTS) as bot:
        held = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert not leave(bot, held, "mine")
        assert leave(bot, held, "force_exit")
        assert [one["tag"] for one in written(tmp_path, "order")] == ["force_exit"]


def test_a_veto_that_fails_lets_the_exit_through_on_record(tmp_path: Path, clock: Any) -> None:
    fails = RESTS.replace("        return True\n", '        raise OSError("no word")\n')
    with running_bot(tmp_path, fails) as bot:
        held = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert leave(bot, held, "mine")
        assert [one["tag"] for one in written(tmp_path, "order")] == ["mine"]
        assert [one["where"] for one in written(tmp_path, "error")] == ["veto of an exit"]


def test_resting_orders_are_cancelled_only_when_their_pair_is_to_be_flat(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        held = open_trade(NOON - HOUR)
        limit, market = Order(order_type="limit"), Order(order_type="market")
        loops(bot, clock)

        def cancelled(order: Order) -> tuple[bool, bool]:
            found = []
            for side in (held.entry_side, held.exit_side):
                order.ft_order_side = side
                found.append(bot.strategy.ft_check_timed_out(held, order, NOON))
            return found[0], found[1]

        assert cancelled(limit) == (False, False)
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert cancelled(limit) == (True, True)
        assert cancelled(market) == (True, False)


def test_with_exit_signals_off_the_guards_still_exit(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, RESTS, use_exit_signal=False) as bot:
        held = open_trade(NOON - HOUR)
        loops(bot, clock)
        assert reasons(bot, held) == []
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        assert reasons(bot, held) == ["plimsoll_manual_halt"]


# What is written


def test_the_status_names_the_bot_its_mode_and_its_figures(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, bot_name="one") as bot:
        loops(bot, clock, 3)
    found = status(tmp_path)
    assert found.pop("meters")["as_of"] == found["as_of"]  # test_meters.py has what is in it
    assert found == {
        "as_of": "2026-11-19T12:00:15+00:00",
        "bot": "one",
        "strategy": "Plain",
        "guards": "enforce",
        "mode": Mode.ACTIVE.name,
        "why": None,
        "held": [],
        "verdicts": [],
        "breaks": [],
        "loops": 3,
        "stops_on_exchange": True,
        "unseen": "",
        "equity_usd": 10_000.0,
        "day_start_equity_usd": 10_000.0,
        "high_water_equity_usd": 10_000.0,
        "rearming": {
            "peak_equity_usd": 10_000.0,
            "peak_drawdown_fraction": 0.0,
            "terminal_drawdown_fraction": 0.25,
            "probation_until": None,
            "probation_stake_fraction": 0.5,
        },
        "told_to": [],
        "nobody_is_told": "nobody is told: no messenger is set up (docs/messages.md)",
        "undelivered": {"count": 0, "oldest": None, "last_error": None},
        "last_told": (
            "▶️ Plain started. Dry-run on binance. 28 guards on; limits: daily loss 3\u00a0%, "
            "drawdown 12\u00a0%, risk per trade 1\u00a0%. Nothing is open. No halt is in force."
        ),
    }


def test_an_order_and_its_fills_are_recorded(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        assert entry(bot.strategy, NOON + LOOP)
        held = open_trade(NOON)
        fill = Order(ft_order_side="buy", price=100.0, average=100.5, filled=10.0, amount=10.0)
        bot.strategy.order_filled(pair=BTC, trade=held, order=fill, current_time=NOON)
        leave(bot, held, "plimsoll_drawdown")
        held.is_open, held.exit_reason = False, "plimsoll_drawdown"
        held.close_profit_abs, held.close_profit = -12.0, -0.012
        left = Order(ft_order_side="sell", price=99.0, filled=10.0, amount=10.0)
        bot.strategy.order_filled(pair=BTC, trade=held, order=left, current_time=NOON)
    opened, closed = written(tmp_path, "order")
    assert (opened["side"], opened["stake_usd"], opened["price"]) == ("long", 100.0, 100.0)
    assert (closed["side"], closed["tag"]) == ("close long", "plimsoll_drawdown")
    assert closed["stake_usd"] == 1000.0
    fills = written(tmp_path, "fill")
    assert [(one["side"], one["price"], one["closes"]) for one in fills] == [
        ("buy", 100.5, False),
        ("sell", 99.0, True),
    ]
    (left_record,) = written(tmp_path, "exit")
    assert (left_record["reason"], left_record["profit_usd"]) == ("plimsoll_drawdown", -12.0)


def test_the_log_is_one_chain_over_a_restart(tmp_path: Path, clock: Any) -> None:
    for halt in (False, True):
        with running_bot(tmp_path, plimsoll={"halt": halt}) as bot:
            loops(bot, clock)
    starts = written(tmp_path, "start")
    assert [one["changed"] for one in starts] == [
        {},
        {"plimsoll.halt": {"before": False, "after": True}},
    ]
    numbers = [
        orjson.loads(line)["seq"]
        for file in sorted((tmp_path / "plimsoll/decisions").glob("*.jsonl"))
        for line in file.read_bytes().splitlines()
    ]
    assert numbers == list(range(1, len(numbers) + 1))


# Looser limits

LIVE_WITH = {"live_opt_in": LIVE_OPT_IN}
STRICT, LOOSE = {"risk": {"max_leverage": 1}}, {"risk": {"max_leverage": 2}}


def test_live_a_looser_limit_waits_for_a_person_and_a_reload(tmp_path: Path, clock: Any) -> None:
    folder = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path, runmode=RunMode.LIVE, plimsoll={**LIVE_WITH, **STRICT}):
        pass
    loose = {"runmode": RunMode.LIVE, "plimsoll": {**LIVE_WITH, **LOOSE}}
    with running_bot(tmp_path, **loose) as bot:
        loops(bot, clock)
        assert bot.strategy._session.supervisor.profile.max_leverage == 1
        assert any("not in force: max leverage 1 → 2" in text for text in bot.said())
        assert status(tmp_path)["held_back"] == {"max_leverage": [1, 2]}
        folder.ask_to_accept("step two", "anna")
        loops(bot, clock)
        assert any("accepted by “anna” (“step two”)" in text for text in bot.said())
        assert bot.strategy._session.supervisor.profile.max_leverage == 1
    with running_bot(tmp_path, **loose) as bot:
        loops(bot, clock)
        assert bot.strategy._session.supervisor.profile.max_leverage == 2
        assert not any("Looser limits" in text for text in bot.said())
    starts = [one["profile"]["max_leverage"] for one in written(tmp_path, "start")]
    assert starts == [1, 1, 2]
    events = [one["event"] for one in written(tmp_path, "limits")]
    assert events == ["looser", "accepted", "looser"]


def test_a_dry_run_takes_a_looser_limit_and_tells(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, plimsoll=STRICT):
        pass
    with running_bot(tmp_path, plimsoll=LOOSE) as bot:
        loops(bot, clock)
        assert bot.strategy._session.supervisor.profile.max_leverage == 2
        assert any("in force: max leverage 1 → 2" in text for text in bot.said())
    (record,) = written(tmp_path, "limits")
    assert record["changes"]["max_leverage"] == {"before": 1, "after": 2, "in_force": True}


def test_a_request_to_accept_that_cannot_be_read_accepts_nothing(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        (tmp_path / "plimsoll/accept-looser.json").write_text("{}")
        loops(bot, clock)
    assert [one["where"] for one in written(tmp_path, "error")] == ["limits"]
    assert written(tmp_path, "limits") == []


def test_a_refused_reload_is_told_and_on_record(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        monkeypatch.setattr(reload, "reload_fault", lambda: "no such limit")
        rpc = RPC.__new__(RPC)
        assert "no such limit" in rpc._rpc_reload_config()["status"]
        assert any("stay in force: no such limit" in text for text in bot.said())
    (record,) = written(tmp_path, "error")
    assert (record["where"], record["message"]) == ("reload", "no such limit")
