"""A closing that does not succeed is an alarm, again and again, and a halt in the end."""

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from freqtrade.persistence import Order, Trade

from plimsoll.bridge.account.freqtrade_trades import ExitOrder
from plimsoll.bridge.freqtrade.log_listeners import REFUSED_EXITS, RefusedExits
from plimsoll.bridge.guarding.flattening import Flattening
from plimsoll.bridge.state import locks
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.core import Mode, Position, Side
from plimsoll.risk import RiskProfile
from tests.unit.bridge.bots import BTC, ETH, NOON, Bot, open_trade, running_bot
from tests.unit.bridge.guarding.test_gaps import BLIND, loop_on_old_candles
from tests.unit.bridge.guarding.test_live_session import clock, exits, loops, status, written
from tests.unit.bridge.strategies.test_trade_copies import LOOPS

__all__ = ["clock"]

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PROFILE = RiskProfile(
    flatten_alarm_seconds=60, flatten_repeat_seconds=300, flatten_halt_seconds=900
)
REFUSAL = (
    "Unable to exit trade {pair}: Could not create market sell order on market {pair}. Tried to "
    'sell amount 10.0 at rate 100.0. Message: binance {{"code":-2022,"msg":"ReduceOnly Order is '
    'rejected."}}'
)


@pytest.fixture(autouse=True)
def nothing_refused_before() -> Iterator[None]:
    """The process has one listener, and every test the same noon."""
    REFUSED_EXITS._times.clear()
    yield
    REFUSED_EXITS._times.clear()


def position(pair: str = BTC, side: Side = Side.LONG) -> Position:
    return Position(
        pair=pair,
        side=side,
        entry_price=100.0,
        mark_price=99.0,
        amount=0.079,
        leverage=1.0,
        stop_price=None,
        liquidation_price=None,
        margin_usd=7.9,
        opened_at=NOON - HOUR,
    )


HELD = [(position(), "daily_loss")]


def watch(**before: Any) -> Flattening:
    return Flattening(PROFILE, RefusedExits(), before or None)


def alarms(flattening: Flattening, moments: list[int]) -> list[str | None]:
    return [flattening.look(HELD, {}, NOON + at * SECOND) for at in moments]


# Alarms


def test_what_closes_at_once_is_no_alarm() -> None:
    flattening = watch()
    assert alarms(flattening, [0, 59]) == [None, None]
    assert flattening.look([], {}, NOON + MINUTE) == "✅ All positions closed after 60\u00a0s."
    assert flattening.look([], {}, NOON + MINUTE) is None, "once"
    assert flattening.status(NOON + MINUTE) == {}


def test_an_account_that_still_holds_what_is_not_the_bots_is_not_told_as_flat() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON, [BTC])
    told = flattening.look([], {}, NOON + MINUTE, (), {ETH: -5.0})
    assert told == (
        "✅ All of the bot's positions are closed after 60\u00a0s. The exchange still holds "
        "5 short of ETH/USDT, which no trade explains."
    )


def test_the_alarm_comes_at_its_limit_says_what_is_open_and_grows() -> None:
    flattening = watch()
    told = alarms(flattening, [0, 59, 60, 359, 360, 660])
    assert [text is not None for text in told] == [False, False, True, False, True, True]
    assert str(told[2]).startswith(
        "🛑 STILL OPEN after 60\u00a0s: BTC/USDT long 0.079 (Daily loss limit; "
    )
    assert str(told[4]).startswith("🛑🛑 STILL OPEN after 6\u00a0min: ")
    assert str(told[5]).startswith("🛑🛑🛑 STILL OPEN after 11\u00a0min: ")


def test_the_marks_do_not_grow_for_ever() -> None:
    told = alarms(watch(), list(range(0, 6000, 300)))
    assert str(told[-1]).count("🛑") == 5


def test_what_a_person_re_armed_is_open_and_not_told_as_closed() -> None:
    flattening = watch()
    flattening.look([*HELD, (position(ETH), "stale_data")], {}, NOON, [BTC, ETH])
    assert flattening.look([], {}, NOON + MINUTE, [BTC]) == "✅ Closed after 60\u00a0s: ETH/USDT."
    flattening.look(HELD, {}, NOON, [BTC])
    assert flattening.look([], {}, NOON + MINUTE, [BTC]) is None


def test_what_closed_one_after_the_other_is_told_once() -> None:
    flattening = watch()
    flattening.look([*HELD, (position(ETH), "daily_loss")], {}, NOON, [BTC, ETH])
    assert flattening.look(HELD, {}, NOON + SECOND, [BTC, "SOL/USDT:USDT"]) is None
    said = flattening.look([], {}, NOON + 2 * SECOND, ["SOL/USDT:USDT"])
    assert said == "✅ Closed after 2\u00a0s: BTC/USDT, ETH/USDT."


def test_it_is_underway_until_it_is_told_that_all_is_closed() -> None:
    flattening = watch()
    assert not flattening.is_underway
    flattening.look(HELD, {}, NOON, [BTC])
    assert flattening.is_underway
    flattening.look([], {}, NOON + MINUTE)
    assert not flattening.is_underway
    before = {"open": [{"pair": BTC, "since": NOON.isoformat()}]}
    assert watch(closing=before).is_underway, "a restart has not seen yet that it is closed"


def test_that_it_is_closed_in_the_end_is_told_after_an_alarm() -> None:
    flattening = watch()
    alarms(flattening, [0, 60])
    closed = flattening.look([], {}, NOON + 5 * MINUTE)
    assert closed == "✅ All positions closed after 5\u00a0min."
    assert flattening.look([], {}, NOON + 6 * MINUTE) is None
    assert alarms(flattening, [600, 659]) == [None, None], "another closing begins anew"


def test_each_position_counts_from_its_own_beginning() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    later = [*HELD, (position(ETH, Side.SHORT), "stale_data")]
    flattening.look(later, {}, NOON + MINUTE)
    rows = flattening.status(NOON + 2 * MINUTE)["closing"]["open"]
    assert [(row["pair"], row["side"], row["rule"], row["seconds"]) for row in rows] == [
        (BTC, "long", "daily_loss", 120.0),
        (ETH, "short", "stale_data", 60.0),
    ]


def test_a_clock_that_was_set_back_is_no_negative_time() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    assert flattening.look(HELD, {}, NOON - HOUR) is None
    assert flattening.seconds(NOON - HOUR) == 0.0


# Why


def test_why_it_is_open_is_the_last_refusal_since_it_began() -> None:
    refused = RefusedExits()
    flattening = Flattening(PROFILE, refused)
    with time_machine.travel(NOON - SECOND, tick=False) as clock:
        refused.emit(log(REFUSAL.format(pair=BTC)))
        clock.move_to(NOON + 30 * SECOND)
        refused.emit(log(REFUSAL.format(pair=ETH)))
        assert why(flattening, NOON) == "no exit was refused, none rests"
        refused.emit(log(REFUSAL.format(pair=BTC)))
        refused.emit(log(REFUSAL.format(pair=BTC)))
    assert why(flattening, NOON + 40 * SECOND) == (
        "exit refused 2 times, last 10 s ago: ReduceOnly Order is rejected. (-2022)"
    )


def test_an_exit_that_lacked_a_price_was_not_refused() -> None:
    refused = RefusedExits()
    flattening = Flattening(PROFILE, refused)
    with time_machine.travel(NOON, tick=False):
        refused.emit(log(f"Unable to exit trade {BTC}: Exit-Rate for {BTC} was empty."))
    assert why(flattening, NOON) == (
        f"exit could not be sent once, last 0 s ago: Exit-Rate for {BTC} was empty."
    )


def test_without_a_refusal_it_is_the_order_that_rests() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    resting = ExitOrder(NOON - HOUR, is_open=True, status="open")
    flattening.look(HELD, {BTC: resting}, NOON + MINUTE)
    assert flattening.closing[0].why == "an exit order rests unfilled for 61 min"


def test_or_the_one_that_ended_unfilled_since_it_began() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    for at, said in (
        (NOON - SECOND, "no exit was refused, none rests"),
        (NOON, "its last exit order ended unfilled: expired"),
    ):
        expired = ExitOrder(at, is_open=False, status="expired")
        flattening.look(HELD, {BTC: expired}, NOON + MINUTE)
        assert flattening.closing[0].why == said


def log(text: str) -> logging.LogRecord:
    return logging.LogRecord("freqtrade.freqtradebot", logging.WARNING, "", 0, text, None, None)


def why(flattening: Flattening, now: datetime) -> str:
    flattening.look(HELD, {}, now)
    return flattening.closing[0].why


# The halt, and restarts


def test_it_halts_after_an_alarm_and_a_loop_that_tried() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    slept = NOON + 1000 * SECOND
    flattening.look(HELD, {}, slept)
    assert flattening.verdict(slept) is None, "the alarm is of this very loop"
    verdict = flattening.verdict(slept + SECOND)
    assert verdict is not None
    assert (verdict.mode, verdict.rule, verdict.value) == (Mode.HALTED, "flattening", 1001.0)
    assert BTC in verdict.reason


def test_it_does_not_halt_before_the_limit_nor_without_one() -> None:
    flattening = watch()
    alarms(flattening, [0, 60, 899])
    assert flattening.verdict(NOON + 899 * SECOND) is None
    never = Flattening(PROFILE.model_copy(update={"flatten_halt_seconds": None}), RefusedExits())
    alarms(never, [0, 60, 9000])
    assert never.verdict(NOON + 9000 * SECOND) is None


def test_a_restart_knows_since_when() -> None:
    flattening = watch()
    flattening.look(HELD, {}, NOON)
    stored = flattening.status(NOON + SECOND)["closing"]
    rows = [{**row, "since": row["since"].isoformat()} for row in stored["open"]]
    again = watch(closing={"open": rows})
    again.look(HELD, {}, NOON + 10 * MINUTE)
    assert again.seconds(NOON + 10 * MINUTE) == 600.0


@pytest.mark.parametrize(
    "closing",
    [None, [], {"open": 1}, {"open": [{"pair": BTC}]}, {"open": [{"pair": BTC, "since": "x"}]}],
    ids=repr,
)
def test_a_status_that_says_nothing_of_it_begins_anew(closing: object) -> None:
    again = watch(closing=closing)
    again.look(HELD, {}, NOON)
    assert again.seconds(NOON) == 0.0


# A bot


def halted(bot: Bot, clock: Any, folder: Path) -> Trade:
    trade = open_trade(NOON - HOUR)
    loops(bot, clock)
    (folder / "plimsoll/halt").touch()
    loops(bot, clock)
    return trade


def test_a_bot_tells_records_and_shows_what_it_cannot_close(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = halted(bot, clock, tmp_path)
        assert bot.strategy._session.is_closing
        logging.getLogger("freqtrade.freqtradebot").warning(REFUSAL.format(pair=BTC))
        loops(bot, clock, after=MINUTE)
        (alarm,) = [text for text in bot.said() if "STILL OPEN" in text]
        assert "ReduceOnly Order is rejected. (-2022)" in alarm
        shown = status(tmp_path)["closing"]
        assert (shown["seconds"], shown["alarms"], shown["open"][0]["pair"]) == (60.0, 1, BTC)
        loops(bot, clock, 3, after=5 * MINUTE)
        assert len([text for text in bot.said() if "STILL OPEN" in text]) == 4
        trade.is_open = False
        Trade.commit()
        loops(bot, clock)
        assert "closing" not in status(tmp_path)
        assert any(
            text.startswith("✅ All positions closed after 16\u00a0min") for text in bot.said()
        )
    errors = [one for one in written(tmp_path, "error") if one["where"] == "flatten"]
    assert len(errors) == 5
    assert errors[0]["closing"]["open"][0]["amount"] == 10.0


def test_an_exit_order_that_rests_is_named(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        trade = halted(bot, clock, tmp_path)
        trade.orders.append(
            Order(
                ft_trade_id=trade.id,
                ft_order_side="sell",
                ft_pair=BTC,
                ft_is_open=True,
                ft_amount=10.0,
                ft_price=101.0,
                order_id="exit-1",
                status="open",
                symbol=BTC,
                order_type="market",
                side="sell",
                price=101.0,
                amount=10.0,
                order_date=datetime.now(UTC).replace(tzinfo=None),
            )
        )
        Trade.commit()
        loops(bot, clock, after=MINUTE)
        assert status(tmp_path)["closing"]["open"][0]["why"] == (
            "an exit order rests unfilled for 60 s"
        )


def test_a_halted_account_needs_no_second_halt(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        halted(bot, clock, tmp_path)
        loops(bot, clock, 5, after=5 * MINUTE)
    assert [one["rule"] for one in written(tmp_path, "halt")] == ["manual_halt"]


LOSS: dict[str, Any] = {"plimsoll": {"risk": {"drawdown_halt_fraction": 0.15}}}


def test_a_flatten_that_cannot_close_halts_in_the_end(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path, **LOSS) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        bot.exchange.prices[BTC] = 60.0
        loops(bot, clock, 3)
        assert exits(bot, clock) == "daily_loss"
        loops(bot, clock, 3, after=5 * MINUTE)
        assert exits(bot, clock) == "daily_loss"
        loops(bot, clock)
        assert exits(bot, clock) == "flattening"
        loops(bot, clock)
        assert status(tmp_path)["mode"] == "HALTED"
    assert [one["rule"] for one in written(tmp_path, "halt")] == ["flattening"]


def test_on_loop_waits_while_a_position_is_to_be_closed(tmp_path: Path, clock: Any) -> None:
    """One that sleeps would keep the exit waiting."""
    with running_bot(tmp_path, LOOPS) as bot:
        trade = halted(bot, clock, tmp_path)
        before = datetime.now(UTC)
        assert bot.strategy.looped < before
        trade.is_open = False
        Trade.commit()
        loops(bot, clock)
        assert bot.strategy.looped > before


# Blindness


def blind(bot: Bot, clock: Any) -> None:
    """Let the account fail for as long as it may, and a loop more."""
    bot.exchange.fails = RuntimeError("a bug of the exchange")
    loops(bot, clock, 62)
    assert exits(bot, clock) == "blind_guards"
    bot.exchange.fails = None


def test_blind_closing_that_began_is_finished_and_then_ends_by_itself(
    tmp_path: Path, clock: Any
) -> None:
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock)
        blind(bot, clock)
        loops(bot, clock, 3)
        assert exits(bot, clock) == "blind_guards", "it sees again, and goes on"
        assert status(tmp_path)["mode"] == "FLATTEN"
        trade.is_open = False
        Trade.commit()
        loops(bot, clock)
        assert exits(bot, clock) is None
        assert status(tmp_path)["mode"] == "ACTIVE", "in the very loop that sees it flat"
        assert locks.held_verdicts(datetime.now(UTC)) == {}
    events = [one["event"] for one in written(tmp_path, "verdict") if one["rule"] == "blind_guards"]
    assert [event for event in events if event != "mode"] == ["acted", "ended"]
    assert written(tmp_path, "rearm") == []


def test_blind_closing_goes_on_after_a_kill(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        open_trade(NOON - HOUR)
        loops(bot, clock)
        blind(bot, clock)
    with running_bot(tmp_path) as again:
        loops(again, clock, 2, after=HOUR)
        assert exits(again, clock) == "blind_guards"
        shown = status(tmp_path)["closing"]
        assert shown["seconds"] > 3600.0, "counted from before the kill"
        Trade.get_open_trades()[0].is_open = False
        Trade.commit()
        loops(again, clock)
        assert exits(again, clock) is None


def test_without_a_position_blindness_only_denies(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        loops(bot, clock)
        account = bot.strategy._session._account
        for _ in range(62):
            clock.shift(5 * SECOND)
            bot.strategy._session.looks_after.failed(datetime.now(UTC), RuntimeError("a bug"))
        assert not account.has_positions
        assert locks.held_verdicts(datetime.now(UTC)) == {}


def test_what_ends_while_its_position_is_open_goes_on(tmp_path: Path, clock: Any) -> None:
    """Late candles come again, the exit was refused meanwhile: the position is still closed."""
    with running_bot(tmp_path) as bot:
        trade = open_trade(NOON - HOUR)
        loops(bot, clock, 2)
        for after in (8 * HOUR, BLIND, SECOND):
            loop_on_old_candles(bot, clock, after=after)
        assert exits(bot, clock) == "stale_data"
        loops(bot, clock, 4, after=30 * SECOND)
        assert exits(bot, clock) == "stale_data"
        assert exits(bot, clock, ETH) is None
        trade.is_open = False
        Trade.commit()
        loops(bot, clock, 3, after=MINUTE)
        assert exits(bot, clock) is None


def test_a_request_to_resume_ends_the_alarms(tmp_path: Path, clock: Any) -> None:
    with running_bot(tmp_path) as bot:
        halted(bot, clock, tmp_path)
        loops(bot, clock, after=MINUTE)
        (tmp_path / "plimsoll/halt").unlink()
        StateFolder(tmp_path / "plimsoll").ask_to_resume("closed by hand", "anna")
        loops(bot, clock)
        assert "closing" not in status(tmp_path)
        assert not bot.strategy._session.is_closing
