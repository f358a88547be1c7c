"""The message of a protection reaches Telegram, whatever its reason is."""

from typing import Any

import pytest
from freqtrade.enums import RPCMessageType
from freqtrade.rpc.telegram import Telegram

from plimsoll.bridge.freqtrade.protection_messages import escape_reasons
from plimsoll.lab.telegram.markup import parsed

REASONS = ["plimsoll HALTED break_even: lost 3 USD", "a*b [c", "`", "Cooldown: 3 s"]


def trigger(kind: RPCMessageType, reason: str) -> dict[str, Any]:
    return {
        "type": kind,
        "pair": "*" if kind is RPCMessageType.PROTECTION_TRIGGER_GLOBAL else "BTC/USDT:USDT",
        "reason": reason,
        "lock_end_time": "2026-11-21 00:00:00",
    }


@pytest.fixture
def telegram(monkeypatch: pytest.MonkeyPatch) -> Telegram:
    monkeypatch.setattr(Telegram, "compose_message", Telegram.compose_message)
    escape_reasons()
    return object.__new__(Telegram)


@pytest.mark.parametrize("reason", REASONS)
@pytest.mark.parametrize(
    "kind", [RPCMessageType.PROTECTION_TRIGGER, RPCMessageType.PROTECTION_TRIGGER_GLOBAL]
)
def test_a_protection_s_reason_is_read_as_it_is(
    telegram: Telegram, kind: RPCMessageType, reason: str
) -> None:
    message = telegram.compose_message(trigger(kind, reason))
    assert f"triggered due to {reason}. " in parsed(str(message), "Markdown")


def test_other_messages_are_as_they_were_and_twice_changes_nothing(telegram: Telegram) -> None:
    composed = Telegram.compose_message
    escape_reasons()
    assert Telegram.compose_message is composed
    status: Any = {"type": RPCMessageType.STATUS, "status": "a_b"}
    assert telegram.compose_message(status) == "*Status:* `a_b`"
