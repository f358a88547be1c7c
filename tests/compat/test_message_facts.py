"""One named test for each fact of Freqtrade that the delivery of messages rests on."""

import inspect
from collections import deque
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from freqtrade.config_schema import CONF_SCHEMA
from freqtrade.configuration.config_validation import FreqtradeValidator
from freqtrade.data.dataprovider import DataProvider
from freqtrade.enums import RPCMessageType, RunMode
from freqtrade.rpc import webhook
from freqtrade.rpc.discord import Discord
from freqtrade.rpc.rpc_manager import RPCManager
from freqtrade.rpc.telegram import Telegram
from freqtrade.rpc.webhook import Webhook

from plimsoll.bridge.freqtrade.telegram_delivery import WEBHOOK_LOGGER, WEBHOOKS, rpc_modules
from plimsoll.lab.telegram.markup import MarkupError, parsed
from tests.unit.bridge.bots import bot_config


class Module:
    """An RPC module that keeps what it was given."""

    name = "telegram"

    def __init__(self, **settings: Any) -> None:
        self._config = {"telegram": settings}
        self.got: list[Any] = []

    def send_msg(self, msg: Any) -> None:
        self.got.append(msg)


def manager_of(*modules: Any) -> RPCManager:
    manager = object.__new__(RPCManager)
    manager.registered_modules = list(modules)
    return manager


def telegram_of(**settings: Any) -> Telegram:
    telegram = object.__new__(Telegram)
    telegram._config = {"telegram": settings}
    return telegram


def test_fact_m1_a_strategy_s_messages_go_to_modules_that_allow_them() -> None:
    allows, not_said = Module(allow_custom_messages=True), Module()
    manager_of(allows, not_said).process_msg_queue(deque(["halted"]))
    assert allows.got == [{"type": RPCMessageType.STRATEGY_MSG, "msg": "halted"}]
    assert not_said.got == []


def test_fact_m2_telegram_allows_them_unless_its_settings_say_otherwise() -> None:
    telegram = {"enabled": True, "token": "t", "chat_id": "1"}
    hook: dict[str, Any] = {"enabled": True}
    schema = deepcopy(CONF_SCHEMA["properties"])  # defaults are filled into the schema as well
    FreqtradeValidator(schema["telegram"]).validate(telegram)
    FreqtradeValidator(schema["webhook"]).validate(hook)
    assert telegram["allow_custom_messages"] is True
    assert "allow_custom_messages" not in hook


@pytest.mark.parametrize("loudness", ["on", "silent", "off"])
def test_fact_m3_telegram_s_loudness_of_them_is_strategy_msg(loudness: str) -> None:
    message: Any = {"type": RPCMessageType.STRATEGY_MSG, "msg": "halted"}
    quiet = telegram_of(notification_settings={"strategy_msg": loudness})
    assert quiet._message_loudness(message) == loudness
    assert telegram_of()._message_loudness(message) == "on"


def test_fact_m4_telegram_sends_them_unescaped_as_markdown() -> None:
    text = "plimsoll: HALTED the account by daily_loss: x"
    message: Any = {"type": RPCMessageType.STRATEGY_MSG, "msg": text}
    assert telegram_of().compose_message(message) == text
    assert inspect.signature(Telegram._send_msg).parameters["parse_mode"].default == "Markdown"
    with pytest.raises(MarkupError):
        parsed(text, "Markdown")


def test_fact_m5_a_protection_s_reason_is_unescaped_markdown_too() -> None:
    message: Any = {
        "type": RPCMessageType.PROTECTION_TRIGGER_GLOBAL,
        "reason": "plimsoll HALTED break_even: x",
        "lock_end_time": "2026-11-21",
    }
    compose = inspect.unwrap(Telegram.compose_message)
    with pytest.raises(MarkupError):
        parsed(compose(telegram_of(), message), "Markdown")


def test_fact_m6_the_data_provider_knows_the_rpc_modules(tmp_path: Path) -> None:
    module = Module()
    data = DataProvider(bot_config(tmp_path, RunMode.DRY_RUN), None, rpc=manager_of(module))
    assert rpc_modules(data) == [module]


def test_fact_m7_webhook_and_discord_warn_of_a_failed_request_and_raise_nothing() -> None:
    assert webhook.logger.name == WEBHOOK_LOGGER
    assert Discord._send_msg is Webhook._send_msg
    assert "Could not call webhook url" in inspect.getsource(Webhook._send_msg)
    assert tuple(one.__name__.lower() for one in (Webhook, Discord)) == WEBHOOKS
