"""What is told waits on disk until it was taken, and nothing that comes meanwhile is lost."""

import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from plimsoll.control.phone.post import Post
from plimsoll.control.phone.settings import PhoneSettings
from plimsoll.lab.processes import wait_until
from plimsoll.lab.telegram.service import TOKEN, TelegramService
from plimsoll.monitoring.phone_profile import Rung

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
PATIENCE = 60


def test_a_chat_is_told_without_the_token(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    post = Post(settings, {})
    post.say("anna", f"the token is {TOKEN}")
    assert "the token is ***" in telegram.wait_for("the token is").seen
    wait_until(lambda: not post.undelivered().count, seconds=PATIENCE, what="nothing waits")
    post.close()


def test_a_quiet_message_makes_no_sound_and_a_loud_one_does(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    post = Post(settings, {})
    post.say_to_all("aloud")
    post.say_to_all("quietly", quiet=True)
    assert telegram.wait_for("quietly").silent
    assert not telegram.wait_for("aloud").silent
    post.close()


def test_a_long_hostile_text_arrives_in_parts_and_whole(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    text = ("_*[x](y)` <b>&amp; 🛑 " * 600).strip()
    post = Post(settings, {})
    post.say("anna", text)
    wait_until(lambda: not post.undelivered().count, seconds=PATIENCE, what="nothing waits")
    assert telegram.rejected == []
    parts = [sent.seen for sent in telegram.messages]
    assert len(parts) > 2
    assert " ".join(parts).replace(" ", "") == text.replace(" ", "")
    post.close()


def test_what_telegram_did_not_take_is_kept_for_the_next_process(
    telegram: TelegramService, settings: PhoneSettings
) -> None:
    telegram.down()
    post = Post(settings, {})
    post.say("anna", "🛑 halted")
    wait_until(lambda: post.undelivered().error, seconds=PATIENCE, what="an error")
    waiting = post.undelivered()
    assert waiting.count == 1
    assert waiting.on_phone_since is not None
    assert TOKEN not in str(waiting.error)
    post.close(seconds=0)
    telegram.up()
    again = Post(settings, {})
    telegram.wait_for("🛑 halted")
    again.close()


def test_what_comes_while_mail_is_being_sent_is_not_lost(settings: PhoneSettings) -> None:
    sending, go_on, sent = threading.Event(), threading.Event(), list[str]()

    def slow(_: str, __: str, text: str) -> bool:
        sending.set()
        go_on.wait(PATIENCE)
        sent.append(text)
        return True

    post = Post(replace(settings, mail=("json://127.0.0.1",)), {}, send=slow)
    post.up(Rung.MAIL, "1", "first", NOW)
    thread = threading.Thread(target=post.deliver, args=(Rung.MAIL, NOW))
    thread.start()
    assert sending.wait(PATIENCE)
    post.up(Rung.MAIL, "2", "second", NOW)
    post.up(Rung.WEBHOOK, "3", "has no address", NOW)
    kept = [one["text"] for one in post.as_records()["mail"]]
    assert kept == ["first", "second"]
    go_on.set()
    thread.join(PATIENCE)
    assert post.undelivered().count == 1
    assert post.deliver(Rung.MAIL, NOW) == (1, 0)
    assert sent == ["first", "second"]
    post.close(seconds=0)


def test_mail_that_was_refused_is_kept_by_its_records(settings: PhoneSettings) -> None:
    mailed = replace(settings, mail=("json://127.0.0.1",))
    post = Post(mailed, {}, send=lambda *_: False)
    post.up(Rung.MAIL, "1", "first", NOW)
    assert post.deliver(Rung.MAIL, NOW) == (0, 1)
    records = post.as_records()
    assert "json://" not in str(records)
    post.close(seconds=0)
    sent = []
    again = Post(mailed, records, send=lambda *words: bool(sent.append(words[2]) or True))
    later = datetime.fromtimestamp(NOW.timestamp() + 3600, UTC)
    assert again.deliver(Rung.MAIL, later) == (1, 0)
    assert sent == ["first"]
    again.close(seconds=0)


def test_a_chats_outbox_is_for_its_owner_alone(settings: PhoneSettings, tmp_path: Path) -> None:
    Post(settings, {}).close(seconds=0)
    assert {one.name for one in (tmp_path / "own/chats").iterdir()} == {"anna", "anna-silent"}
    for one in (tmp_path / "own/chats").iterdir():
        assert one.stat().st_mode & 0o077 == 0
