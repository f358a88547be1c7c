"""The user data stream: the account's own events, to those who hold its listen key."""

from collections.abc import Callable

from plimsoll.venue.account.events import Event
from plimsoll.venue.api.feeds import Message
from plimsoll.venue.api.listen_keys import ListenKeys
from plimsoll.venue.api.user_events import in_danger, margin_call, messages_of
from plimsoll.venue.exchange import Exchange


class UserStream:
    """Collect what happens to the account while anybody follows it.

    `wake` is called with each event, so that it is sent without waiting for the next turn.
    """

    def __init__(self, exchange: Exchange, keys: ListenKeys, wake: Callable[[], None]) -> None:
        self.keys = keys
        self._exchange = exchange
        self._wake = wake
        self._feeds: dict[str, UserFeed] = {}
        self._called: set[str] = set()
        exchange.matching.on_event(self._take)

    def open(self, key: str) -> "UserFeed | None":
        """Return a feed for the listen key, None when it is none of this exchange's."""
        if not self.keys.is_valid(key, self._exchange.clock.now_ms()):
            return None
        return self._feeds.setdefault(key, UserFeed(self, key))

    def close(self, key: str) -> None:
        """Collect no more for a key that nobody follows any more."""
        self._feeds.pop(key, None)

    def follow(self, now_ms: int) -> None:
        """Let the account follow the market while anybody listens, and warn of danger."""
        if not self._feeds:
            return
        self._exchange.advance(now_ms)
        held = {one.symbol: one for one in self._exchange.account.open_positions()}
        danger = {
            symbol
            for symbol, position in held.items()
            if in_danger(self._exchange, position, now_ms)
        }
        for symbol in sorted(danger - self._called):
            self._post([margin_call(self._exchange, held[symbol], now_ms)])
        self._called = danger

    def _take(self, event: Event) -> None:
        if self._feeds:
            self._post([*messages_of(self._exchange, event)])
            self._wake()

    def _post(self, messages: list[Message]) -> None:
        for feed in self._feeds.values():
            feed.waiting += messages


class UserFeed:
    """One listen key's messages, in order."""

    def __init__(self, stream: UserStream, key: str) -> None:
        self._stream, self._key = stream, key
        self.waiting: list[Message] = []
        self._ended = False

    def current(self, now_ms: int) -> list[Message]:
        """Return nothing: the stream says what happens, not what is."""
        del now_ms
        return []

    def advance(self, now_ms: int) -> list[Message]:
        """Return what has happened since the last call; at the end that the key has expired."""
        if self._ended:
            return []
        self._stream.follow(now_ms)
        messages, self.waiting = self.waiting, []
        if not self._stream.keys.is_valid(self._key, now_ms):
            self._ended = True
            messages.append({"e": "listenKeyExpired", "E": now_ms, "listenKey": self._key})
        return messages
