"""Re-arming at work: probation that begins and ends, and the terminal drawdown that stays."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import PairLocks
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.rpc.rpc import RPC

from plimsoll.bridge.account.stored_peak import StoredPeak, store_peak
from plimsoll.bridge.guarding.rearming import (
    RearmPolicy,
    beyond_terminal_words,
    needs_beyond_terminal,
    rearming_facts,
)
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Mode, Verdict
from plimsoll.risk import RiskProfile
from plimsoll.risk.rearming import Standing
from tests.unit.bridge.bots import NOON, running_bot
from tests.unit.bridge.guarding.test_live_session import loops, status, written
from tests.unit.bridge.guarding.test_supervisor import NOW, Case, case, halted, kept_verdicts
from tests.unit.bridge.state.test_latch import closed
from tests.unit.bridge.trades import database_trades

DAY = timedelta(days=1)
PROFILE = RiskProfile()
HALT = Verdict(Mode.HALTED, "drawdown", "it fell")
TERMINAL = Verdict(Mode.HALTED, "terminal_drawdown", "it fell for good")
DAILY = Verdict(Mode.FLATTEN, "daily_loss", "a bad day", NOW + DAY)


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Case]:
    with database_trades(tmp_path / "bot.sqlite"):
        enable_database_use()
        PairLocks.timeframe = "5m"
        yield case()
        enable_database_use()


def beyond(bot: Case, peak: float = 1200.0) -> Case:
    """A halt by drawdown, 27.5 % below the highest equity ever."""
    bot.account.peak = peak
    return halted(bot)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOON, tick=False) as traveller:
        yield traveller


# When a plain re-arming takes place


def test_beyond_the_terminal_drawdown_a_halt_needs_the_word_and_a_closed_day_does_not() -> None:
    fell = Standing(peak_usd=1000.0, equity_usd=750.0)
    assert needs_beyond_terminal([HALT], fell, PROFILE)
    assert not needs_beyond_terminal([DAILY], fell, PROFILE)
    assert not needs_beyond_terminal([HALT], Standing(peak_usd=1000.0, equity_usd=751.0), PROFILE)


def test_a_halt_by_the_terminal_drawdown_needs_it_whatever_the_equity_is_since() -> None:
    recovered = Standing(peak_usd=1000.0, equity_usd=760.0)
    assert needs_beyond_terminal([TERMINAL], recovered, PROFILE)
    assert needs_beyond_terminal([TERMINAL], Standing(), PROFILE)


def test_why_not_is_said_with_its_figures() -> None:
    assert beyond_terminal_words(Standing(peak_usd=1000.0, equity_usd=740.0), PROFILE) == (
        "a drawdown of 26.0% from the highest equity ever, 1,000.00 USD, is beyond the terminal "
        "one of 25.0%"
    )
    assert beyond_terminal_words(Standing(peak_usd=1000.0, equity_usd=760.0), PROFILE) == (
        "the account was halted by its terminal drawdown of 25.0%"
    )


def test_a_plain_resume_does_not_end_a_terminal_halt(bot: Case) -> None:
    beyond(bot)
    held = dict(bot.supervisor.held)
    assert {rule for rule, _ in held} == {"drawdown", "terminal_drawdown"}
    assert not bot.supervisor.resume(bot.now, reason="I feel lucky", by="anna")
    assert bot.supervisor.held == held
    assert bot.account.rearmed == []
    assert bot.events("rearm") == []
    (refused,) = [one for one in bot.events("error") if one["where"] == "rearm"]
    assert refused["durable"]
    assert "by anna: a drawdown of 27.5% from the highest equity ever" in refused["message"]
    assert bot.told[-1].startswith("🛑 Not re-armed by “anna”: ")
    assert bot.told[-1].endswith('in a shell: plimsoll resume --beyond-terminal --reason "…"')
    bot.loop()
    assert bot.supervisor.mode is Mode.HALTED


def test_with_the_word_it_ends_and_is_not_halted_for_again(bot: Case) -> None:
    beyond(bot)
    done = bot.supervisor.resume(bot.now, reason="the last try", by="anna", beyond_terminal=True)
    assert done
    (rearm,) = bot.events("rearm")
    assert (rearm["event"], rearm["beyond_terminal"]) == ("rearmed", True)
    bot.account.day_start = bot.account.equity
    for _ in range(4):
        bot.loop()
    assert bot.supervisor.held == {}


def test_unlock_beyond_it_puts_the_lock_back_and_says_what_to_type(bot: Case) -> None:
    beyond(bot)
    before = {one.rule for one in kept_verdicts(bot.now)}
    for row in list(before):
        number = locks.number_of(bot.supervisor.held[row, None], bot.now)
        RPC._rpc_delete_lock(object.__new__(RPC), lockid=number)
        bot.loop()
    assert {one.rule for one in kept_verdicts(bot.now)} == before
    assert bot.events("rearm") == []
    assert bot.supervisor.mode is Mode.HALTED
    assert bot.told[-1].startswith("🛑 Not re-armed by /unlock: ")
    assert "--beyond-terminal" in bot.told[-1]


# Probation


def test_a_re_arming_begins_probation_which_is_recorded_and_told(bot: Case) -> None:
    halted(bot)
    bot.account.day_start = bot.account.equity
    assert bot.supervisor.resume(bot.now, reason="checked", by="anna")
    (rearm,) = bot.events("rearm")
    assert rearm["probation_until"] == bot.now + 14 * DAY
    assert (
        "On probation: stakes times 0.5 until 2026-12-03 12:00 UTC, or a new high."
        in (bot.told[-1])
    )


def test_its_end_is_recorded_and_told_once(bot: Case) -> None:
    halted(bot)
    bot.account.day_start = bot.account.equity
    bot.supervisor.resume(bot.now, reason="checked", by="anna")
    bot.loop()
    assert bot.events("probation_ended") == []
    for _ in range(3):
        bot.loop(after=15 * DAY)
    (ended,) = bot.events("probation_ended")
    assert (ended["rule"], ended["durable"]) == ("probation", True)
    assert ended["reason"] == "the probation has ended: its 14 days are over"
    told = [text for text in bot.told if "Probation ended" in text]
    assert told == ["✅ Probation ended: its 14 days are over. Stakes are whole again."]


def test_the_end_of_one_that_was_over_before_a_start_is_no_news(bot: Case) -> None:
    bot.supervisor.begin(NOW, rearmed_at=NOW - 20 * DAY)
    bot.loop()
    assert bot.events("probation_ended") == []


def test_ending_a_bad_day_begins_no_probation(bot: Case) -> None:
    bot.supervisor.hold(DAILY, NOW)
    bot.supervisor.resume(NOW, reason="seen", by="anna")
    (rearm,) = bot.events("rearm")
    assert rearm["probation_until"] is None
    assert "probation" not in bot.told[-1]


def test_a_bot_re_armed_is_on_probation_after_a_restart_as_well(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").touch()
        loops(bot, clock)
        (tmp_path / "plimsoll/halt").unlink()
        StateFolder(tmp_path / "plimsoll").ask_to_resume("seen", "anna")
        loops(bot, clock, 2)
        before = status(tmp_path)
    closed(tmp_path)
    with running_bot(tmp_path) as bot:
        loops(bot, clock, 2)
        after = status(tmp_path)
        account, evaluation = bot.strategy._session.supervisor.of_entry(
            "BTC/USDT:USDT", datetime.fromisoformat(after["as_of"]), leverage=1.0
        )
        assert evaluation.of_pair("BTC/USDT:USDT").multiplier == 0.5
        assert account.rearmed_at is not None
    (rearm,) = written(tmp_path, "rearm")
    for seen in (before, after):
        assert seen["mode"] == "REDUCING"
        assert seen["why"].startswith("probation: re-armed at 2026-11-19 12:0")
        assert seen["rearming"]["probation_until"] == rearm["probation_until"][:19] + "+00:00"
        assert seen["rearming"]["probation_stake_fraction"] == 0.5


def test_a_plain_request_leaves_a_terminal_halt_of_a_running_bot_over_a_restart(
    tmp_path: Path, clock: Any
) -> None:
    limits = {"risk": {"terminal_drawdown_fraction": 0.01}}
    folder = StateFolder(tmp_path / "plimsoll")
    with running_bot(tmp_path, plimsoll=limits) as bot:
        loops(bot, clock, 2)
        store_peak(StoredPeak(11_000.0, NOON - DAY, None, 10_000.0, 10_000.0))
    closed(tmp_path)
    with running_bot(tmp_path, plimsoll=limits) as bot:
        loops(bot, clock, 2)
        assert status(tmp_path)["mode"] == "HALTED"
    closed(tmp_path)
    with running_bot(tmp_path, plimsoll=limits) as bot:
        loops(bot, clock)
        folder.ask_to_resume("once more", "anna")
        loops(bot, clock, 2)
        assert status(tmp_path)["mode"] == "HALTED"
        assert status(tmp_path)["rearming"]["peak_equity_usd"] == 11_000.0
        folder.ask_to_resume("the last try", "anna", beyond_terminal=True)
        loops(bot, clock, 2)
        assert status(tmp_path)["mode"] == "REDUCING"
    closed(tmp_path)
    with running_bot(tmp_path, plimsoll=limits) as bot:
        loops(bot, clock, 2)
        assert status(tmp_path)["mode"] == "REDUCING", "what was accepted stays accepted"
    (rearm,) = written(tmp_path, "rearm")
    assert (rearm["reason"], rearm["beyond_terminal"]) == ("the last try", True)


# What the status says


def test_the_status_has_probation_and_what_is_used_of_the_terminal_drawdown() -> None:
    standing = Standing(NOON, 1000.0, NOON - DAY, None, 900.0)
    assert rearming_facts(standing, PROFILE, NOON) == {
        "peak_equity_usd": 1000.0,
        "peak_drawdown_fraction": 0.1,
        "terminal_drawdown_fraction": 0.25,
        "probation_until": NOON + 14 * DAY,
        "probation_stake_fraction": 0.5,
    }
    assert rearming_facts(standing, PROFILE, NOON + 14 * DAY)["probation_until"] is None


# The policy of a backtest


class Flat:
    has_positions = False


def test_a_policy_re_arms_so_many_days_after_the_halt_once_nothing_is_open() -> None:
    policy, account = RearmPolicy(7), Flat()
    assert not policy.is_due([HALT], account, NOW)
    assert not policy.is_due([HALT], account, NOW + 7 * DAY - timedelta(seconds=1))
    account.has_positions = True
    assert not policy.is_due([HALT], account, NOW + 7 * DAY)
    account.has_positions = False
    assert policy.is_due([HALT], account, NOW + 7 * DAY)


def test_the_days_of_a_later_halt_are_its_own() -> None:
    policy, account = RearmPolicy(7), Flat()
    policy.is_due([HALT], account, NOW)
    assert not policy.is_due([DAILY], account, NOW + 5 * DAY), "no halt: a person ended it"
    assert not policy.is_due([HALT], account, NOW + 8 * DAY)
    assert policy.is_due([HALT], account, NOW + 15 * DAY)


@pytest.mark.parametrize("held", [[], [DAILY]])
def test_what_ends_by_itself_is_left_alone(held: list[Verdict]) -> None:
    assert not RearmPolicy(1).is_due(held, Flat(), NOW + 100 * DAY)


def test_without_days_or_beyond_the_terminal_drawdown_it_never_re_arms() -> None:
    never, gave_up = RearmPolicy(None), RearmPolicy(1)
    gave_up.is_due([HALT], Flat(), NOW)
    gave_up.give_up()
    for policy in (never, gave_up):
        policy.is_due([HALT], Flat(), NOW)
        assert not policy.is_due([HALT], Flat(), NOW + 1000 * DAY)
    gave_up.begin()
    assert not gave_up.is_due([HALT], Flat(), NOW)
    assert gave_up.is_due([HALT], Flat(), NOW + DAY), "a new run is a new account"
