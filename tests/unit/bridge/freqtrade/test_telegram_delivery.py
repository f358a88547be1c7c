"""Who takes a message, by a Freqtrade config, and whether it was taken."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from freqtrade.rpc.discord import Discord
from freqtrade.rpc.webhook import Webhook

from plimsoll.bridge.freqtrade.telegram_delivery import (
    LONGEST_DISCORD_UNITS,
    Outlet,
    TelegramOutlet,
    UndeliveredError,
    WebhookOutlet,
    outlets_of,
    rpc_modules,
)
from plimsoll.lab.telegram.rules import Pace
from plimsoll.lab.telegram.service import (
    CHAT_ID,
    GROUP_ID,
    TOKEN,
    TelegramService,
    telegram_service,
)

HOSTILE = "_*[x](y)` <b> & 🛑 \\ ~>#+-=|{}.! שלום\nline two"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramService]:
    with telegram_service(tmp_path_factory.mktemp("telegram")) as service:
        yield service


@pytest.fixture
def service(served: TelegramService, monkeypatch: pytest.MonkeyPatch) -> Iterator[TelegramService]:
    served.messages.clear()
    served.rejected.clear()
    served.paces = {chat: Pace(burst=1000, per_second=1000) for chat in served.paces}
    for name, value in served.environment.items():
        monkeypatch.setenv(name, value)
    yield served
    served.up()


def settings(**others: Any) -> dict[str, Any]:
    return {
        "enabled": True,
        "token": TOKEN,
        "chat_id": str(CHAT_ID),
        "allow_custom_messages": True,
        **others,
    }


def refusal(outlet: Outlet, text: str = "halted") -> UndeliveredError:
    with pytest.raises(UndeliveredError) as refused:
        outlet.send(text)
    return refused.value


def test_a_text_arrives_as_it_is_without_markup(service: TelegramService) -> None:
    TelegramOutlet(settings()).send(HOSTILE)
    (sent,) = service.messages
    assert (sent.seen, sent.parse_mode, sent.chat_id) == (HOSTILE, None, CHAT_ID)
    assert service.rejected == []


def test_a_bot_that_talks_too_fast_is_told_how_long_to_wait(service: TelegramService) -> None:
    service.refuse_next(1, retry_after=7)
    refused = refusal(TelegramOutlet(settings()))
    assert refused.retry_after == 7.0
    assert refused.reason == "Too Many Requests: retry after 7"


def test_a_fault_of_the_server_and_a_lost_connection_are_undelivered(
    service: TelegramService,
) -> None:
    service.refuse_next(1, 500)
    assert refusal(TelegramOutlet(settings())).reason == "Internal Server Error"
    service.down()
    refused = refusal(TelegramOutlet(settings()))
    assert refused.retry_after is None
    assert "Error" in refused.reason
    assert service.messages == []


@pytest.mark.parametrize(
    ("others", "said"),
    [
        ({"token": "1:wrong"}, "Unauthorized"),
        ({"chat_id": "99"}, "Bad Request: chat not found"),
        ({"topic_id": "3"}, "Bad Request: message thread not found"),
    ],
)
def test_a_wrong_address_is_undelivered_and_asked_once(
    service: TelegramService, others: dict[str, Any], said: str
) -> None:
    assert refusal(TelegramOutlet(settings(**others))).reason == said
    assert len(service.rejected) <= 1


def test_no_error_shows_the_token(
    service: TelegramService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for token in (TOKEN, "a\nb", "a b"):
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:1")
        assert token not in refusal(TelegramOutlet(settings(token=token))).reason


def test_a_text_that_telegram_calls_malformed_goes_without_special_signs(
    service: TelegramService,
) -> None:
    service.refuse_next(1, 400)
    TelegramOutlet(settings()).send("🛑 daily_loss: *−4.1 %* (limit 3 %)")
    assert [sent.text for sent in service.messages] == ["daily loss: −4.1 % limit 3 %"]


def test_a_text_of_which_nothing_is_left_is_undelivered(service: TelegramService) -> None:
    assert "text is empty" in refusal(TelegramOutlet(settings()), " ").reason
    service.refuse_next(1, 400)
    refusal(TelegramOutlet(settings()), "🛑")


def test_a_group_takes_fewer_messages_than_a_person(service: TelegramService) -> None:
    group = TelegramOutlet(settings(chat_id=str(GROUP_ID)))
    assert group.pause_seconds > TelegramOutlet(settings()).pause_seconds > 1.0
    group.send("halted")
    assert service.messages[0].chat_id == GROUP_ID


# Webhook and Discord


class _Answers(BaseHTTPRequestHandler):
    """Answers a webhook with the status that its test set."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append(body.decode())  # type: ignore[attr-defined]
        self.send_response(self.server.status)  # type: ignore[attr-defined]
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server: Any = HTTPServer(("127.0.0.1", 0), _Answers)
    server.got, server.status = [], 200
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


def webhook_config(hook: Any, **others: Any) -> dict[str, Any]:
    url = f"http://127.0.0.1:{hook.server_port}/"
    return {
        "webhook": {
            "enabled": True,
            "url": url,
            "format": "json",
            "allow_custom_messages": True,
            "strategy_msg": {"text": "{msg}"},
            **others,
        },
        "discord": {
            "enabled": True,
            "webhook_url": url,
            "allow_custom_messages": True,
            "strategy_msg": [{"Message": "{msg}"}],
        },
    }


def test_a_webhook_takes_a_message_when_its_address_answers_well(hook: Any) -> None:
    outlet = WebhookOutlet(Webhook(None, webhook_config(hook)))
    outlet.send("halted {braces}")
    assert hook.got == ['{"text": "halted {braces}"}']
    hook.status = 500
    assert "500 Server Error" in refusal(outlet).reason
    assert outlet.name == "webhook"


def test_discord_takes_shorter_messages(hook: Any) -> None:
    outlet = WebhookOutlet(Discord(None, webhook_config(hook)))
    outlet.send("halted")
    assert "halted" in hook.got[0]
    assert (outlet.name, outlet.longest_units) == ("discord", LONGEST_DISCORD_UNITS)
    hook.status = 400
    assert "400 Client Error" in refusal(outlet).reason


def test_a_webhook_s_format_that_cannot_be_filled_in_is_undelivered(hook: Any) -> None:
    config = webhook_config(hook, strategy_msg={"text": "{nothing}"})
    assert "nothing" in refusal(WebhookOutlet(Webhook(None, config))).reason
    assert hook.got == []


# Who is told


def test_who_takes_a_strategy_s_messages_is_told(hook: Any) -> None:
    config = {**webhook_config(hook), "telegram": settings()}
    outlets = outlets_of(config, [Webhook(None, config), Discord(None, config)])
    assert [outlet.name for outlet in outlets.told] == ["telegram", "webhook", "discord"]
    assert outlets.not_told == []


def test_who_does_not_is_named_with_what_is_missing(hook: Any) -> None:
    config = {**webhook_config(hook), "telegram": settings(allow_custom_messages=False)}
    config["webhook"].pop("strategy_msg")
    config["discord"].pop("allow_custom_messages")
    outlets = outlets_of(config, [Webhook(None, config), Discord(None, config)])
    assert outlets.told == []
    assert outlets.not_told == [
        "telegram is on, but allow_custom_messages is not true",
        'webhook is on, but has no format for "strategy_msg"',
        "discord is on, but allow_custom_messages is not true",
    ]


@pytest.mark.parametrize(("loudness", "told"), [("on", 1), ("silent", 1), ("off", 0)])
def test_telegram_is_as_loud_as_its_settings_say(
    service: TelegramService, loudness: str, told: int
) -> None:
    quiet = settings(notification_settings={"strategy_msg": loudness})
    outlets = outlets_of({"telegram": quiet})
    assert len(outlets.told) == told
    for outlet in outlets.told:
        outlet.send("halted")
    assert [sent.silent for sent in service.messages] == [loudness == "silent"] * told


def test_nobody_is_told_without_a_messenger() -> None:
    assert outlets_of({}).told == []
    assert outlets_of({"telegram": settings(enabled=False)}).told == []
    assert rpc_modules(None) == []
