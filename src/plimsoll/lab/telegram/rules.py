"""What the Bot API refuses, and how fast it lets a bot talk.

Texts and lengths: the Bot API's documentation of ``sendMessage`` and ``editMessageText`` (1 to
4,096 characters after entities are parsed) and the error strings of its server
(github.com/tdlib/telegram-bot-api). Pace: the Bots FAQ, "My bot is hitting limits", which names one
message a second in a chat, with short bursts above it, and 20 messages a minute in a group. How
long a burst may be is nowhere stated; here it is 20 messages. ``answerCallbackQuery``: a notice of
0 to 200 characters, to a query that is known and was not answered; how old one may be is nowhere
stated, here 15 seconds. ``getUpdates``: one reader a token. ``sendPhoto``: 10 MB at most, width and
height 10,000 together, one at most 20 times the other; 1,024 characters below it.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any

from PIL import Image, UnidentifiedImageError

from plimsoll.lab.telegram.markup import MarkupError, parsed, utf16_length

LONGEST = 4096
LONGEST_CAPTION = 1024
LARGEST_PHOTO_BYTES = 10_000_000
WIDTH_AND_HEIGHT = 10_000
LENGTHS_TO_ONE = 20
LONGEST_BUTTON_DATA = 64
LONGEST_NOTICE = 200
QUERY_SECONDS = 15.0


class RefusedError(Exception):
    """What the API answers instead of a result."""

    def __init__(self, status: int, description: str, *, retry_after: int | None = None) -> None:
        super().__init__(description)
        self.status, self.description, self.retry_after = status, description, retry_after

    def body(self) -> dict[str, Any]:
        """Return the answer as the API words it."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.status,
            "description": self.description,
        }
        if self.retry_after is not None:
            body["parameters"] = {"retry_after": self.retry_after}
        return body


def bad_request(description: str) -> RefusedError:
    """Return the refusal of a request that is not in order."""
    return RefusedError(400, f"Bad Request: {description}")


def too_many(seconds: float) -> RefusedError:
    """Return the refusal of a bot that talks too fast."""
    wait = max(1, math.ceil(seconds))
    return RefusedError(429, f"Too Many Requests: retry after {wait}", retry_after=wait)


class Queries:
    """The pressed buttons that a bot may answer: each once, and soon."""

    def __init__(self) -> None:
        self._open: dict[str, float] = {}

    def made(self, query: str, now: float) -> None:
        """Note a query; ``now`` is monotonic, in seconds."""
        self._open[query] = now

    def answer(self, asked: Mapping[str, str], now: float) -> None:
        """Take an answer; raises `RefusedError` for one that comes late, twice or to nothing."""
        at = self._open.pop(asked.get("callback_query_id", ""), None)
        if at is None or now - at > QUERY_SECONDS:
            raise bad_request(
                "query is too old and response timeout expired or query ID is invalid"
            )
        if utf16_length(asked.get("text", "")) > LONGEST_NOTICE:
            raise bad_request("MESSAGE_TOO_LONG")


def seen_text(asked: Mapping[str, str]) -> str:
    """Return the text of a message as its reader sees it; raises `RefusedError`."""
    seen = _parsed(asked.get("text", ""), asked)
    if not seen:
        raise bad_request("message text is empty")
    if utf16_length(seen) > LONGEST:
        raise bad_request("message is too long")
    return seen


def seen_caption(asked: Mapping[str, str], photo: bytes | None) -> str:
    """Return the text below a photo as its reader sees it; raises `RefusedError`."""
    if not photo:
        raise bad_request("there is no photo in the request")
    if len(photo) > LARGEST_PHOTO_BYTES:
        raise RefusedError(413, "Request Entity Too Large")
    try:
        with Image.open(BytesIO(photo)) as image:
            width, height = image.size
            image.verify()
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError):
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    if width + height > WIDTH_AND_HEIGHT or max(width, height) > LENGTHS_TO_ONE * min(
        width, height
    ):
        raise bad_request("PHOTO_INVALID_DIMENSIONS")
    seen = _parsed(asked.get("caption", ""), asked)
    if utf16_length(seen) > LONGEST_CAPTION:
        raise bad_request("message caption is too long")
    return seen


def _parsed(text: str, asked: Mapping[str, str]) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise bad_request("strings must be encoded in UTF-8") from None
    try:
        return parsed(text, asked.get("parse_mode")).strip()
    except MarkupError as error:
        raise RefusedError(400, str(error)) from None


def buttons_of(asked: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the buttons under a message, text and data; raises `RefusedError`."""
    markup = asked.get("reply_markup")
    if not markup:
        return ()
    try:
        rows = json.loads(markup).get("inline_keyboard", [])
    except (json.JSONDecodeError, AttributeError):
        raise bad_request("can't parse reply keyboard markup JSON object") from None
    keys = tuple((key["text"], key.get("callback_data", "")) for row in rows for key in row)
    if any(len(data.encode()) > LONGEST_BUTTON_DATA for _, data in keys):
        raise bad_request("BUTTON_DATA_INVALID")
    return keys


@dataclass
class Pace:
    """How fast a bot may talk in one chat: so many at once, then so many a second."""

    burst: int
    per_second: float
    _left: float = field(init=False)
    _at: float | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        """Begin rested."""
        self._left = float(self.burst)

    def take(self, now: float) -> None:
        """Count a message at a monotonic time; raises `RefusedError` when it comes too early."""
        passed = 0.0 if self._at is None else now - self._at
        self._at = now
        self._left = min(float(self.burst), self._left + passed * self.per_second)
        if self._left < 1:
            raise too_many((1 - self._left) / self.per_second)
        self._left -= 1


def private_pace() -> Pace:
    """Return the pace of a chat with one person."""
    return Pace(burst=20, per_second=1.0)


def group_pace() -> Pace:
    """Return the pace of a group."""
    return Pace(burst=20, per_second=20 / 60)
