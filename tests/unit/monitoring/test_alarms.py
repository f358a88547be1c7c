"""Alarms over a real channel, and what becomes of those that nobody takes."""

from datetime import timedelta

import pytest

from plimsoll.core import UsageError
from plimsoll.monitoring.alarms import KEPT, Outbox, require_addresses, waiting_from
from tests.ports import free_port
from tests.support.watching import Alarms
from tests.unit.monitoring.sights import NOON, later


def test_an_alarm_reaches_every_address_and_waits_for_the_one_that_is_gone() -> None:
    taken = Alarms()
    dead = free_port()
    outbox = Outbox([f"json://127.0.0.1:{taken.port}/", f"json://127.0.0.1:{dead}/"], "Watchdog")
    outbox.add("bot_dead", "nothing answers", NOON)
    assert outbox.deliver(NOON) == (1, 1)
    assert [one["message"] for one in taken.messages] == ["nothing answers"]
    assert [(one.channel, one.tries) for one in outbox.waiting] == [(1, 1)]
    assert outbox.deliver(later(5)) == (0, 0)
    kept = waiting_from(outbox.as_records())
    back = Outbox([f"json://127.0.0.1:{taken.port}/"] * 2, "Watchdog", kept)
    assert back.deliver(later(25)) == (1, 0)
    assert back.waiting == ()
    taken.close()


def test_waiting_is_doubled_up_to_its_bound_and_the_oldest_give_way() -> None:
    outbox = Outbox(["json://127.0.0.1:1/"], "W", send=lambda *_: False)
    outbox.add("a", "text", NOON)
    now, waits = NOON, []
    for _ in range(8):
        assert outbox.deliver(now) == (0, 1)
        after = outbox.waiting[0].next_at
        waits.append((NOON.fromisoformat(after) - now).total_seconds())
        now = NOON.fromisoformat(after)
    assert waits == [20, 40, 80, 160, 320, 600, 600, 600]
    for number in range(KEPT + 5):
        outbox.add("b", str(number), now)
    assert len(outbox.waiting) == KEPT
    assert outbox.waiting[-1].text == str(KEPT + 4)


def test_one_address_that_is_gone_is_tried_once_a_round() -> None:
    sent = []
    outbox = Outbox(["json://127.0.0.1:1/"], "W", send=lambda *said: bool(sent.append(said)))
    for number in range(5):
        outbox.add("a", str(number), NOON)
    assert outbox.deliver(NOON) == (0, 1)
    assert len(sent) == 1
    assert outbox.deliver(NOON + timedelta(seconds=21)) == (0, 1)


def test_an_address_that_nobody_knows_is_refused_without_being_shown() -> None:
    require_addresses(["ntfy://topic-of-mine"])
    with pytest.raises(UsageError, match="alarm address 2") as refusal:
        require_addresses(["ntfy://topic-of-mine", "nonsense-secret"])
    assert "secret" not in str(refusal.value)


def test_an_address_that_is_gone_for_weeks_is_tried_on() -> None:
    outbox = Outbox(["json://127.0.0.1:1/"], "W", send=lambda *_: False)
    outbox.add("a", "text", NOON)
    record = {**outbox.as_records()[0], "tries": 5_000}
    outbox = Outbox(["json://127.0.0.1:1/"], "W", waiting_from([record]), send=lambda *_: False)
    assert outbox.deliver(NOON) == (0, 1)
    assert outbox.waiting[0].next_at == later(600).isoformat()


def test_a_clock_that_was_ahead_puts_nothing_off() -> None:
    """A try that failed under it would be due in a year."""
    answers = [False, True]
    outbox = Outbox(["ntfy://a"], "title", send=lambda *_: answers.pop(0))
    outbox.add("a", "text", NOON)
    assert outbox.deliver(NOON + timedelta(days=365)) == (0, 1)
    assert outbox.deliver(NOON) == (1, 0)


def test_an_alarm_is_plain_text_to_a_service_of_html() -> None:
    """Telegram refuses a ``<`` of its HTML, and the alarm is tried again for ever."""
    taken = Alarms()
    text = "HALTED: 4 % < 5 % & <script>tag_a</script>"
    outbox = Outbox([f"json://127.0.0.1:{taken.port}/?format=html"], "Watchdog <a>")
    outbox.add("halted", text, NOON)
    assert outbox.deliver(NOON) == (1, 0)
    (one,) = taken.messages
    assert "4 % &lt; 5 % &amp; &lt;script&gt;" in one["message"].replace("&nbsp;", " ")
    taken.close()
