"""Listen keys: what a client needs to follow the account over a WebSocket.

Source: Binance USD-M API, "User Data Streams": valid for 60 minutes, extended by PUT and POST.
"""

import secrets

from plimsoll.venue.errors import ApiError

VALID_MS = 60 * 60_000


class ListenKeys:
    """The account's listen key; there is at most one that is valid."""

    def __init__(self) -> None:
        self._key = ""
        self._ends_ms = 0

    def is_valid(self, key: str, now_ms: int) -> bool:
        """Return whether the key opens the stream at the instant."""
        return bool(key) and key == self._key and now_ms < self._ends_ms

    def knows(self, key: str) -> bool:
        """Return whether it is the newest key, valid or not."""
        return bool(key) and key == self._key

    def opened(self, now_ms: int) -> str:
        """Return the valid key, a new one when there is none, for another 60 minutes."""
        if not self.is_valid(self._key, now_ms):
            self._key = secrets.token_hex(32)
        self._ends_ms = now_ms + VALID_MS
        return self._key

    def extended(self, now_ms: int) -> str:
        """Return the key after another 60 minutes were given; `ApiError` -1125 without one."""
        if not self.is_valid(self._key, now_ms):
            raise ApiError(-1125, "This listenKey does not exist.")
        return self.opened(now_ms)

    def close(self) -> None:
        """Forget the key; its streams end."""
        self._key = ""


def answered(keys: ListenKeys, method: str, now_ms: int) -> dict[str, str] | None:
    """Return the answer to a request for the listen key, None for a method that it lacks."""
    if method == "POST":
        return {"listenKey": keys.opened(now_ms)}
    if method == "PUT":
        return {"listenKey": keys.extended(now_ms)}
    if method == "DELETE":
        keys.close()
        return {}
    return None
