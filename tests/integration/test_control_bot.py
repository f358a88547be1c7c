"""A control bot as a real process on a strict Telegram: what a person may do, what nobody else can.

The trading bot is dead, played by the lock that a running one holds, or, in the last test, real.
"""

import json
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from freqtrade.persistence import PairLocks

from plimsoll.bridge.state import locks
from plimsoll.core import Mode, Verdict
from plimsoll.journal.check import verify
from plimsoll.journal.log import DecisionLog
from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import CHAT_ID, GROUP_ID, TOKEN
from tests.support.drill import Drill, DrillPlan, drill
from tests.support.phoning import BEN, Phone, phoned
from tests.support.watching import Alarms
from tests.unit.bridge.trades import database_trades

ANNA = {"id": CHAT_ID, "is_bot": False, "first_name": "Anna"}
MALLORY = {"id": 666, "is_bot": False, "first_name": "Mallory"}
GROUP = {"id": GROUP_ID, "type": "supergroup", "title": "Desk"}


def halted_database(file: Path) -> None:
    """Write the database of a bot that ended HALTED by its drawdown."""
    timeframe, PairLocks.timeframe = PairLocks.timeframe, "5m"
    with database_trades(file):
        verdict = Verdict(Mode.HALTED, "drawdown", "drawdown 13.00 % reached its limit 12.00%")
        locks.hold(verdict, datetime.now(UTC))
    PairLocks.timeframe = timeframe


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Phone]:
    folder = tmp_path_factory.mktemp("phone")
    halted_database(folder / "bot.sqlite")
    with phoned(folder) as phone:
        phone.telegram.paces = {
            chat: Pace(burst=1000, per_second=1000) for chat in (CHAT_ID, BEN, GROUP_ID)
        }
        phone.start()
        yield phone


@pytest.fixture
def phone(listening: Phone) -> Phone:
    listening.telegram.messages.clear()
    return listening


def refused(phone: Phone, count: int) -> list[dict[str, Any]]:
    """Wait until a command more was refused, and return those that were since."""
    phone.until(lambda: len(phone.records("refused")) > count, "a refusal")
    return phone.records("refused")[count:]


def test_looks_are_answered_by_the_functions_of_the_command_line(phone: Phone) -> None:
    status = phone.telegram.ask("/status", containing="mode")
    assert "not running" in status.seen
    assert "HALTED drawdown" in status.seen
    assert "not known" in phone.telegram.ask("/risk", containing="limits").seen
    audit = phone.telegram.ask("/audit", containing="nothing to compare")
    assert "a dry-run has no account" in audit.seen
    assert "/halt REASON" in phone.telegram.ask("/help", containing="/halt").seen
    phone.telegram.ask("/why BTC", containing="found none; has the bot started?")
    assert "expected one pair" in phone.telegram.ask("/why", containing="pair").seen
    assert phone.telegram.rejected == []
    assert {"/status", "/risk", "/audit", "/help", "/why BTC"} <= {
        one["command"] for one in phone.records("ended")
    }
    assert {one["by"] for one in phone.records("begun")} == {"anna"}


def test_strangers_hear_nothing_and_are_one_line_of_the_log(phone: Phone) -> None:
    before = len(phone.records("stranger"))
    stranger = {"from_": MALLORY, "chat": {"id": 666, "type": "private", "first_name": "M"}}
    for _ in range(20):
        phone.telegram.send("/halt now", **stranger)
    # A person who is allowed, in a chat that is not; a stranger in a chat that is; forged.
    phone.telegram.send("/halt now", chat={"id": -77, "type": "group", "title": "Other"})
    phone.telegram.send("/halt now", from_={**MALLORY, "id": 667}, chat=GROUP)
    phone.telegram.send("/halt now", from_={**MALLORY, "id": 668})
    phone.telegram.send("/halt now", from_={**ANNA, "id": BEN})
    phone.telegram.push({"callback_query": {"id": "9", "from": MALLORY, "chat_instance": "1"}})
    phone.telegram.ask("/help", containing="/halt")
    assert phone.bot.halt_reason() is None
    assert len(phone.telegram.messages) == 1
    assert len(phone.records("stranger")) - before <= 5
    assert not [one for one in phone.records() if "666" in json.dumps(one.get("mark", ""))]


@pytest.mark.parametrize(
    ("others", "said"),
    [
        (
            {"forward_origin": {"type": "user", "date": 1, "sender_user": ANNA}},
            "a forwarded message is no command",
        ),
        ({"via_bot": {"id": 5, "is_bot": True, "first_name": "B"}}, "a forwarded message"),
    ],
)
def test_what_was_not_typed_now_is_no_command(
    others: dict[str, Any], said: str, phone: Phone
) -> None:
    count = len(phone.records("refused"))
    phone.telegram.send("/resume all is well", **others)
    (one,) = refused(phone, count)
    assert (one["by"], said in one["why"]) == ("anna", True), one


def test_what_was_typed_long_ago_is_no_command(phone: Phone) -> None:
    count = len(phone.records("refused"))
    phone.telegram.send("/resume all is well", date=int(time.time()) - 4000)
    (one,) = refused(phone, count)
    assert re.search(r"it was sent (67|68) min ago; type it again", one["why"]), one


def test_an_edited_message_is_no_command(phone: Phone) -> None:
    count = len(phone.records("refused"))
    phone.telegram.edit("/halt edited into this")
    (one,) = refused(phone, count)
    assert "an edited message is no command" in one["why"]
    assert phone.bot.halt_reason() is None


def test_in_a_group_a_person_counts_and_a_nameless_administrator_does_not(phone: Phone) -> None:
    phone.telegram.send("/help", chat=GROUP)
    answer = phone.telegram.wait_for("/halt REASON")
    assert answer.chat_id == GROUP_ID
    anonymous = {"id": 1087968824, "is_bot": True, "first_name": "Group"}
    phone.telegram.send("/halt by nobody", chat=GROUP, from_=anonymous, sender_chat=GROUP)
    phone.telegram.send("/halt@another_bot of a name", chat=GROUP)
    phone.telegram.ask("/help@plimsoll_drill_bot", containing="/halt")
    assert phone.bot.halt_reason() is None


def test_resume_needs_a_reason_an_answer_and_counts_once(phone: Phone) -> None:
    assert "expected a reason" in phone.telegram.ask("/resume", containing="reason").seen
    phone.telegram.send("/resume looked at it")
    asked, yes = phone.button("Re-arm the bot, anna?", "yes")
    assert "HALTED drawdown" in asked.seen
    count = len(phone.records("refused"))
    phone.telegram.press(asked, yes, from_={**ANNA, "id": BEN})
    assert "anna was asked, not ben" in refused(phone, count)[0]["why"]
    other = {"message_id": asked.message_id + 1, "date": 1, "chat": GROUP}
    phone.telegram.press(asked, yes, message=other)
    assert "not the buttons of that question" in refused(phone, count + 1)[0]["why"]
    phone.telegram.press(asked, "yes:forged-nonce-of-nothing")
    assert "not open any more" in refused(phone, count + 2)[0]["why"]
    phone.telegram.press(asked, yes)
    phone.telegram.wait_for("re-armed in the database (drawdown)")
    phone.telegram.press(asked, yes)
    assert "not open any more" in refused(phone, count + 3)[0]["why"]
    with DecisionLog(phone.bot.decisions) as log:
        rearm = log.last("rearm")
    assert rearm is not None
    assert (rearm["by"], rearm["reason"]) == ("anna, by phone", "looked at it")
    assert [one["command"] for one in phone.records("begun")].count("/resume looked at it") == 1


def test_a_halt_after_the_question_makes_its_answer_void(phone: Phone) -> None:
    phone.telegram.send("/resume the drawdown is over")
    asked, yes = phone.button("Re-arm the bot", "yes")
    phone.bot.set_halt("somebody else, meanwhile")
    count = len(phone.records("refused"))
    phone.telegram.press(asked, yes)
    assert "what holds has changed" in refused(phone, count)[0]["why"]
    assert phone.bot.halt_reason() == "somebody else, meanwhile"
    phone.bot.clear_halt()


def test_a_tap_asks_first_and_a_typed_halt_is_done_at_once(phone: Phone) -> None:
    phone.telegram.send("/halt")
    asked, no = phone.button("Close everything and open nothing, anna?", "no")
    assert phone.bot.halt_reason() is None
    count = len(phone.records("refused"))
    phone.telegram.press(asked, no)
    assert refused(phone, count)[0]["why"] == "anna said no"
    assert phone.bot.halt_reason() is None
    phone.telegram.send("/halt <b>_*[x](y)` & 🛑 שלום\u202e " + "é" * 900)
    phone.telegram.wait_for("flat: no open position")
    assert (phone.bot.halt_reason() or "").endswith("(anna, by phone)")
    assert phone.telegram.rejected == []
    phone.bot.clear_halt()


def test_neither_token_nor_chat_is_in_any_file_or_on_the_terminal(phone: Phone) -> None:
    files = [file for file in phone.own.rglob("*") if file.is_file()]
    assert len(files) > 3
    for text in [phone.said, *(file.read_text(errors="replace") for file in files)]:
        assert TOKEN not in text
        assert TOKEN.partition(":")[2] not in text
    for record in phone.records():
        assert str(CHAT_ID) not in json.dumps({**record, "hash": "", "previous": "", "at": ""})
    assert verify(phone.own / "journal").fault is None


def test_a_kill_in_the_middle_of_a_halt_and_of_a_confirmation(tmp_path: Path) -> None:
    halted_database(tmp_path / "bot.sqlite")
    with phoned(tmp_path) as phone, DecisionLog(phone.bot.decisions):  # as a running bot holds it
        phone.bot.write_status({"mode": "ACTIVE", "held": [], "as_of": "2026-11-23T00:00:00+00:00"})
        phone.start()
        phone.telegram.send("/halt the price is wrong")
        phone.until(lambda: phone.records("begun"), "the begun halt")
        phone.kill9()
        assert phone.bot.halt_reason() == "the price is wrong (anna, by phone)"
        phone.bot.clear_halt()  # as if the kill had come before the flag
        phone.start()
        phone.until(phone.bot.halt_reason, "the flag, raised again")
        phone.telegram.wait_for("I was ended in the middle of /halt the price is wrong")
        phone.telegram.send("/resume looked at it")
        asked, yes = phone.button("Re-arm the bot", "yes")
        phone.kill9()
        phone.start()
        count = len(phone.records("refused"))
        phone.telegram.press(asked, yes)
        assert "not open any more" in refused(phone, count)[-1]["why"]
        assert phone.bot.halt_reason() is not None
        assert not phone.bot.resume_is_waiting
        assert phone.stop() == 0
    assert verify(phone.own / "journal").fault is None


def test_two_readers_a_revoked_token_and_an_outage_go_up_the_ladder(tmp_path: Path) -> None:
    alarms = Alarms()
    profile = {"mail_after_seconds": 2, "webhook_after_seconds": 86_400}
    mail = f"json://127.0.0.1:{alarms.port}"
    with phoned(tmp_path, profile=profile, mail=mail) as phone:
        phone.start()
        proxy = phone.telegram.environment["HTTPS_PROXY"]
        with httpx.Client(verify=False, proxy=proxy) as client:
            url = f"https://api.telegram.org/bot{TOKEN}/getUpdates"
            client.post(url, data={"timeout": 1}, timeout=60)
        phone.telegram.wait_for("another program reads the messages of this token")
        phone.until(lambda: alarms.said("shares its messages"), "the mail about the conflict")
        assert phone.status()["unacknowledged"]["count"] == 1
        answer = phone.telegram.ask("/ack", containing="Seen by anna: 1")
        assert answer.chat_id in (CHAT_ID, GROUP_ID)
        phone.telegram.is_revoked = True
        phone.telegram.send("/help")  # what ends the question that it has just asked
        phone.until(lambda: alarms.said("Telegram refuses the token"), "the mail about the token")
        phone.until(lambda: phone.status()["undelivered"]["count"], "an alarm that waits")
        phone.kill9()
        phone.telegram.is_revoked = False
        since = len(phone.telegram.messages)
        phone.start()
        told = phone.telegram.wait_for("Telegram refuses the token", since=since)
        assert "/ack when you have seen it" in told.seen
    alarms.close()


@pytest.mark.freqtrade
@pytest.mark.slow
def test_a_halt_by_phone_while_the_bot_is_dead_holds_when_it_comes_back(tmp_path: Path) -> None:
    with drill(tmp_path, DrillPlan()) as bot:
        bot.wait_for_positions(2)
        bot.kill9()
        with _phone_of(bot, tmp_path) as phone:
            phone.start()
            phone.telegram.wait_for("Nothing is heard from the trading bot")
            answer = phone.telegram.ask("/halt nobody is at home", containing="no bot watches over")
            assert "BTC/USDT:USDT long" in answer.seen
            bot.start()
            bot.until_flat()
            phone.telegram.wait_for("The trading bot is heard again")
            phone.telegram.wait_for("🛑 HALTED. halted by manual_halt")
            (halt,) = [one for one in bot.decisions("halt") if one["event"] == "acted"]
            assert "nobody is at home (anna, by phone)" in halt["reason"]
            phone.telegram.send("/resume compared, all flat")
            asked, yes = phone.button("Re-arm the bot", "yes")
            phone.telegram.press(asked, yes)
            phone.telegram.wait_for("re-armed: ")
            (rearm,) = bot.decisions("rearm")
            assert rearm["by"] == "anna, by phone"
            assert "anna, by phone" in bot.telegram.wait_for("Re-armed by").seen


def _phone_of(bot: Drill, folder: Path) -> Any:
    words = bot._arguments()
    layers = [Path(words[at + 1]) for at, word in enumerate(words) if word == "-c"]
    url = f"sqlite:///{bot.database}"
    return phoned(folder, layers=layers, db_url=url, profile={"dead_man_seconds": 10})
