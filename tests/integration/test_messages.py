"""What the guards tell reaches a phone whose service is as strict as Telegram."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from plimsoll.bridge.freqtrade.telegram_delivery import TelegramOutlet
from plimsoll.bridge.state.folder import StateFolder
from plimsoll.bridge.state.outbox import alarms_in
from plimsoll.core import Mode, Verdict
from plimsoll.core.books import BreakKind
from plimsoll.journal import messages
from plimsoll.journal.phrases import RULES
from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import CHAT_ID, TOKEN, telegram_service
from tests.support.drill import Drill, DrillPlan, drill
from tests.unit.risk.accounts import position

NOW = datetime(2026, 11, 20, 13, 48, tzinfo=UTC)
BTC = "BTC/USDT:USDT"
HOSTILE = "_*[x](y)` ``` <b> & 🛑 שלום\u202e\nline two\x00 " + "é" * 4960
"""5,000 characters of all that a messenger could stumble over."""


def every_message(rule: str, words: str) -> list[str]:
    """Every message about a rule, with a person's words where there are some."""
    halted = Verdict(Mode.HALTED, rule, f"halted by hand: {words}", value=0.13, limit=0.12)
    pair = Verdict(Mode.FLATTEN, rule, words, NOW + timedelta(hours=1), pair=BTC)
    return [
        messages.acted(halted, NOW, open_pairs=[BTC], lock=3),
        messages.acted(pair, NOW, open_pairs=[BTC]),
        messages.restored(halted, NOW, lock=3),
        messages.restored(pair, NOW),
        messages.ended(pair, [halted]),
        messages.rearmed([rule], reason=words, by=words),
        messages.denied(pair, BTC, "long"),
        messages.not_closed([(position(), rule, words)], seconds=90),
        messages.blind(words, closes_after_seconds=300),
        messages.broken(words, seconds=3, size_usd=10),
        messages.agreed(BreakKind.MISSING_STOP, BTC),
        messages.mended(words),
        messages.not_mended(words),
        messages.strategy_failed(rule, words),
        messages.not_rearmed(words),
        messages.lock_put_back(halted),
        messages.limits_accepted({"max_leverage": (1, 2)}, reason=words, by=words),
        messages.looser_limits({"max_leverage": (1, 2)}, []),
        messages.reload_refused(words),
        messages.failed(rule, words),
        messages.noticed(words),
    ]


def test_every_rule_and_a_hostile_reason_are_accepted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with telegram_service(tmp_path) as service:
        service.paces = {CHAT_ID: Pace(burst=100_000, per_second=1000)}
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        outlet = TelegramOutlet({"token": TOKEN, "chat_id": str(CHAT_ID)})
        said = [text for rule in RULES for text in every_message(rule, "all is well")]
        said += every_message("daily_loss", HOSTILE)
        for text in said:
            outlet.send(text)
        assert service.rejected == []
        assert [sent.seen for sent in service.messages] == said
        with httpx.Client() as client:  # as Freqtrade would have sent them
            for text in said:
                fields = {"chat_id": CHAT_ID, "text": text, "parse_mode": "Markdown"}
                client.post(f"https://api.telegram.org/bot{TOKEN}/sendMessage", data=fields)
        assert len(service.rejected) >= 5, "plain text is why they are accepted"


@pytest.mark.freqtrade
def test_an_alarm_outlives_an_outage_a_flood_limit_and_a_kill(tmp_path: Path) -> None:
    with drill(tmp_path, DrillPlan()) as bot:
        started = bot.telegram.wait_for("AlwaysLong started")
        assert re.search(r"Dry-run on binance\. \d+ guards on; limits: daily loss ", started.seen)
        bot.wait_for_positions(2)
        folder = StateFolder(bot.userdir / "plimsoll")
        _halt_while_the_service_is_down(bot, folder)
        _resume_and_kill_while_it_is_down(bot, folder)
        bot.start()
        told = bot.telegram.wait_for("Re-armed by “plimsoll resume, anna”")
        assert re.search(r"\(told [\d:-]+ [\d:]+ UTC\)\n▶️ Re-armed by ", told.seen)
        bot.wait_until(lambda: not alarms_in(folder.path), what="an empty outbox")
        refused = [one for one in bot.telegram.rejected if one.status == 400]
        assert refused == []


def _halt_while_the_service_is_down(bot: Drill, folder: StateFolder) -> None:
    since = len(bot.telegram.messages)
    bot.telegram.down()
    folder.set_halt(HOSTILE)
    bot.until_flat()

    def failed() -> Any:
        return ((folder.status() or {}).get("undelivered") or {}).get("last_error")

    bot.wait_until(failed, what="an undelivered alarm in the status")
    waiting = [one.text for one in alarms_in(folder.path)]
    assert any("Halted by hand: “" in text for text in waiting)
    assert len(bot.telegram.messages) == since
    bot.telegram.refuse_next(3, retry_after=2)
    bot.telegram.up()
    halted = bot.telegram.wait_for("🛑 Halted by hand: “", since=since)
    assert "_*[x](y)` ``` <b> & 🛑 שלום line two éé" in halted.seen
    assert "No entries until a person resumes: plimsoll resume" in halted.seen
    assert halted.parse_mode is None
    bot.telegram.wait_for("All positions closed", since=since)
    assert {one.status for one in bot.telegram.rejected} == {429}
    bot.wait_until(lambda: not alarms_in(folder.path), what="an empty outbox")


def _resume_and_kill_while_it_is_down(bot: Drill, folder: StateFolder) -> None:
    since = len(bot.telegram.messages)
    bot.telegram.down()
    folder.clear_halt()
    folder.ask_to_resume("2*3_4", "plimsoll resume, anna")
    bot.wait_until(lambda: alarms_in(folder.path), what="an alarm that waits")
    bot.kill9()
    on_disk = json.loads((folder.path / "outbox.json").read_text(encoding="utf-8"))
    assert any("“2*3_4”" in row["text"] for row in on_disk["waiting"])
    bot.telegram.up()
    assert [s for s in bot.telegram.messages[since:] if s.says("Re-armed")] == []
