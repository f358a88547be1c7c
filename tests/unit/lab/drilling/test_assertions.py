"""What a row is judged by: records since its marks, orders that close, what is left over."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from plimsoll.core import Mode, Verdict
from plimsoll.journal.messages import restored
from plimsoll.lab.drilling.assertions import (
    Marks,
    last_fill,
    message_of,
    nothing_left,
    only_closing_orders,
    still_message_of,
    symbol_of,
    told,
    verdict_of,
)
from plimsoll.lab.drilling.bot import DrilledBot
from plimsoll.lab.drilling.row import Cell, Row
from plimsoll.lab.drilling.scenario import Act
from plimsoll.lab.telegram.sent import Sent

BEGAN = datetime(2025, 5, 29, tzinfo=UTC)
VERDICT: dict[str, Any] = {
    "kind": "halt",
    "event": "acted",
    "rule": "drawdown",
    "mode": "HALTED",
    "reason": "drawdown 5 % from 100 USD to 95 USD reached its limit 4 %",
    "value": 0.05,
    "limit": 0.04,
    "at": "2025-05-29T14:00:00+00:00",
}


def marks(records: int) -> Marks:
    return Marks(records, 0, 0, 0, BEGAN)


def write(bot: DrilledBot, *records: dict[str, Any], more: bytes = b"") -> None:
    bot.state.decisions.mkdir(parents=True, exist_ok=True)
    lines = b"".join(json.dumps(one).encode() + b"\n" for one in records)
    (bot.state.decisions / "2025-05-29.jsonl").write_bytes(lines + more)


def new_row() -> Row:
    return Row(cell=Cell("drawdown", "none", "live"), rule="drawdown")


def test_a_verdict_from_before_the_row_is_not_its_own(bot: DrilledBot) -> None:
    write(bot, VERDICT)
    assert verdict_of(bot, marks(0), "drawdown", Act.HALT) == VERDICT
    assert verdict_of(bot, marks(1), "drawdown", Act.HALT) is None
    assert verdict_of(bot, marks(0), "daily_loss", Act.HALT) is None
    assert verdict_of(bot, marks(0), "drawdown", Act.FLATTEN) is None


def test_guards_that_cannot_look_are_known_by_their_verdict_not_by_what_they_send(
    bot: DrilledBot,
) -> None:
    sent = {"kind": "order", "tag": "plimsoll_blind_guards", "at": VERDICT["at"]}
    blind = {**VERDICT, "rule": "blind_guards", "mode": "FLATTEN"}
    write(bot, sent)
    assert verdict_of(bot, marks(0), "blind_guards", Act.FLATTEN) is None
    write(bot, sent, blind)
    assert verdict_of(bot, marks(0), "blind_guards", Act.FLATTEN) == blind
    assert verdict_of(bot, marks(2), "blind_guards", Act.FLATTEN) is None


def test_a_log_that_was_deleted_begins_anew(bot: DrilledBot) -> None:
    write(bot, VERDICT)
    assert verdict_of(bot, marks(40), "drawdown", Act.HALT) == VERDICT


def test_a_line_half_written_is_none_yet(bot: DrilledBot) -> None:
    write(bot, VERDICT, more=b'{"kind": "ha')
    assert bot.records() == [VERDICT]


def test_the_message_names_rule_value_and_limit() -> None:
    text = message_of(VERDICT).replace("\u00a0", " ").replace("%", " %").replace("  ", " ")
    assert text == "🛑 Drawdown limit: −5 % (limit 4 %)."
    pair = {**VERDICT, "pair": "BTC/USDT:USDT", "mode": "FLATTEN"}
    assert message_of(pair).startswith("🛑 BTC/USDT: ")


def test_a_start_names_a_pair_before_what_it_goes_on_with() -> None:
    assert still_message_of(VERDICT) == "🛑 Still halted since before this start. Drawdown limit"
    pair = {**VERDICT, "pair": "BTC/USDT:USDT", "mode": "FLATTEN"}
    wanted = "🛑 Still closing BTC/USDT since before this start. Drawdown limit"
    assert still_message_of(pair) == wanted
    verdict = Verdict(Mode.FLATTEN, "drawdown", "5 % lost", BEGAN, pair="BTC/USDT:USDT")
    assert restored(verdict, BEGAN).startswith(wanted)


def say(bot: DrilledBot, text: str) -> None:
    bot.telegram.messages.append(Sent(1, 1, f"{text} More of it.", f"{text} More of it.", 0.0))


def heard(bot: DrilledBot, record: dict[str, Any], *, restarts: int) -> bool:
    row = new_row()
    row.restarts = restarts
    bot.setup = replace(bot.setup, patience=0.001)
    told(bot, row, Marks(0, len(bot.telegram.messages) - 1, 0, 0, BEGAN), record)
    return "message accepted" not in row.why


def test_a_message_of_after_a_restart_counts_only_if_the_bot_was_restarted(
    bot: DrilledBot,
) -> None:
    later = {**VERDICT, "value": 0.06, "at": "2025-05-29T14:09:00+00:00"}
    write(bot, VERDICT, later)
    say(bot, message_of(later))
    assert not heard(bot, VERDICT, restarts=0)
    assert heard(bot, VERDICT, restarts=1)
    assert not heard(bot, {**VERDICT, "rule": "daily_loss"}, restarts=1)
    say(bot, still_message_of(VERDICT))
    assert not heard(bot, VERDICT, restarts=0)
    assert heard(bot, VERDICT, restarts=1)


def test_an_entry_after_the_verdict_is_named(bot: DrilledBot) -> None:
    record = {**VERDICT, "at": bot.exchange.now().isoformat()}
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    at = datetime.fromisoformat(record["at"])
    closed_before = last_fill(bot, at)
    row = new_row()
    only_closing_orders(bot, row, record)
    nothing_left(bot, row)
    bot.exchange.clean()
    assert closed_before is None
    assert last_fill(bot, at) is not None
    assert "only orders that close: BUY 0.01 BTCUSDT at" in row.why
    assert "exchange flat: BTCUSDT 0.01" in row.why
    clean = new_row()
    nothing_left(bot, clean)
    assert clean.ok


def test_an_exit_after_the_verdict_closes(bot: DrilledBot) -> None:
    bot.exchange.order("BTCUSDT", "BUY", "0.010")
    row, record = new_row(), {**VERDICT, "at": bot.exchange.now().isoformat()}
    bot.exchange.clean()
    only_closing_orders(bot, row, record)
    assert row.ok


@pytest.mark.parametrize("pair", ["BTC/USDT:USDT", "BTC/USDT"])
def test_the_symbol_of_a_pair(pair: str) -> None:
    assert symbol_of(pair) == "BTCUSDT"
