"""What acts is latched, locked, recorded and told; only time or a person ends it."""

import sqlite3
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import PairLocks, Trade
from freqtrade.persistence.usedb_context import enable_database_use
from freqtrade.rpc.rpc import RPC
from sqlalchemy.exc import OperationalError

from plimsoll.bridge.guarding.account import Account
from plimsoll.bridge.guarding.supervisor import Supervisor
from plimsoll.bridge.state import locks
from plimsoll.core import AccountSnapshot, Mode, PairData, Position, TrackRecord, Verdict
from plimsoll.core.health import DataHealth
from plimsoll.risk import RiskProfile
from plimsoll.risk.rearming import Standing
from plimsoll.risk.track_record import track_record
from tests.unit.bridge.trades import backtest_trades, database_trades
from tests.unit.risk.accounts import BTC, ETH, account, position, request

NOW = datetime(2026, 11, 19, 12, tzinfo=UTC)
LOOP = timedelta(seconds=5)
HOUR = timedelta(hours=1)


class Accounted:
    """An account whose equity and positions a test sets; 1,000 USD and one position."""

    def __init__(self) -> None:
        self.equity: float = 1000.0
        self.high, self.day_start = 1000.0, 1000.0
        self.positions: Sequence[Position] = (position(mark_price=99.0, amount=20.0),)
        self.broken: Exception | None = None
        self.calm = False
        self.halt: str | None = None
        self.rearmed: list[datetime] = []
        self.peak: float | None = None
        self.beyond_at: datetime | None = None
        self.records_asked: list[bool] = []
        self.models: Any = ()

    @property
    def open_pairs(self) -> list[str]:
        return [one.pair for one in self.positions]

    @property
    def has_positions(self) -> bool:
        return bool(self.positions)

    def update(self, now: datetime) -> bool:
        if self.broken is not None:
            raise self.broken
        return not self.calm

    def snapshot(
        self, now: datetime, pair: str | None = None, *, with_record: bool = False
    ) -> AccountSnapshot:
        self.records_asked.append(with_record)
        fresh = PairData(newest_candle_closed_at=now, candle_seconds=300.0)
        return account(
            as_of=now,
            equity_usd=self.equity,
            day_start_equity_usd=self.day_start,
            high_water_equity_usd=self.high,
            peak_equity_usd=self.equity if self.peak is None else self.peak,
            beyond_terminal_at=self.beyond_at,
            positions=self.positions,
            closed_trades=(),
            order_times=(),
            data_health=DataHealth(pairs={ETH: fresh, BTC: fresh}),
            manual_halt_reason=self.halt,
        )

    def track_record(self, now: datetime) -> TrackRecord:
        return track_record((), starting_balance_usd=1000.0, as_of=now)

    def set_models(self, models: Any) -> None:
        self.models = models

    def ordered(self, now: datetime) -> None: ...

    @property
    def standing(self) -> Standing:
        return Standing(
            self.rearmed[-1] if self.rearmed else None,
            self.peak,
            None,
            self.beyond_at,
            self.equity,
        )

    def rearm(self, now: datetime, *, beyond_terminal: bool = False) -> None:
        self.rearmed.append(now)
        self.high = self.equity
        self.beyond_at = now if beyond_terminal else self.beyond_at

    def liquidity_usd(self, pair: str, now: datetime) -> float | None:
        return None

    def window(self, pair: str, now: datetime, candles: int) -> None:
        return None

    def facts(self) -> Mapping[str, float | None]:
        return {"equity_usd": self.equity}


@dataclass
class Case:
    """A supervisor, its account, and all that it wrote and said."""

    account: Accounted
    supervisor: Supervisor
    records: list[dict[str, Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    now: datetime = NOW

    def loop(self, *, after: timedelta = LOOP) -> None:
        """Loop as the bot does: an error denies."""
        self.now += after
        try:
            self.supervisor.loop(self.now)
        except OSError as error:
            self.supervisor.failed(self.now, error, halt_reason=self.account.halt)

    def events(self, *names: str) -> list[dict[str, Any]]:
        return [one for one in self.records if one.get("event") in names or one["kind"] in names]

    def exits(self, pair: str = ETH) -> str | None:
        return self.supervisor.exit_reason(pair, self.now)

    def entry(self) -> Verdict:
        seen, found = self.supervisor.of_entry(BTC, self.now, leverage=3.0)
        return self.supervisor.judge(request(), seen, found)


def case(*, observations: int = 3, persistent: bool = True, **limits: Any) -> Case:
    held = Accounted()
    seen_as: Account = held
    records: list[dict[str, Any]] = []
    told: list[str] = []
    profile = RiskProfile(max_correlation=1.0, **limits)
    supervisor = Supervisor(
        seen_as,
        profile,
        observations=observations,
        record=lambda kind, at, *, durable=False, **fields: records.append(
            {"kind": str(kind), "at": at, "durable": durable, **fields}
        ),
        tell=told.append,
        persistent=persistent,
    )
    made = Case(held, supervisor, records, told)
    supervisor.begin(NOW)
    return made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Path]:
    """A bot's database."""
    path = tmp_path / "bot.sqlite"
    with database_trades(path):
        enable_database_use()
        PairLocks.timeframe = "5m"
        yield path
        enable_database_use()


@pytest.fixture
def bot(file: Path) -> Case:
    return case()


def halted(made: Case) -> Case:
    """Fall by 13 % on marks for as many loops as it takes."""
    made.account.equity, made.account.day_start = 870.0, 880.0
    made.account.positions = (position(mark_price=96.0, amount=20.0),)
    for _ in range(3):
        made.loop()
    assert made.exits() == "drawdown"
    return made


def kept_verdicts(now: datetime = NOW) -> list[Verdict]:
    return list(locks.held_verdicts(now).values())


# The latch


def test_a_calm_account_trades_and_nothing_is_written(bot: Case) -> None:
    for _ in range(5):
        bot.loop()
    assert bot.supervisor.mode is Mode.ACTIVE
    assert not bot.supervisor.closes_something
    assert bot.exits() is None
    assert bot.entry().mode is Mode.ACTIVE
    assert (bot.records, bot.told, kept_verdicts()) == ([], [], [])


def test_a_breach_on_marks_acts_at_its_third_loop(bot: Case) -> None:
    bot.account.equity = 968.0
    modes = []
    for _ in range(3):
        bot.loop()
        modes.append((bot.supervisor.mode, bot.exits(), bot.entry().allows_entries))
    assert modes == [
        (Mode.REDUCING, None, False),
        (Mode.REDUCING, None, False),
        (Mode.FLATTEN, "daily_loss", False),
    ]


def test_one_wrong_tick_closes_nothing(bot: Case) -> None:
    for equity in (968.0, 1000.0, 968.0, 1000.0, 968.0):
        bot.account.equity = equity
        bot.loop()
        assert bot.exits() is None
    assert kept_verdicts() == []


def test_a_calm_loop_between_breaches_begins_the_count_anew_in_a_backtest(tmp_path: Path) -> None:
    """A backtest does not evaluate a calm candle; it may not be taken for a breach."""
    with backtest_trades():
        PairLocks.reset_locks()
        made = case(observations=2, persistent=False)
        for equity in (968.0, 1000.0, 968.0, 1000.0, 968.0):
            made.account.equity = equity
            made.account.calm = equity == 1000.0
            made.loop(after=HOUR / 12)
            assert made.exits() is None


def test_a_breach_beyond_the_hard_limit_acts_at_once(bot: Case) -> None:
    bot.account.equity = 950.0
    bot.loop()
    assert bot.exits() == "daily_loss"


def test_what_has_acted_is_locked_recorded_and_told(bot: Case) -> None:
    halted(bot)
    (verdict,) = kept_verdicts()
    assert (verdict.mode, verdict.rule, verdict.pair) == (Mode.HALTED, "drawdown", None)
    (halt,) = bot.events("halt")
    assert halt["durable"] is True
    assert (halt["event"], halt["mode"], halt["scope"], halt["rule"]) == (
        "acted",
        "HALTED",
        "account",
        "drawdown",
    )
    assert (halt["value"], halt["limit"]) == (pytest.approx(0.13), 0.12)
    assert halt["equity_usd"] == 870.0
    (text,) = bot.told
    (lock,) = PairLocks.get_pair_locks("*", bot.now)
    assert text == (
        "🛑 Drawdown limit: −13\u00a0% (limit 12\u00a0%). Closing 1 position (ETH/USDT). "
        'No entries until a person resumes: plimsoll resume --reason "…" (in a shell), '
        f"or /unlock {lock.id} here."
    )


def test_a_position_is_closed_and_its_pair_locked_alone(bot: Case) -> None:
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    assert bot.exits(ETH) == "liquidation_distance"
    assert bot.exits(BTC) is None
    assert bot.supervisor.mode is Mode.ACTIVE
    (acted,) = bot.events("acted")
    assert (acted["kind"], acted["scope"], acted["pair"]) == ("verdict", "pair", ETH)
    assert bot.told[0].startswith("🛑 ETH/USDT: Close to liquidation: ")
    assert "Closing its position. No entries in ETH/USDT until 12:" in bot.told[0]
    assert bot.told[0].endswith("Ends by itself; /locks shows it.")


def test_what_ends_by_itself_is_told(bot: Case) -> None:
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    bot.account.positions = ()
    bot.loop(after=HOUR)
    assert bot.supervisor.held == {}
    assert bot.told[1:] == [
        "✅ Ended: Close to liquidation in ETH/USDT. Entries are allowed again."
    ]


def test_a_halt_whose_account_cannot_be_read_is_told_with_what_is_known(bot: Case) -> None:
    def unreadable(*_: object, **__: object) -> AccountSnapshot:
        raise OSError("no connection")

    bot.account.broken, bot.account.halt = OSError("no connection"), "enough"
    bot.account.snapshot = unreadable  # type: ignore[method-assign]
    bot.loop()
    assert bot.told[-1] == (
        "🛑 Halted by hand: “enough”. Closing all positions. No entries until a person resumes: "
        'plimsoll resume --reason "…" (in a shell).'
    )


def test_the_strictest_names_the_exit(bot: Case) -> None:
    bot.account.positions = (position(mark_price=75.0),)
    bot.account.halt = "enough"
    bot.loop()
    assert bot.exits(ETH) == "manual_halt"
    assert len(kept_verdicts()) == 2


def test_what_acts_beside_a_halt_is_not_told_to_end_by_itself(bot: Case) -> None:
    bot.account.equity = 870.0
    bot.account.positions = (position(),)
    bot.loop()
    bot.account.equity = 860.0
    bot.loop()
    bot.loop()
    flattened = [text for text in bot.told if "Daily loss" in text]
    assert flattened
    assert not any("by itself" in text for text in bot.told)
    assert flattened[0].endswith("the halt until a person resumes.")


def test_changes_of_the_mode_are_recorded_with_the_figures(bot: Case) -> None:
    bot.account.equity = 968.0
    for _ in range(3):
        bot.loop()
    bot.account.equity, bot.account.positions = 971.0, ()
    bot.loop(after=13 * HOUR)  # the next day
    changes = bot.events("mode")
    assert {one["kind"] for one in changes} == {"verdict"}
    assert [(one["mode_before"], one["mode"], one["durable"]) for one in changes] == [
        ("ACTIVE", "REDUCING", False),
        ("REDUCING", "FLATTEN", True),
        ("FLATTEN", "ACTIVE", False),
    ]
    assert changes[1]["equity_usd"] == 968.0


def test_a_flatten_ends_with_its_day_and_that_is_recorded(bot: Case) -> None:
    bot.account.equity = 950.0
    bot.loop()
    bot.account.equity, bot.account.day_start = 960.0, 960.0
    bot.loop(after=11 * HOUR)
    assert bot.exits() == "daily_loss", "though the loss is over"
    bot.account.calm, bot.account.positions = True, ()
    bot.loop(after=HOUR)
    assert bot.exits() is None
    (ended,) = bot.events("ended")
    assert ended["kind"] == "verdict"
    assert (ended["rule"], ended["mode"]) == ("daily_loss", "FLATTEN")
    assert bot.supervisor.mode is Mode.ACTIVE


def test_a_verdict_that_lasts_longer_moves_its_lock(bot: Case) -> None:
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    bot.loop(after=timedelta(minutes=7))
    assert [one.pair for one in kept_verdicts(bot.now)] == [ETH]
    assert kept_verdicts(bot.now)[0].until > bot.now + timedelta(minutes=1)
    assert len(bot.events("acted")) == 1


def test_a_verdict_that_becomes_stricter_acts_again(bot: Case) -> None:
    bot.account.halt = None
    bot.account.equity = 950.0
    bot.loop()
    bot.account.equity, bot.account.high = 800.0, 1000.0
    bot.loop()
    assert [one["rule"] for one in bot.events("acted")] == ["daily_loss", "drawdown"]
    assert bot.exits() == "drawdown"


def test_a_flat_account_that_is_halted_is_not_asked_again_in_a_backtest() -> None:
    with backtest_trades():
        PairLocks.reset_locks()
        made = case(persistent=False)
        made.account.halt = "enough"
        made.loop()
        made.account.positions, made.account.calm = (), True
        asked = len(made.account.records_asked)
        for _ in range(10):
            made.loop()
        assert len(made.account.records_asked) == asked
        assert made.exits() == "manual_halt"
        made.account.positions = (position(),)
        made.loop()
        assert len(made.account.records_asked) == asked + 1


# A restart


def restarted(file: Path, made: Case) -> Case:
    Trade.session.remove()
    with database_trades(file):
        pass
    again = case()
    again.now, again.account = made.now, again.account
    return again


def test_a_halt_is_still_in_force_after_a_restart(file: Path, bot: Case) -> None:
    again = restarted(file, halted(bot))
    assert again.exits() == "drawdown"
    assert again.supervisor.mode is Mode.HALTED
    assert again.supervisor.closes_something
    assert not again.entry().allows_entries
    (restored,) = again.events("restored")
    assert (restored["rule"], restored["durable"]) == ("drawdown", True)
    (told,) = [text for text in again.told if "Still halted since before this start" in text]
    assert "Drawdown limit: drawdown 13.00\u00a0% from" in told
    assert "plimsoll resume --reason" in told
    for _ in range(5):  # the account is well again, and stays halted
        again.loop(after=24 * HOUR)
    assert again.exits() == "drawdown"
    assert again.events("rearm") == []


def test_a_bot_in_memory_takes_no_lock_over() -> None:
    with backtest_trades():
        PairLocks.reset_locks()
        locks.hold(Verdict(Mode.HALTED, "drawdown", "13%"), NOW)
        made = case(persistent=False)
        assert made.supervisor.held == {}
        assert made.supervisor.mutex is None
    assert isinstance(case_mutex(), type(threading.RLock()))


def case_mutex() -> object:
    return Supervisor(Accounted(), RiskProfile(), observations=1, persistent=True).mutex


# A person


def test_resume_releases_everything_with_its_reason(bot: Case) -> None:
    halted(bot)
    bot.supervisor.resume(bot.now, reason="the feed was wrong", by="anna")
    assert kept_verdicts(bot.now) == []
    assert bot.exits() is None
    assert bot.account.rearmed == [bot.now]
    (rearm,) = bot.events("rearm")
    assert (rearm["reason"], rearm["by"], rearm["rules"], rearm["durable"]) == (
        "the feed was wrong",
        "anna",
        ["drawdown"],
        True,
    )
    assert bot.told[-1].startswith("▶️ Re-armed by “anna”: “the feed was wrong”. ")
    assert "It was held by: Drawdown limit." in bot.told[-1]
    bot.account.day_start = 870.0
    bot.loop()
    assert bot.supervisor.mode is Mode.ACTIVE
    assert bot.entry().mode is Mode.ACTIVE


def test_resume_with_nothing_held_is_recorded_and_moves_no_level(bot: Case) -> None:
    bot.supervisor.resume(bot.now, reason="just in case", by="anna")
    (rearm,) = bot.events("rearm")
    assert rearm["rules"] == []
    assert bot.account.rearmed == []
    assert bot.told[-1].endswith("Nothing was held.")


def test_resume_of_a_flatten_leaves_the_high_water_mark(bot: Case) -> None:
    bot.account.equity = 950.0
    bot.loop()
    bot.supervisor.resume(bot.now, reason="seen", by="anna")
    assert bot.account.rearmed == []
    assert bot.supervisor.held == {}


def test_a_halt_among_others_moves_the_high_water_mark(bot: Case) -> None:
    bot.account.equity = 950.0
    bot.account.halt = "enough"
    bot.loop()
    assert len(kept_verdicts(bot.now)) == 2
    bot.supervisor.resume(bot.now, reason="seen", by="anna")
    assert bot.account.rearmed == [bot.now]
    assert bot.events("rearm")[0]["rules"] == ["daily_loss", "manual_halt"]


def test_a_breach_that_was_counted_is_forgotten_by_resume(bot: Case) -> None:
    bot.account.equity = 968.0
    bot.loop()
    bot.loop()
    bot.supervisor.resume(bot.now, reason="seen", by="anna")
    bot.loop()
    assert bot.exits() is None


def test_freqtrades_unlock_is_noticed_in_the_next_loop(bot: Case) -> None:
    halted(bot)
    (lock,) = PairLocks.get_pair_locks("*", bot.now)
    with time_machine.travel(bot.now, tick=False):
        RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
    assert bot.exits() == "drawdown", "until the loop has seen it"
    bot.account.day_start = 870.0
    bot.loop()
    assert bot.exits() is None
    (rearm,) = bot.events("rearm")
    assert (rearm["by"], rearm["rules"]) == ("unlock", ["drawdown"])
    assert bot.account.rearmed == [bot.now]


def test_removing_one_lock_of_two_leaves_the_other(bot: Case) -> None:
    bot.account.halt = "enough"
    halted_at = bot.now
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    (lock,) = PairLocks.get_pair_locks(ETH, halted_at)
    with time_machine.travel(halted_at + LOOP, tick=False):
        RPC._rpc_delete_lock(object.__new__(RPC), lockid=lock.id)
    bot.account.positions = (position(),)
    bot.loop()
    (rearm,) = bot.events("rearm")
    assert rearm["rules"] == ["liquidation_distance"]
    assert bot.account.rearmed == []
    assert bot.exits() == "manual_halt"


def test_a_lock_that_simply_ended_is_nobodys_rearming(bot: Case) -> None:
    bot.account.equity = 950.0
    bot.loop()
    bot.account.equity = bot.account.day_start = 960.0
    bot.loop(after=13 * HOUR)
    assert bot.events("rearm") == []


def test_a_breach_that_goes_on_halts_again_after_resume(bot: Case) -> None:
    bot.account.halt = "enough"
    bot.loop()
    bot.supervisor.resume(bot.now, reason="go on", by="anna")
    bot.loop()
    assert bot.exits() == "manual_halt"
    assert len(bot.events("halt")) == 2


# A loop that fails


def test_a_failing_loop_denies_and_says_so_once(bot: Case) -> None:
    bot.account.broken = OSError("no connection")
    for _ in range(4):
        bot.loop()
    assert (bot.entry().rule, bot.entry().allows_entries) == ("loop", False)
    assert "OSError: no connection" in bot.entry().reason
    assert [one["message"] for one in bot.events("error")] == ["OSError: no connection"]
    assert len(bot.told) == 1
    assert bot.supervisor.closes_something
    assert bot.exits() is None


def test_one_good_loop_ends_it(bot: Case) -> None:
    bot.account.broken = OSError("no connection")
    bot.loop()
    bot.account.broken = None
    bot.loop()
    assert bot.entry().mode is Mode.ACTIVE
    assert not bot.supervisor.closes_something


def test_blind_for_too_long_closes_everything(bot: Case) -> None:
    bot.account.broken = OSError("no connection")
    bot.loop()
    bot.loop(after=timedelta(seconds=300))
    assert bot.exits() is None, "exactly at the limit"
    bot.loop(after=timedelta(seconds=1))
    assert (bot.exits(ETH), bot.exits(BTC)) == ("blind_guards", "blind_guards")


def test_what_closes_blindly_between_two_looks_is_on_record_before_it_is_sent(bot: Case) -> None:
    bot.account.broken = OSError("no connection")
    bot.loop()
    bot.loop(after=timedelta(seconds=299))
    assert bot.events("acted") == []
    later = bot.now + timedelta(seconds=2)
    assert bot.supervisor.exit_reason(ETH, later) == "blind_guards"
    (acted,) = bot.events("acted")
    assert (acted["rule"], acted["mode"]) == ("blind_guards", "FLATTEN")
    assert [one.rule for one in kept_verdicts(later)] == ["blind_guards"]
    assert bot.supervisor.exit_reason(BTC, later) == "blind_guards"
    assert len(bot.events("acted")) == 1, "once for all positions"


def test_it_closes_also_where_that_cannot_be_kept(
    bot: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(*_: Any) -> None:
        raise OperationalError("INSERT", {}, sqlite3.OperationalError("database is locked"))

    bot.account.broken = OSError("no connection")
    bot.loop()
    monkeypatch.setattr(locks, "hold", locked)
    later = bot.now + timedelta(seconds=301)
    assert bot.supervisor.exit_reason(ETH, later) == "blind_guards"
    assert len(bot.events("acted")) == 1


def test_blindness_is_measured_from_its_own_beginning(bot: Case) -> None:
    for broken in (OSError("one"), None, OSError("two")):
        bot.account.broken = broken
        bot.loop(after=timedelta(seconds=200))
    assert bot.exits() is None


def test_what_has_acted_still_closes_while_the_loop_fails(bot: Case) -> None:
    halted(bot)
    bot.account.broken = OSError("no connection")
    bot.loop()
    assert bot.exits() == "drawdown"


def test_a_person_halts_also_a_bot_that_cannot_see_its_account(bot: Case) -> None:
    bot.account.broken, bot.account.halt = OSError("no prices"), "flag file: news"
    bot.loop()
    assert bot.exits() == "manual_halt"
    assert [one.rule for one in kept_verdicts(bot.now)] == ["manual_halt"]


def test_resume_releases_what_a_native_protection_has_locked_too(bot: Case) -> None:
    bot.loop()
    locks.hold(Verdict(Mode.HALTED, "break_even", "100 trades lost together"), bot.now)
    bot.supervisor.resume(bot.now, reason="looked into it", by="me")
    assert kept_verdicts(bot.now) == []
    assert bot.events("rearm")[-1]["rules"] == ["break_even"]


def test_a_fault_denies_even_where_it_can_be_neither_written_nor_told(file: Path) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RuntimeError("the disk is full")

    held = Accounted()
    supervisor = Supervisor(
        held, RiskProfile(), observations=1, record=fails, tell=fails, persistent=True
    )
    with pytest.raises(RuntimeError):
        supervisor.failed(NOW, OSError("no connection"))
    seen, found = supervisor.of_entry(BTC, NOW, leverage=1.0)
    assert supervisor.judge(request(), seen, found).rule == "loop"


def test_a_verdict_that_acts_again_unlocked_is_no_unlock_either(file: Path, bot: Case) -> None:
    """The first time it had a lock; the second time another writer holds the database."""
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    bot.account.positions = ()
    bot.loop(after=HOUR)
    assert bot.supervisor.held == {}
    bot.account.positions = (position(mark_price=75.0),)
    other = sqlite3.connect(file, isolation_level=None)
    Trade.session.commit()
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(OperationalError):
        bot.loop()
    other.execute("ROLLBACK")
    other.close()
    Trade.rollback()
    bot.loop()
    assert bot.events("rearm") == []
    assert bot.exits() == "liquidation_distance"
    assert [one.rule for one in kept_verdicts(bot.now)] == ["liquidation_distance"]


def test_a_longer_hold_that_could_not_be_stored_is_stored_by_the_next_loop(
    file: Path,
) -> None:
    """Else its shorter lock would end first, and pass for one that a person has removed."""
    bot = case(recheck_seconds=300)
    bot.account.positions = (position(mark_price=75.0),)
    bot.loop()
    first = bot.supervisor.held["liquidation_distance", ETH].until
    assert first is not None
    stored = PairLocks.get_pair_locks(ETH, bot.now)[0].lock_end_time_utc
    other = sqlite3.connect(file, isolation_level=None)
    Trade.session.commit()
    other.execute("BEGIN IMMEDIATE")
    bot.now = first - timedelta(seconds=1)
    with pytest.raises(OperationalError):
        bot.loop(after=timedelta())
    other.execute("ROLLBACK")
    other.close()
    Trade.rollback()
    longer = bot.supervisor.held["liquidation_distance", ETH].until
    assert longer is not None
    assert longer > stored, "the lock that there is ends before the hold"
    bot.account.positions = ()
    bot.loop(after=timedelta(seconds=2))
    assert [one.until for one in kept_verdicts(bot.now) if one.until >= longer]
    bot.now = stored
    bot.loop(after=timedelta(seconds=1))
    assert bot.exits() == "liquidation_distance"
    assert bot.events("rearm") == []


# What people are told


def deny(made: Case, rule: str, pair: str, *, after: timedelta = LOOP) -> None:
    made.now += after
    verdict = Verdict(Mode.REDUCING, rule, f"too much {rule}", value=2.0, limit=1.0)
    made.supervisor.deny(verdict, made.now, pair=pair, tag="t")


def test_denials_are_all_recorded_and_told_once_an_hour(bot: Case) -> None:
    for _ in range(4):
        deny(bot, "spread", BTC)
    deny(bot, "spread", ETH)
    deny(bot, "exposure", BTC)
    assert bot.told == [
        "🚫 No entry in BTC/USDT. Too much spread.",
        "🚫 No entry in ETH/USDT. Too much spread.",
        "🚫 No entry in BTC/USDT. Total exposure: too much exposure.",
    ]
    denials = bot.events("denial")
    assert len(denials) == 6
    assert denials[0] | {"at": None} == {
        "kind": "denial",
        "at": None,
        "durable": False,
        "rule": "spread",
        "reason": "too much spread",
        "value": 2.0,
        "limit": 1.0,
        "until": None,
        "pair": BTC,
        "tag": "t",
    }


def test_the_same_denial_is_told_again_after_an_hour(bot: Case) -> None:
    deny(bot, "spread", BTC)
    deny(bot, "spread", BTC, after=HOUR - timedelta(seconds=1))
    assert len(bot.told) == 1
    deny(bot, "spread", BTC, after=timedelta(seconds=1))
    assert len(bot.told) == 2


# What an entry asks


def test_the_track_record_is_only_read_for_more_leverage_than_anybody_has(bot: Case) -> None:
    bot.supervisor.of_entry(BTC, NOW, leverage=3.0)
    bot.supervisor.of_entry(BTC, NOW, leverage=3.1)
    assert bot.account.records_asked == [False, True]


def test_an_entry_between_two_loops_sees_the_account_of_its_moment(bot: Case) -> None:
    bot.loop()
    bot.account.equity = 960.0
    assert bot.entry().rule == "daily_loss"
    assert not bot.entry().allows_entries


# What no guard gives


def test_a_verdict_from_outside_acts_once_and_only_grows_stricter(bot: Case) -> None:
    until = bot.now + HOUR
    for verdict in (
        Verdict(Mode.FLATTEN, "seal", "a first", until),
        Verdict(Mode.FLATTEN, "seal", "the same", until),
        Verdict(Mode.HALTED, "seal", "worse"),
        Verdict(Mode.FLATTEN, "seal", "less", until),
    ):
        bot.supervisor.hold(verdict, bot.now)
    assert [one["reason"] for one in bot.events("acted")] == ["a first", "worse"]
    assert bot.exits() == "seal"
    assert locks.held_verdicts(bot.now)["seal", None].mode is Mode.HALTED
    bot.loop()
    assert bot.supervisor.mode is Mode.HALTED
    assert not bot.entry().allows_entries
