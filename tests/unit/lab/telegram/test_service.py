"""The Telegram service refuses what the Bot API refuses, and remembers why."""

import gc
import json
import socket
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from plimsoll.lab.telegram.rules import Pace, RefusedError
from plimsoll.lab.telegram.service import (
    CHAT_ID,
    GROUP_ID,
    TOKEN,
    TelegramService,
    telegram_service,
)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TelegramService]:
    with telegram_service(tmp_path_factory.mktemp("telegram")) as service:
        yield service


@pytest.fixture
def service(served: TelegramService) -> TelegramService:
    served.messages.clear()
    served.rejected.clear()
    for chat in served.paces:
        served.paces[chat] = Pace(burst=1000, per_second=1000)
    return served


@pytest.fixture
def client(service: TelegramService, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    for name, value in service.environment.items():
        monkeypatch.setenv(name, value)
    with httpx.Client(base_url=f"https://api.telegram.org/bot{TOKEN}/", timeout=30) as made:
        yield made


def ask(client: httpx.Client, method: str, **fields: Any) -> dict[str, Any]:
    answer = client.post(method, data={"chat_id": CHAT_ID, **fields}).json()
    assert isinstance(answer, dict)
    return answer


def refusal(client: httpx.Client, method: str = "sendMessage", **fields: Any) -> str:
    answer = ask(client, method, **fields)
    assert answer["ok"] is False
    assert answer["error_code"] == 400
    return str(answer["description"])


def test_a_message_is_kept_as_sent_and_as_seen(
    service: TelegramService, client: httpx.Client
) -> None:
    answer = ask(client, "sendMessage", text=" *a* `b_c` ", parse_mode="Markdown")
    assert answer["result"]["text"] == "a b_c"
    sent = service.messages[0]
    assert (sent.text, sent.seen, sent.parse_mode) == (" *a* `b_c` ", "a b_c", "Markdown")
    assert sent.says("A B_C")
    assert service.rejected == []


def test_json_is_read_like_a_form(service: TelegramService, client: httpx.Client) -> None:
    client.post("sendMessage", json={"chat_id": CHAT_ID, "text": "🛑 a_b"}).raise_for_status()
    assert service.messages[0].seen == "🛑 a_b"
    surrogate = json.dumps({"chat_id": CHAT_ID, "text": "\udc80"})
    broken = client.post(
        "sendMessage", content=surrogate, headers={"Content-Type": "application/json"}
    )
    assert broken.json()["description"] == "Bad Request: strings must be encoded in UTF-8"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "__", "parse_mode": "Markdown"}, "message text is empty"),
        ({"text": "a" * 4097}, "message is too long"),
        ({"text": "🛑" * 2049}, "message is too long"),
        ({"text": "a", "chat_id": 99}, "chat not found"),
        ({"text": "a", "chat_id": "nobody"}, "chat not found"),
        ({"text": "a", "message_thread_id": 3}, "message thread not found"),
        ({"text": "a", "parse_mode": "Markdown3"}, "unsupported parse_mode"),
        ({"text": "a", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        (
            {"text": "daily_loss", "parse_mode": "Markdown"},
            "can't parse entities: Can't find end of the entity starting at byte offset 5",
        ),
    ],
)
def test_what_the_api_refuses_is_refused_and_kept(
    fields: dict[str, Any], said: str, service: TelegramService, client: httpx.Client
) -> None:
    assert refusal(client, **fields) == f"Bad Request: {said}"
    assert service.messages == []
    assert [(one.reason, one.status) for one in service.rejected] == [(f"Bad Request: {said}", 400)]


@pytest.mark.parametrize("text", ["a" * 4096, "🛑" * 2048, "*" + "a" * 4096 + "*"])
def test_4096_units_after_parsing_are_accepted(
    text: str, service: TelegramService, client: httpx.Client
) -> None:
    assert ask(client, "sendMessage", text=text, parse_mode="Markdown")["ok"] is True


def test_an_edit_must_change_a_message_that_is_there(
    service: TelegramService, client: httpx.Client
) -> None:
    number = ask(client, "sendMessage", text="one")["result"]["message_id"]
    said = refusal(client, "editMessageText", text="two", message_id=number + 1000)
    assert said == "Bad Request: message to edit not found"
    assert ask(client, "editMessageText", text="two", message_id=number)["ok"] is True
    assert (service.messages[0].text, service.messages[0].edits) == ("two", ["one"])
    said = refusal(client, "editMessageText", text="two", message_id=number)
    assert said.startswith("Bad Request: message is not modified")


def test_a_bot_that_talks_too_fast_must_wait(
    service: TelegramService, client: httpx.Client
) -> None:
    service.paces[CHAT_ID] = Pace(burst=2, per_second=0.01)
    assert ask(client, "sendMessage", text="1")["ok"] is True
    assert ask(client, "sendMessage", text="2")["ok"] is True
    answer = ask(client, "sendMessage", text="3")
    assert answer["error_code"] == 429
    assert 90 <= answer["parameters"]["retry_after"] <= 100
    wait = answer["parameters"]["retry_after"]
    assert answer["description"] == f"Too Many Requests: retry after {wait}"
    assert ask(client, "sendMessage", text="other chat", chat_id=GROUP_ID)["ok"] is True


def test_a_pace_recovers_and_never_above_its_burst() -> None:
    pace = Pace(burst=2, per_second=1.0)
    pace.take(0.0)
    pace.take(0.0)
    with pytest.raises(RefusedError) as early:
        pace.take(0.5)
    assert early.value.retry_after == 1
    pace.take(1.0)
    pace.take(100.0)
    pace.take(100.0)
    with pytest.raises(RefusedError):
        pace.take(100.0)


def test_faults_are_made_to_order(service: TelegramService, client: httpx.Client) -> None:
    service.refuse_next(1, retry_after=7)
    service.refuse_next(1, 500)
    assert ask(client, "sendMessage", text="1")["parameters"] == {"retry_after": 7}
    assert ask(client, "sendMessage", text="1")["error_code"] == 500
    assert ask(client, "sendMessage", text="1")["ok"] is True
    assert [one.status for one in service.rejected] == [429, 500]


def test_a_service_that_is_down_drops_connections_old_and_new(
    service: TelegramService, client: httpx.Client
) -> None:
    assert ask(client, "sendMessage", text="1")["ok"] is True
    service.down()
    try:
        for _ in range(2):
            with pytest.raises(httpx.TransportError):
                ask(client, "sendMessage", text="2")
    finally:
        service.up()
    assert ask(client, "sendMessage", text="3")["ok"] is True
    assert [sent.text for sent in service.messages] == ["1", "3"]


def test_a_query_is_answered_once_and_with_a_short_notice(
    service: TelegramService, client: httpx.Client
) -> None:
    ask(client, "sendMessage", text="one")
    service.press(service.messages[0], "yes")
    query = ask(client, "getUpdates")["result"][-1]["callback_query"]
    assert query["data"] == "yes"
    long = refusal(client, "answerCallbackQuery", callback_query_id=query["id"], text="x" * 201)
    assert long == "Bad Request: MESSAGE_TOO_LONG"
    service.press(service.messages[0], "no")
    other = ask(client, "getUpdates")["result"][-1]["callback_query"]["id"]
    assert ask(client, "answerCallbackQuery", callback_query_id=other)["ok"] is True
    for unknown in (other, "never"):
        said = refusal(client, "answerCallbackQuery", callback_query_id=unknown)
        assert said.startswith("Bad Request: query is too old")


def test_who_has_blocked_the_bot_and_a_revoked_token_are_refused(
    service: TelegramService, client: httpx.Client
) -> None:
    service.blocked.add(CHAT_ID)
    assert ask(client, "sendMessage", text="one")["error_code"] == 403
    service.blocked.clear()
    service.is_revoked = True
    assert ask(client, "getMe")["error_code"] == 401
    service.is_revoked = False


def test_a_message_may_be_anybodys_and_changed(
    service: TelegramService, client: httpx.Client
) -> None:
    service.send("/halt", from_={"id": 666, "is_bot": False, "first_name": "M"}, date=5)
    service.edit("/halt me")
    first, second = (one for one in ask(client, "getUpdates")["result"][-2:])
    assert (first["message"]["from"]["id"], first["message"]["date"]) == (666, 5)
    assert second["edited_message"]["text"] == "/halt me"


def drawn(width: int, height: int) -> bytes:
    file = BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


def photo_answer(client: httpx.Client, photo: bytes, **fields: Any) -> dict[str, Any]:
    sent = {"chat_id": CHAT_ID, **fields}
    answer = client.post("sendPhoto", data=sent, files={"photo": ("week.png", photo)}).json()
    assert isinstance(answer, dict)
    return answer


def test_a_photo_is_kept_with_its_caption(service: TelegramService, client: httpx.Client) -> None:
    photo = drawn(900, 600)
    answer = photo_answer(client, photo, caption="<b>a week</b>", parse_mode="HTML")
    assert answer["ok"] is True
    [sent] = service.messages
    assert (sent.photo, sent.seen) == (photo, "a week")


@pytest.mark.parametrize(
    ("photo", "fields", "reason"),
    [
        (b"%PDF", {}, "IMAGE_PROCESS_FAILED"),
        (b"", {}, "there is no photo in the request"),
        (drawn(6_000, 4_001), {}, "PHOTO_INVALID_DIMENSIONS"),
        (drawn(2_100, 100), {}, "PHOTO_INVALID_DIMENSIONS"),
        (drawn(9, 9), {"caption": "a" * 1_025}, "message caption is too long"),
        (drawn(9, 9), {"caption": "*a", "parse_mode": "Markdown"}, "can't parse entities"),
        (drawn(9, 9), {"chat_id": 1}, "chat not found"),
    ],
)
def test_a_photo_that_the_real_one_refuses_is_refused(
    service: TelegramService,
    client: httpx.Client,
    photo: bytes,
    fields: dict[str, Any],
    reason: str,
) -> None:
    answer = photo_answer(client, photo, **fields)
    assert (answer["ok"], answer["error_code"]) == (False, 400)
    assert reason in answer["description"]
    assert service.messages == []


def test_a_photo_of_more_than_10_mb_is_too_large(client: httpx.Client) -> None:
    assert photo_answer(client, b"\x89PNG" + bytes(10_000_000))["error_code"] == 413


def test_bots_that_connect_as_it_ends_leave_no_error(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(5):
        with telegram_service(tmp_path / str(number)) as service:
            knocking = threading.Thread(target=knock, args=(service.proxy_port,))
            knocking.start()
            KNOCKED.wait(30)
        knocking.join(30)
        KNOCKED.clear()
    gc.collect()
    assert [one.getMessage() for one in caplog.records if one.name == "asyncio"] == []


KNOCKED = threading.Event()


def knock(port: int) -> None:
    sockets: list[socket.socket] = []
    try:
        while len(sockets) < 500:
            sockets.append(socket.create_connection(("127.0.0.1", port), timeout=5))
            sockets[-1].sendall(b"CONNECT api.telegram.org:443 HTTP/1.1\r\n\r\n")
            KNOCKED.set()
    except OSError:
        KNOCKED.set()  # it has ended
    finally:
        for one in sockets:
            one.close()
