"""Let a Freqtrade process live in the time of a simulated venue."""

import json
import logging
import threading
import time
import urllib.request
from collections.abc import Callable
from http.client import HTTPException
from urllib.parse import urlsplit

import time_machine

from plimsoll.bridge.freqtrade.command_line import refuse
from plimsoll.core import PlimsollError

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})
TICK_SECONDS = 0.01
ANCHOR_SECONDS = 0.5

logger = logging.getLogger(__name__)


class FollowVenueClock(logging.Handler):
    """A log handler that moves this process into the venue's simulated time.

    ``plimsoll venue serve --write-config`` names it in the profile of a venue whose clock is
    accelerated or stepped::

        "plimsoll_clock": {"class": "plimsoll.bridge.freqtrade.venue_clock.FollowVenueClock",
                           "url": "http://127.0.0.1:8601"}

    ``time.time`` and ``datetime.now`` then follow the venue, and ``time.sleep`` sleeps
    simulated seconds; timeouts of sockets stay real. It refuses any address but loopback.

    Parameters
    ----------
    url
        The venue's base address.

    Raises
    ------
    PlimsollError
        When the address is not loopback, or no venue answers there.
    """

    def __init__(self, url: str) -> None:
        super().__init__()
        try:
            if urlsplit(url).hostname not in LOOPBACK_HOSTS:
                raise PlimsollError(f"expected a venue on loopback, found {url}")
            follow(f"{url.rstrip('/')}/plimsoll/clock")
        except PlimsollError as error:
            refuse(error)

    def emit(self, record: logging.LogRecord) -> None:
        """Emit nothing: this handler exists for its construction."""


_followers: dict[str, Callable[[], None]] = {}
"""How each clock that this process follows is let go of."""


def stop_following() -> None:
    """Return to real time for good; nothing happens where no clock is followed.

    For work that needs Freqtrade's config and no clock any more, such as a search whose messages
    to other machines wait for a time that a stepped clock never reaches.
    """
    while _followers:
        _, let_go = _followers.popitem()
        let_go()


def follow(clock_url: str) -> None:
    """Start to follow the venue's clock in a daemon thread; a second call changes nothing."""
    if clock_url in _followers:
        return
    anchor = _read_anchor(clock_url, wait_seconds=30)  # a busy machine may be slow to answer
    travel = time_machine.travel(anchor.now_s(), tick=False)
    traveller = travel.start()
    real_sleep = time.sleep
    ended = threading.Event()

    def simulated_sleep(seconds: float) -> None:
        """Sleep until the venue's clock is ``seconds`` on, but never longer in real time.

        In short naps, because the speed may change meanwhile; a stepped clock may stand still.
        """
        wake_at, give_up_at = time.time() + seconds, time.monotonic() + seconds
        while time.time() < wake_at and (left := give_up_at - time.monotonic()) > 0:
            real_sleep(min(TICK_SECONDS, left))

    def keep_up() -> None:
        nonlocal anchor
        read_at = time.monotonic()
        while not ended.is_set():
            real_sleep(TICK_SECONDS)
            if time.monotonic() - read_at > ANCHOR_SECONDS:
                read_at = time.monotonic()
                try:
                    anchor = _read_anchor(clock_url, wait_seconds=2)
                except PlimsollError:
                    # The venue is down (an outage, or its end): time goes on at the last speed.
                    continue
            ahead_s = anchor.now_s() - time.time()
            if ahead_s > 0:  # time never runs backwards
                traveller.shift(ahead_s)

    time.sleep = simulated_sleep  # type: ignore[assignment]
    thread = threading.Thread(target=keep_up, name="plimsoll-clock", daemon=True)

    def let_go() -> None:
        ended.set()
        thread.join()
        travel.stop()
        time.sleep = real_sleep

    _followers[clock_url] = let_go
    thread.start()
    logger.info("Following the venue's clock at %s, speed %s.", clock_url, anchor.speed)


class _Anchor:
    """The venue's time at one moment of this machine's monotonic clock."""

    def __init__(self, now_ms: float, speed: float) -> None:
        self._now_s, self.speed, self._at = now_ms / 1000, speed, time.monotonic()

    def now_s(self) -> float:
        return self._now_s + (time.monotonic() - self._at) * self.speed


def _read_anchor(clock_url: str, *, wait_seconds: float) -> _Anchor:
    # No proxy of the environment: the venue is on loopback.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(clock_url, timeout=wait_seconds) as answer:
            body = json.load(answer)
        return _Anchor(float(body["now_ms"]), float(body["speed"]))
    # A server that ends in the middle of an answer is no OSError.
    except (OSError, HTTPException, ValueError, KeyError, TypeError) as error:
        raise PlimsollError(f"expected a venue clock at {clock_url}, found {error}") from error
