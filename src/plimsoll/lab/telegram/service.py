"""A Telegram Bot API on loopback, which a bot reaches through a proxy as it would the real one.

Freqtrade has no setting for the API's address. Its HTTP client honours ``HTTPS_PROXY``,
``NO_PROXY`` and ``SSL_CERT_FILE``, so `TelegramService.environment` sends it through a CONNECT
proxy that leads ``api.telegram.org:443`` to a TLS server here, with an authority of its own, and
refuses every other address.

It refuses at least what the real one refuses: markup that cannot be parsed (`markup`),
empty and too long texts, unknown chats, edits of nothing, a bot that talks too fast, answers to
queries that are old (`rules`), a second reader of one token's updates, and a token that was
revoked. What it refused is kept with the reason in `TelegramService.rejected`.
"""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

from aiohttp import web

from plimsoll.lab.telegram.rules import (
    Pace,
    Queries,
    RefusedError,
    bad_request,
    buttons_of,
    group_pace,
    private_pace,
    seen_caption,
    seen_text,
    too_many,
)
from plimsoll.lab.telegram.sent import Rejected, Sent, api_fields, fields_of
from plimsoll.lab.telegram.updates import Updates
from plimsoll.lab.telegram.wire import server_context, tunnel

TOKEN = "123456789:drill-token-of-no-account"  # noqa: S105 - of no account
CHAT_ID = 4242
GROUP_ID = -1004242
PAUSE_SECONDS = 0.02
LARGEST_REQUEST_BYTES = 50_000_000
TIMEOUT_SECONDS = 90.0
"""How long a test waits for a message; a busy machine takes its time."""
OWNER = {"id": CHAT_ID, "is_bot": False, "first_name": "Owner"}
CHAT = {"id": CHAT_ID, "type": "private", "first_name": "Owner"}
BOT = {"id": 123456789, "is_bot": True, "first_name": "Drill", "username": "plimsoll_drill_bot"}


class TelegramService:
    """The API and its proxy, in a thread; what the bot sends stays here across restarts.

    A test speaks as the owner with `send` or `ask`, reads `messages` and `rejected`, and makes
    trouble with `refuse_next`, `down` and `up`.
    """

    def __init__(self, folder: Path) -> None:
        self.messages: list[Sent] = []
        self.rejected: list[Rejected] = []
        self._by_id: dict[str, Sent] = {}
        self.calls: list[str] = []
        self.paces: dict[int, Pace] = {CHAT_ID: private_pace(), GROUP_ID: group_pace()}
        self._faults: list[RefusedError] = []
        self._down = False
        self.refused: list[str] = []
        self.is_revoked = False
        self.blocked: set[int] = set()
        self._queries = Queries()
        self._updates = Updates()
        self._next_message = 1
        self._lock = threading.Lock()
        self._loop = asyncio.new_event_loop()
        self._folder = folder
        self._thread = threading.Thread(target=self._run, name="telegram-service", daemon=True)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._fault: Exception | None = None
        self.proxy_port = 0
        self._methods: dict[str, Callable[[dict[str, str]], Awaitable[Any]]] = {
            "getMe": self._get_me,
            "deleteWebhook": self._delete_webhook,
            "getUpdates": self._get_updates,
            "sendMessage": self._send_message,
            "editMessageText": self._edit_message,
            "answerCallbackQuery": self._answer_query,
            "setMyCommands": self._accept,
        }

    @property
    def environment(self) -> dict[str, str]:
        """What the bot's process needs to find this service and nothing else."""
        proxy = f"http://127.0.0.1:{self.proxy_port}"
        proxies = {
            spelled: proxy
            for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY")
            for spelled in (name, name.lower())
        }
        local = dict.fromkeys(("NO_PROXY", "no_proxy"), "127.0.0.1,localhost")
        return {
            **proxies,
            **local,
            "SSL_CERT_FILE": str(self._folder / "authority.pem"),
            "FREQTRADE__TELEGRAM__TOKEN": TOKEN,
            "FREQTRADE__TELEGRAM__CHAT_ID": str(CHAT_ID),
        }

    # What a test does

    def refuse_next(self, count: int, status: int = 429, *, retry_after: int = 1) -> None:
        """Refuse the next messages and edits: 429 with a wait, or a fault of the server's."""
        fault = (
            too_many(retry_after)
            if status == 429
            else RefusedError(status, "Internal Server Error")
        )
        with self._lock:
            self._faults += [fault] * count

    def down(self) -> None:
        """Drop every connection from now on."""
        self._down = True

    @property
    def conflicts(self) -> int:
        """How often a reader was ended by another one of the same token."""
        return self._updates.conflicts

    @property
    def is_down(self) -> bool:
        """Whether it drops every connection."""
        return self._down

    def up(self) -> None:
        """Answer again."""
        self._down = False

    def send(self, text: str, **others: Any) -> int:
        """Write to the bot as its owner, such as ``/status``; return how many messages it had sent.

        A message sent while the bot is not listening is dropped by Freqtrade at its start.
        ``others`` stand over the message's own fields, such as ``chat``, ``from_``, ``date`` or
        ``forward_origin``.
        """
        return self.push({"message": self._written(text, others)})

    def edit(self, text: str, **others: Any) -> int:
        """Change a message of the owner's, as a person does who has sent it; as `send`."""
        message = {**self._written(text, others), "edit_date": int(time.time())}
        return self.push({"edited_message": message})

    def press(self, sent: Sent, data: str, **others: Any) -> int:
        """Press a button of a message, named by its data; return how many messages there were.

        Any data is let through, as the real one lets through what a changed app sends. ``others``
        stand over the query's own fields, such as ``from_`` or ``message``.
        """
        query = {
            "id": str(self._updates.next_id),
            "from": OWNER,
            "chat_instance": "1",
            "data": data,
            "message": {
                "message_id": sent.message_id,
                "date": int(time.time()),
                "chat": CHAT,
                "text": sent.text,
            },
            **api_fields(others),
        }
        self._queries.made(query["id"], time.monotonic())
        return self.push({"callback_query": query})

    def _written(self, text: str, others: dict[str, Any]) -> dict[str, Any]:
        message: dict[str, Any] = {**self._message(text), "from": OWNER}
        if text.startswith("/"):
            length = len(text.split()[0])
            message["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        return {**message, **api_fields(others)}

    def ask(self, text: str, *, containing: str = "", seconds: float = TIMEOUT_SECONDS) -> Sent:
        """Write to the bot and return its next message, or its next one that contains a text."""
        return self.wait_for(containing, since=self.send(text), seconds=seconds)

    def wait_for(
        self, containing: str, *, since: int = 0, seconds: float = TIMEOUT_SECONDS
    ) -> Sent:
        """Return the first message after the first ``since`` ones that contains the text."""
        matching = self.wait_until(
            lambda: [sent for sent in self.messages[since:] if sent.says(containing)], seconds
        )
        if not matching:
            texts = [sent.text for sent in self.messages[since:]]
            raise AssertionError(
                f"expected a Telegram message with {containing!r} within {seconds:.0f} s, "
                f"found {texts}, refused {self.rejected}"
            )
        return matching[0]

    def listening(self, *, since_call: int = 0) -> bool:
        """Whether a bot has polled for updates after that many calls."""
        return "getUpdates" in self.calls[since_call:]

    @staticmethod
    def wait_until(condition: Callable[[], Any], seconds: float) -> Any:
        """Return the condition's first true value, or its last one when the time is over."""
        deadline = time.monotonic() + seconds
        while not (value := condition()) and time.monotonic() < deadline:
            time.sleep(PAUSE_SECONDS)
        return value

    # What the bot sees

    def _message(self, text: str) -> dict[str, Any]:
        with self._lock:
            number = self._next_message
            self._next_message += 1
        return {"message_id": number, "date": int(time.time()), "chat": CHAT, "text": text}

    def push(self, update: dict[str, Any]) -> int:
        """Let any update wait; return how many messages there were."""
        before = len(self.messages)  # the answer may come before this returns
        self._updates.add(update, self._loop)
        return before

    async def _handle(self, request: web.Request) -> web.Response:
        token, _, method = request.path.removeprefix("/bot").partition("/")
        if self._down:
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=502)
        if token != TOKEN or self.is_revoked:
            return _answer_of(RefusedError(401, "Unauthorized"))
        asked, files = await fields_of(request)
        self.calls.append(method)
        answer = self._methods.get(method)
        if answer is None and method != "sendPhoto":
            return _answer_of(RefusedError(404, f"Not Found: method {method} is not served here"))
        try:
            if answer is None:
                return _result(self._send_photo(asked, files.get("photo")))
            return _result(await answer(asked))
        except RefusedError as refused:
            if method != "getUpdates":  # a reader too many is counted, and no message is refused
                one = Rejected.of(method, asked, refused.status, refused.description)
                self.rejected.append(one)
            return _answer_of(refused)

    def _accepted(self, asked: dict[str, str], seen: Callable[[], str]) -> str:
        """Return the text of a message as seen; raises `RefusedError` as the API does."""
        with self._lock:
            if self._faults:
                raise self._faults.pop(0)
        chat = asked.get("chat_id", "")
        pace = self.paces.get(int(chat)) if chat.lstrip("-").isdigit() else None
        if pace is None:
            raise bad_request("chat not found")
        if int(chat) in self.blocked:
            raise RefusedError(403, "Forbidden: bot was blocked by the user")
        text = seen()
        if "message_thread_id" in asked:
            raise bad_request("message thread not found")
        pace.take(time.monotonic())
        return text

    async def _get_me(self, asked: dict[str, str]) -> Any:
        return {**BOT, "can_join_groups": False, "supports_inline_queries": False}

    async def _delete_webhook(self, asked: dict[str, str]) -> Any:
        if asked.get("drop_pending_updates", "").lower() == "true":
            self._updates.drop()
        return True

    async def _accept(self, asked: dict[str, str]) -> Any:
        return True

    async def _answer_query(self, asked: dict[str, str]) -> Any:
        self._queries.answer(asked, time.monotonic())
        return True

    async def _get_updates(self, asked: dict[str, str]) -> Any:
        return await self._updates.get(asked)

    async def _send_message(self, asked: dict[str, str]) -> Any:
        seen, buttons = self._accepted(asked, lambda: seen_text(asked)), buttons_of(asked)
        return self._keep(asked, asked["text"], seen, buttons)

    def _send_photo(self, asked: dict[str, str], photo: bytes | None) -> Any:
        seen = self._accepted(asked, lambda: seen_caption(asked, photo))
        return self._keep(asked, asked.get("caption", ""), seen, buttons_of(asked), photo)

    def _keep(
        self,
        asked: dict[str, str],
        text: str,
        seen: str,
        buttons: tuple[tuple[str, str], ...],
        photo: bytes | None = None,
    ) -> dict[str, Any]:
        message = self._message(seen)
        number, mode = message["message_id"], asked.get("parse_mode")
        silent = asked.get("disable_notification", "").lower() == "true"
        sent = Sent(
            *(number, int(asked["chat_id"]), text, seen, time.monotonic(), mode, buttons),
            silent=silent,
            photo=photo,
        )
        self.messages.append(sent)
        self._by_id[str(sent.message_id)] = sent  # also when a test has emptied its list
        return {**message, "from": BOT}

    async def _edit_message(self, asked: dict[str, str]) -> Any:
        seen, buttons = self._accepted(asked, lambda: seen_text(asked)), buttons_of(asked)
        sent = self._by_id.get(asked.get("message_id", ""))
        if sent is None:
            raise bad_request("message to edit not found")
        if (sent.seen, sent.buttons) == (seen, buttons):
            raise bad_request(
                "message is not modified: specified new message content and reply markup are "
                "exactly the same as a current content and reply markup of the message"
            )
        sent.edits.append(sent.text)
        sent.text, sent.seen, sent.buttons = asked["text"], seen, buttons
        return {**self._message(seen), "message_id": sent.message_id, "from": BOT}

    # How it runs

    def start(self) -> None:
        """Listen; returns when bots can connect."""
        self._thread.start()
        self._ready.wait(60)
        if self._fault is not None or not self.proxy_port:
            raise AssertionError(f"the Telegram service did not start: {self._fault}")

    def stop(self) -> None:
        """End the service and its thread."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        except Exception as error:  # noqa: BLE001 - told to the test's thread
            self._fault = error
            self._ready.set()
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        context = server_context(self._folder)
        app = web.Application(client_max_size=LARGEST_REQUEST_BYTES)
        app.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        api_port = int(runner.addresses[0][1])
        proxy = await asyncio.start_server(
            lambda reader, writer: tunnel(
                reader,
                writer,
                api_port=api_port,
                is_down=lambda: self._down,
                refused=self.refused,
            ),
            "127.0.0.1",
            0,
        )
        self.proxy_port = int(proxy.sockets[0].getsockname()[1])
        self._ready.set()
        await self._stop.wait()
        proxy.close()
        await runner.cleanup()
        while left := asyncio.all_tasks() - {asyncio.current_task()}:  # one accepted begins another
            await asyncio.sleep(0.01)  # one that is cancelled before it begins is an error
            for task in left:  # tunnels, and polls of dead bots
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)


def _result(result: object) -> web.Response:
    return web.json_response({"ok": True, "result": result})


def _answer_of(refused: RefusedError) -> web.Response:
    return web.json_response(refused.body(), status=refused.status)


@contextlib.contextmanager
def telegram_service(folder: Path) -> Iterator[TelegramService]:
    """Serve a Telegram Bot API for the length of the block; its certificate goes to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    service = TelegramService(folder)
    service.start()
    try:
        yield service
    finally:
        service.stop()
