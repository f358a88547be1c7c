"""What is told is delivered: joined, split, at Telegram's pace, over outages and a kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from plimsoll.bridge.freqtrade.telegram_delivery import Outlet, Outlets, TelegramOutlet
from plimsoll.bridge.guarding.messenger import Messenger, messenger_of
from plimsoll.bridge.state.outbox import MOST_KEPT, OUTBOX, Outbox
from plimsoll.lab.telegram.rules import Pace, private_pace
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, TelegramService, telegram_service

SETTINGS = {"token": TOKEN, "chat_id": str(CHAT_ID)}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramService]:
    with telegram_service(tmp_path_factory.mktemp("telegram")) as service:
        yield service


@pytest.fixture
def service(served: TelegramService, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramService]:
    served.messages.clear()
    served.rejected.clear()
    served.paces = {CHAT_ID: private_pace()}
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    yield served
    served.up()


class Made:
    """Messengers of a test, stopped at its end."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.all = folder, list[Messenger]()

    def __call__(self, *outlets: Outlet) -> Messenger:
        messenger = Messenger(self.folder)
        messenger.use(Outlets(list(outlets) or [TelegramOutlet(SETTINGS)]))
        self.all.append(messenger)
        return messenger


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    messengers = Made(tmp_path)
    yield messengers
    for messenger in messengers.all:
        messenger.use(Outlets())


def until(condition: Callable[[], Any], what: str, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"expected {what} within {seconds} s"
        time.sleep(0.02)


def test_messages_of_one_loop_come_as_one(service: TelegramService, made: Made) -> None:
    messenger = made()
    for text in ("🛑 one_", "🛑 *two", "🚫 three"):
        messenger.tell(text)
    assert messenger.flush()
    assert [sent.seen for sent in service.messages] == ["🛑 one_\n\n🛑 *two\n\n🚫 three"]
    assert service.rejected == []
    assert messenger.undelivered() is None
    assert list(messenger.recent) == ["🛑 one_", "🛑 *two", "🚫 three"]


def test_a_long_message_comes_in_parts_and_whole(service: TelegramService, made: Made) -> None:
    messenger = made()
    words = " ".join(str(number) for number in range(1200))
    messenger.tell(words)
    messenger.tell("after")
    assert messenger.flush(10)
    assert len(service.messages) == 3
    assert " ".join(sent.seen for sent in service.messages[:2]) == words
    assert service.messages[2].seen == "after"
    gaps = [b.at - a.at for a, b in zip(service.messages, service.messages[1:], strict=False)]
    assert min(gaps) > 1.0, "a message a second"


def test_a_pause_that_telegram_asks_for_is_kept(service: TelegramService, made: Made) -> None:
    service.refuse_next(1, retry_after=2)
    messenger = made()
    began = time.monotonic()
    messenger.tell("🛑 halted")
    until(lambda: service.rejected, "a refusal")
    assert messenger.status()["undelivered"]["count"] == 1
    until(lambda: "retry after 2" in str(messenger.undelivered()), "the reason of the refusal")
    assert messenger.flush(10)
    assert time.monotonic() - began >= 2.0
    assert [sent.seen for sent in service.messages] == ["🛑 halted"]
    assert messenger.status()["undelivered"] == {"count": 0, "oldest": None, "last_error": None}


def test_a_flood_of_messages_breaks_no_limit_and_loses_none(
    service: TelegramService, made: Made
) -> None:
    service.paces = {CHAT_ID: Pace(burst=1, per_second=1.0)}
    messenger = made()
    for number in range(100):
        messenger.mention(f"🚫 {number}:")
    assert messenger.flush(10)
    said = "\n".join(sent.seen for sent in service.messages)
    assert all(f"🚫 {number}:" in said for number in range(100))
    assert service.rejected == []


def test_an_alarm_waits_for_a_service_that_is_down(service: TelegramService, made: Made) -> None:
    service.down()
    messenger = made()
    messenger.tell("🛑 halted")
    until(lambda: messenger.status()["undelivered"]["last_error"], "an error")
    assert messenger.status()["undelivered"]["count"] == 1
    service.up()
    assert messenger.flush(20)
    assert [sent.seen for sent in service.messages] == ["🛑 halted"]


TELL_AND_DIE = """
import os, signal, sys, time
from pathlib import Path
from plimsoll.bridge.freqtrade.telegram_delivery import Outlets, TelegramOutlet
from plimsoll.bridge.guarding.messenger import messenger_of
messenger = messenger_of(
    Path(sys.argv[1]), Outlets([TelegramOutlet({"token": sys.argv[2], "chat_id": sys.argv[3]})])
)
messenger.tell("🛑 halted")
messenger.mention("🚫 denied")
if sys.argv[4] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
"""


def other_process(folder: Path, how: str) -> int:
    done = subprocess.run(
        [sys.executable, "-c", TELL_AND_DIE, str(folder), TOKEN, str(CHAT_ID), how],
        env=dict(os.environ),
        timeout=120,
    )
    return done.returncode


def test_an_alarm_told_before_a_kill_is_delivered_after_the_restart(
    service: TelegramService, made: Made
) -> None:
    service.down()
    assert other_process(made.folder, "kill") == -signal.SIGKILL
    service.up()
    assert service.messages == []
    messenger = made()
    assert messenger.flush(20)
    (sent,) = service.messages
    today = f"(told {datetime.now(UTC):%Y-%m-%d}"
    assert sent.seen.startswith(today)
    assert sent.seen.endswith(" UTC)\n🛑 halted")


def test_a_process_that_ends_takes_the_time_to_deliver(
    service: TelegramService, made: Made
) -> None:
    assert other_process(made.folder, "end") == 0
    assert [sent.seen for sent in service.messages] == ["🛑 halted\n\n🚫 denied"]
    assert Outbox(made.folder).alarms() == []


def test_many_messages_that_had_to_make_room_are_counted(
    service: TelegramService, made: Made
) -> None:
    service.down()
    messenger = made()
    for number in range(MOST_KEPT + 7):
        messenger.mention(f"🚫 {number}")
    service.up()
    assert messenger.flush(20)
    assert service.messages[0].seen.startswith("(7 messages were dropped; the decision log has all")
    assert "dropped" not in "".join(sent.seen for sent in service.messages[1:])


class Slow:
    """An outlet that takes its time and can be broken."""

    name, longest_units, pause_seconds = "slow", 50, 0.0

    def __init__(self) -> None:
        self.got: list[str] = []
        self.breaks: Exception | None = None
        self.takes = 0.2

    def send(self, text: str) -> None:
        time.sleep(self.takes)
        if self.breaks is not None:
            raise self.breaks
        self.got.append(text)


def test_to_tell_never_waits_and_a_bug_of_an_outlet_is_undelivered(made: Made) -> None:
    slow = Slow()
    slow.breaks, slow.takes = KeyError("a bug"), 3.0
    messenger = made(slow)
    began = time.monotonic()
    messenger.tell("🛑 halted \udc80")
    assert time.monotonic() - began < slow.takes - 1.0
    until(lambda: messenger.status()["undelivered"]["last_error"], "an error")
    assert messenger.status()["undelivered"]["last_error"] == "KeyError: 'a bug'"
    slow.breaks, slow.takes = None, 0.0
    assert messenger.flush(10)
    assert slow.got == ["🛑 halted"]


def test_one_messenger_that_fails_keeps_no_other_waiting(
    service: TelegramService, made: Made
) -> None:
    slow = Slow()
    slow.breaks = OSError("gone")
    messenger = made(TelegramOutlet(SETTINGS), slow)
    messenger.tell("🛑 halted")
    until(lambda: service.messages, "a Telegram message")
    assert messenger.status()["undelivered"]["count"] == 1
    assert messenger.status()["told_to"] == ["slow", "telegram"]
    slow.breaks = None
    assert messenger.flush(10)
    assert len(service.messages) == 1


def test_nobody_is_told_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    messenger = Messenger(tmp_path)
    messenger.use(Outlets(not_told=["telegram is on, but allow_custom_messages is not true"]))
    messenger.tell("🛑 halted")
    told = "nobody is told: telegram is on, but allow_custom_messages is not true"
    assert messenger.status()["nobody_is_told"] == told
    assert told in caplog.text
    assert messenger.status()["last_told"] == "🛑 halted"
    assert not (tmp_path / OUTBOX).exists()
    assert messenger.flush(1)


def test_a_reload_keeps_the_messenger_and_takes_its_new_outlets(tmp_path: Path) -> None:
    old, new = Slow(), Slow()
    first = messenger_of(tmp_path, Outlets([old]))
    first.tell("one")
    assert first.flush(10)
    again = messenger_of(tmp_path, Outlets([new]))
    assert again is first
    again.tell("two")
    assert again.flush(10)
    assert (old.got, new.got) == (["one"], ["two"])
    assert messenger_of(tmp_path, Outlets()).silence is not None


def test_a_late_message_says_when_it_was_told(made: Made) -> None:
    outbox = Outbox(made.folder)
    told_at = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)
    outbox.add("🛑 halted", told_at, alarm=True, messengers=["slow"])
    slow = Slow()
    messenger = made(slow)
    messenger.tell("new")
    assert messenger.flush(10)
    assert slow.got == ["(told 2026-11-20 13:48:00 UTC)\n🛑 halted\n\nnew"]


def test_one_that_is_stopped_delivers_nothing_and_loses_nothing(
    service: TelegramService, made: Made
) -> None:
    service.down()
    messenger = made()
    messenger.tell("🛑 halted")
    messenger.stop()
    service.up()
    assert [one.text for one in Outbox(made.folder).alarms()] == ["🛑 halted"]
    made()
    service.wait_for("🛑 halted")
