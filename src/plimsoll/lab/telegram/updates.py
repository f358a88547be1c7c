"""The updates that wait for a bot: in order, until it confirms them, for one reader at a time."""

import asyncio
import contextlib
import json
import threading
from collections.abc import Mapping
from typing import Any

from plimsoll.lab.telegram.rules import RefusedError, bad_request

MOST_AT_ONCE = 100


class Updates:
    """What waits for one token's reader; may be filled from any thread."""

    def __init__(self) -> None:
        self.conflicts = 0
        self.next_id = 1
        self._waiting: list[dict[str, Any]] = []
        self._readers = 0
        self._mutex = threading.Lock()
        self._news = asyncio.Event()

    def add(self, update: dict[str, Any], loop: asyncio.AbstractEventLoop) -> None:
        """Let an update wait, under the next number."""
        with self._mutex:
            update["update_id"] = self.next_id
            self.next_id += 1
            self._waiting.append(update)
        loop.call_soon_threadsafe(self._news.set)

    def drop(self) -> None:
        """Forget all that waits."""
        with self._mutex:
            self._waiting.clear()

    async def get(self, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        """Return what waits from a number on; hold the question as long as the bot asks for.

        What has a lower number is confirmed, and forgotten. A second reader ends the question of
        the first, with 409.
        """
        offset, wait = int(asked.get("offset", 0)), float(asked.get("timeout", 0))
        limit, kinds = min(int(asked.get("limit", MOST_AT_ONCE)), MOST_AT_ONCE), _kinds(asked)
        loop = asyncio.get_running_loop()
        deadline = loop.time() + wait
        self._readers += 1
        mine = self._readers
        self._news.set()  # an earlier reader looks up, and finds that it is one too many
        while True:
            if mine != self._readers:
                self.conflicts += 1
                raise _conflict()
            with self._mutex:
                self._waiting = [
                    one
                    for one in self._waiting
                    if one["update_id"] >= offset and (kinds is None or kinds & set(one))
                ]
                updates = self._waiting[:limit]
            left = deadline - loop.time()
            if updates or left <= 0:
                return updates
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), left)


def _conflict() -> RefusedError:
    return RefusedError(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is "
        "running",
    )


def _kinds(asked: Mapping[str, str]) -> set[str] | None:
    """Return the kinds of update that a bot asks for; ``None`` for all."""
    text = asked.get("allowed_updates")
    if not text:
        return None
    try:
        kinds = json.loads(text)
    except json.JSONDecodeError:
        kinds = None
    if not isinstance(kinds, list):
        raise bad_request("can't parse allowed updates JSON object")
    return {str(one) for one in kinds} or None
