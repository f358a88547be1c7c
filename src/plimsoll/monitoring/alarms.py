"""Alarms over a channel of the watchdog's own. What is not delivered is kept and tried again."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from plimsoll.core import UsageError

RETRY_SECONDS = 20.0
LONGEST_RETRY_SECONDS = 600.0
MOST_DOUBLINGS = 10
"""An address that is gone for weeks has thousands of tries, which no power of two can hold."""
KEPT = 200
"""Alarms that wait at most; the oldest give way."""

Send = Callable[[str, str, str], bool]
"""Address, title and text to whether it was delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One alarm on its way to one address, named by its place among the addresses."""

    channel: int
    key: str
    text: str
    at: str
    tries: int = 0
    next_at: str = ""


class Outbox:
    """The alarms that are not delivered yet, one entry an address."""

    def __init__(
        self,
        urls: Sequence[str],
        title: str,
        waiting: Sequence[Waiting] = (),
        *,
        send: Send | None = None,
    ) -> None:
        self._urls, self._title = tuple(urls), title
        self._send: Send = _deliver if send is None else send
        self._waiting = [one for one in waiting if one.channel < len(self._urls)]

    @property
    def waiting(self) -> tuple[Waiting, ...]:
        """What was not delivered yet, oldest first."""
        return tuple(self._waiting)

    def add(self, key: str, text: str, at: datetime) -> None:
        """Take an alarm on, for every address."""
        self._waiting += [
            Waiting(channel=number, key=key, text=text, at=at.isoformat())
            for number in range(len(self._urls))
        ]
        del self._waiting[:-KEPT]

    def deliver(self, now: datetime) -> tuple[int, int]:
        """Send what is due; return how many were delivered and how many failed.

        After a failure the rest of that address waits: an address that is gone must not keep the
        watchdog from looking.
        """
        delivered, failed = 0, 0
        gone: set[int] = set()
        left: list[Waiting] = []
        for one in self._waiting:
            if one.channel in gone or not _is_due(one, now):
                left.append(one)
                continue
            if self._send(self._urls[one.channel], self._title, one.text):
                delivered += 1
                continue
            failed += 1
            gone.add(one.channel)
            wait = min(RETRY_SECONDS * 2 ** min(one.tries, MOST_DOUBLINGS), LONGEST_RETRY_SECONDS)
            after = (now + timedelta(seconds=wait)).isoformat()
            left.append(replace(one, tries=one.tries + 1, next_at=after))
        self._waiting = left
        return delivered, failed

    def as_records(self) -> list[dict[str, Any]]:
        """Return what waits as plain values; an address, which may be secret, is not in it."""
        return [asdict(one) for one in self._waiting]


def waiting_from(records: Sequence[Mapping[str, Any]]) -> list[Waiting]:
    """Return what :meth:`Outbox.as_records` wrote.

    Raises
    ------
    TypeError
        When it is no such record.
    """
    return [Waiting(**record) for record in records]


def _is_due(one: Waiting, now: datetime) -> bool:
    """Return whether a try is due: also one that a clock which was ahead has put off too far."""
    if not one.next_at:
        return True
    wait = datetime.fromisoformat(one.next_at) - now
    return not timedelta() < wait <= timedelta(seconds=LONGEST_RETRY_SECONDS)


def require_addresses(urls: Sequence[str]) -> None:
    """Refuse an address that nothing can be sent to.

    Raises
    ------
    UsageError
        With the number of the address: what it is may be secret.
    """
    import apprise

    for number, url in enumerate(urls, start=1):
        if apprise.Apprise.instantiate(url) is None:
            raise UsageError(
                f"alarm address {number} is none that apprise knows, such as tgram://… or ntfy://…"
            )


def _deliver(url: str, title: str, text: str) -> bool:
    """Send by apprise; whatever goes wrong is a failure, never an end.

    It is told that this is plain text: it would send a ``<`` as it is to a service of HTML, which
    refuses the whole message, as Telegram does, for as long as it is tried again.
    """
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # it would log addresses
    try:
        channel, plain = apprise.Apprise(), apprise.NotifyFormat.TEXT
        return bool(channel.add(url)) and bool(
            channel.notify(body=text, title=title, body_format=plain)
        )
    except Exception:  # noqa: BLE001 - a channel of others must not end the watchdog
        return False
