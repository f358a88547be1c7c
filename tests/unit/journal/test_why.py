"""Why there was no trade: one scenario a cause."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from plimsoll.core import PlimsollError, UsageError
from plimsoll.core.verdict import Mode
from plimsoll.journal.why import Answer, parse_time, why
from tests.unit.journal.decisions import BTC, ETH, START, Bot, utc

DENIAL = {
    "pair": BTC,
    "side": "long",
    "rule": "trades_per_day",
    "reason": "10 trades were opened today, the limit is 10",
    "value": 10,
    "limit": 10,
    "stake_usd": 100.0,
    "tag": "trend",
}
HALT = {
    "rule": "drawdown",
    "reason": "equity is 12.4 % below its high, limit 12 %",
    "value": 0.124,
    "limit": 0.12,
}


@pytest.fixture
def bot(tmp_path: Path) -> Iterator[Bot]:
    """A bot that has seen three candles without signal: 14:05, 14:10, 14:15."""
    bot = Bot(tmp_path)
    bot.candles(3)
    yield bot
    bot.log.close()


def answer(bot: Bot, at: str | None = None, pair: str = "BTC") -> Answer:
    return why(bot.folder, pair, at=at).answer


def test_no_signal_names_the_candle_and_the_last_signal(bot: Bot) -> None:
    bot.candle("long")
    bot.write("denial", **DENIAL)
    bot.candles(2)
    reply = answer(bot)
    assert reply.cause == "no_signal"
    assert reply.text == (
        "the candle of 2026-11-20 14:30:00 had no signal; "
        "the last was long signal, trend, at 2026-11-20 14:20:02"
    )


def test_a_denial_names_rule_value_limit_and_time(bot: Bot) -> None:
    bot.candle("long")
    bot.write("denial", after_seconds=1, **DENIAL)
    bot.candles(3)
    reply = answer(bot, "14:20")
    assert reply.cause == "denied"
    assert reply.text == (
        "the long signal was denied by trades_per_day: 10 trades were opened today, the limit is "
        "10 (value 10, limit 10), at 2026-11-20 14:20:03"
    )
    assert answer(bot, "14:25").cause == "no_signal"
    assert answer(bot, "14:20", pair="ETH").cause == "no_signal"


def test_a_halt_holds_until_a_person_ends_it(bot: Bot) -> None:
    bot.write("verdict", mode_before=Mode.ACTIVE, mode=Mode.HALTED, scope="account", **HALT)
    bot.write("halt", after_seconds=0.5, **HALT)
    bot.candle("long")
    bot.write("verdict", mode_before=Mode.HALTED, mode=Mode.HALTED, scope="account", **HALT)
    bot.candles(3)
    reply = answer(bot, "14:20")
    assert reply.cause == "halted"
    assert "drawdown: equity is 12.4 % below its high" in reply.text
    assert "(value 0.124, limit 0.12), since 2026-11-20 14:15:02" in reply.text
    assert "the candle's signal was long" in reply.notes
    assert answer(bot).cause == "halted"
    assert answer(bot, "14:10").cause == "no_signal"
    bot.write("rearm", reason="read the log", by="command")
    bot.candle()
    assert answer(bot).cause == "no_signal"


def test_a_refused_re_arming_and_what_ends_it_are_notes_of_the_halt(bot: Bot) -> None:
    bot.write("halt", **HALT)
    bot.write("error", where="rearm", message="by anna: a drawdown of 26.0% from the highest")
    bot.candle("long")
    notes = answer(bot).notes
    assert notes[0] == (
        "a plain re-arming was refused by anna: a drawdown of 26.0% from the highest"
    )
    assert notes[1] == 'it ends by "plimsoll resume --beyond-terminal --reason ..." only'
    bot.write("rearm", reason="the last try", by="anna", beyond_terminal=True)
    bot.write("halt", **HALT)
    bot.candle("long")
    assert answer(bot).notes[0] == 'a halt ends by "plimsoll resume --reason ..." only'


def test_an_order_on_probation_says_that_stakes_were_smaller(bot: Bot) -> None:
    until = START + timedelta(days=14)
    bot.write("rearm", reason="checked", by="anna", event="rearmed", probation_until=until)
    bot.candle("long")
    bot.write("denial", **DENIAL)
    (note,) = answer(bot).notes
    assert note == (
        "stakes were smaller: the account was on probation until 2026-12-04 14:00:00, since it "
        "was re-armed at 2026-11-20 14:15:02"
    )
    bot.write("verdict", event="probation_ended", mode="ACTIVE", mode_before="ACTIVE")
    bot.candle("long")
    bot.write("denial", **DENIAL)
    assert answer(bot).notes == []


def test_flattening_ends_with_its_verdict(bot: Bot) -> None:
    until = START + timedelta(minutes=25)
    bot.write(
        "verdict",
        mode_before="ACTIVE",
        mode=Mode.FLATTEN,
        scope="account",
        rule="daily_loss",
        reason="lost 3.2 % today",
        value=0.032,
        limit=0.03,
        until=until,
    )
    bot.candles(3)
    assert answer(bot, "14:20").cause == "halted"
    assert "flattening" in answer(bot, "14:20").text
    assert answer(bot, "14:30").cause == "no_signal"


def test_a_verdict_about_the_pair_stops_that_pair_only(bot: Bot) -> None:
    bot.write(
        "verdict",
        pair=BTC,
        mode_before="ACTIVE",
        mode="FLATTEN",
        scope="pair",
        rule="liquidation_distance",
        reason="8 % from liquidation",
        value=0.08,
        limit=0.15,
    )
    bot.candle("long")
    assert answer(bot).cause == "pair_stopped"
    assert answer(bot, pair="ETH").cause == "no_signal"


def test_stale_data(bot: Bot) -> None:
    bot.candle("stale", locked="stale_data: 640 s late")
    reply = answer(bot)
    assert (reply.cause, reply.notes) == (
        "stale",
        ["entries were locked as well: stale_data: 640 s late"],
    )
    bot.candle("unknown")
    assert answer(bot).cause == "unknown"


def test_a_signal_while_locked_names_the_lock(bot: Bot) -> None:
    bot.candle("short", locked="cooldown until 14:40")
    assert answer(bot).cause == "locked"
    assert "short signal, but entries were locked: cooldown until 14:40" in answer(bot).text


def test_a_signal_that_nobody_took_points_at_freqtrade(bot: Bot) -> None:
    bot.candle("long")
    reply = answer(bot)
    assert reply.cause == "not_taken"
    assert "max_open_trades" in reply.notes[0]


def test_an_order_is_followed_to_its_end(bot: Bot) -> None:
    bot.trade(1)
    reply = answer(bot)
    assert reply.cause == "ordered"
    assert (
        "long order of 100 USD at 42,000, leverage 3, trend, at 2026-11-20 14:20:03" in reply.text
    )
    assert "buy filled: 0.007 at 42,001.5, trade 1" in reply.text
    assert "still open when the log ends" in reply.text
    bot.candles(2)
    bot.leave(1)
    bot.trade(2)
    bot.leave(2)
    reply = answer(bot, "14:20")
    assert "exit of trade 1: roi, profit 1.5 USD (1.50%), at 2026-11-20 14:30:05" in reply.text
    assert "trade 2" not in reply.text


def test_an_order_that_never_filled(bot: Bot) -> None:
    bot.candle("long")
    bot.write("order", pair=BTC, side="long", stake_usd=100.0, price=42_000.0)
    bot.candles(1)
    bot.trade(2)
    assert "tells of no fill" in answer(bot, "14:20").text


def test_an_open_position_is_the_reason_until_it_is_closed(bot: Bot) -> None:
    bot.trade(1)
    bot.candles(2)
    reply = answer(bot)
    assert reply.cause == "open"
    assert "its position was open already: buy filled: 0.007 at 42,001.5, trade 1" in reply.text
    bot.leave(1)
    bot.write("fill", after_seconds=4, pair=BTC, trade=1, price=42_600, amount=0.007, side="sell")
    bot.candle()
    assert answer(bot).cause == "no_signal"
    assert answer(bot, "14:25").cause == "open"


def test_nobody_was_running(bot: Bot) -> None:
    assert answer(bot, "13:00").cause == "not_running"
    assert "the log begins later" in answer(bot, "2026-11-20T13:00").text
    reply = answer(bot, "2026-11-20T16:00")
    assert "the last record before is of 2026-11-20 14:15:02" in reply.text
    bot.now += timedelta(hours=3)
    bot.write("start", mode="dry_run", strategy="TrendFollow")
    bot.candles(2)
    assert answer(bot, "16:00").cause == "not_running"
    assert answer(bot).cause == "no_signal"


def test_before_the_first_candle(bot: Bot) -> None:
    assert answer(bot, "14:02").cause == "starting"
    bot.now += timedelta(seconds=20)
    bot.write("start", mode="dry_run", strategy="TrendFollow")
    assert answer(bot).text == (
        "the bot started at 2026-11-20 14:15:22; no candle had closed since"
    )


def test_a_pair_that_the_pairlist_left_out(bot: Bot) -> None:
    bot.now += timedelta(minutes=5)
    bot.write("candle", candle=bot.now, pairs={ETH: {"signal": "none", "tag": None}})
    assert answer(bot).cause == "not_watched"


def test_a_clock_that_goes_back_does_not_hide_the_newest_run(tmp_path: Path) -> None:
    first = Bot(tmp_path)
    first.candles(200)
    first.log.close()
    again = Bot(tmp_path)
    again.candle("long")
    assert answer(again).cause == "not_taken"
    again.log.close()


# How pairs and times may be written


@pytest.mark.parametrize("asked", ["BTC", "btc", "BTC/USDT", "BTC/USDT:USDT"])
def test_a_pair_may_be_short(bot: Bot, asked: str) -> None:
    assert why(bot.folder, asked).pair == BTC


def test_an_unknown_pair_is_wrong_usage_with_the_known_ones(bot: Bot) -> None:
    with pytest.raises(UsageError, match=f"found DOGE; the newest candle has {BTC}, {ETH}"):
        why(bot.folder, "DOGE")


def test_a_short_pair_that_may_be_two_is_refused(bot: Bot) -> None:
    bot.write("candle", pairs={"BTC/USDC:USDC": {}, BTC: {}})
    with pytest.raises(UsageError, match="BTC/USDC:USDC or BTC/USDT:USDT"):
        why(bot.folder, "BTC")


def test_an_empty_log_has_no_answer(tmp_path: Path) -> None:
    with pytest.raises(PlimsollError, match="has the bot started"):
        why(tmp_path, "BTC")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("14:05", "2026-11-20T14:05:59.999999"),
        ("14:05:30", "2026-11-20T14:05:30"),
        ("18:00", "2026-11-19T18:00:59.999999"),
        ("2026-11-18T14:05", "2026-11-18T14:05:59.999999"),
        ("2026-11-18 14:05:00", "2026-11-18T14:05:00"),
        ("2026-11-18T14:05:00Z", "2026-11-18T14:05:00"),
        ("2026-11-18T14:05+02:00", "2026-11-18T12:05:59.999999"),
        ("2026-11-18", "2026-11-18T00:00:00"),
    ],
)
def test_times_are_read_as_people_write_them(text: str, expected: str) -> None:
    assert parse_time(text, utc("2026-11-20T15:00:00")) == utc(expected)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "14:65", "2026-13-01"])
def test_what_is_no_time_is_wrong_usage(text: str) -> None:
    with pytest.raises(UsageError, match="14:05"):
        parse_time(text, START)


def test_what_was_only_observed_stopped_nothing_and_is_a_note(bot: Bot) -> None:
    bot.write("halt", event="acted", mode="HALTED", observed=True, **HALT)
    bot.candle("long")
    bot.write("denial", after_seconds=1, observed=True, **DENIAL)
    bot.candles(2)
    reply = answer(bot, "14:20")
    assert reply.cause == "not_taken"
    halt, denial = reply.notes[1:]
    assert halt.startswith("guards only observed: would have halted the account (drawdown): ")
    assert denial.startswith("guards only observed: long would have been denied (trades_per_day): ")
    assert len(answer(bot, "14:25").notes) == 1


def test_a_pair_that_guards_would_have_stopped_goes_on(bot: Bot) -> None:
    stopped = {"pair": BTC, "rule": "stale_data", "reason": "late", "mode": "FLATTEN"}
    bot.write("verdict", observed=True, **stopped)
    bot.candles(1)
    reply = answer(bot)
    assert reply.cause == "no_signal"
    assert "would have gone" in reply.notes[0]
