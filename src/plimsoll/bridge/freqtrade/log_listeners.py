"""What Freqtrade says in its log and nowhere else: failed requests, failed loops, refused exits.

Freqtrade retries a failed request and says when it gives up. A pairlist or market list that
cannot be read ends a loop before any strategy is called; Freqtrade says so and tries again. A
log handler that keeps the times of these lines sees both without standing in the way.
"""

import logging
import re
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SAID, GAVE_UP, RETRIES = "returned exception", "Giving up.", "retrying in"


class LogListener(logging.Handler):
    """Keeps the times at which a logger warned of one thing.

    Parameters
    ----------
    source
        The name of the logger.
    said
        Whether a message is about that thing.
    kept
        How long a time is kept, measured from the newest.
    """

    def __init__(self, source: str, said: Callable[[str], bool], *, kept: timedelta) -> None:
        super().__init__(logging.WARNING)
        self.source, self._said, self._kept = source, said, kept
        self._times: deque[datetime] = deque()
        self._mutex = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the time of a message."""
        if self._said(record.getMessage()):
            now = datetime.now(UTC)
            with self._mutex:
                self._times.append(now)
                while self._times[0] < now - self._kept:
                    self._times.popleft()

    def times(self) -> list[datetime]:
        """Return the times, ascending."""
        with self._mutex:
            return list(self._times)

    def since(self, now: datetime, *, after: datetime, apart: timedelta) -> datetime | None:
        """Return when a row of messages began that went on until now.

        Two messages further apart than ``apart`` have something else between them. ``None`` when
        there was none after the moment ``after``, or the last one is too long ago.
        """
        began: datetime | None = None
        for at in reversed(self.times()):
            if at > now:  # the clock was set back since
                continue
            if at <= after or (began or now) - at > apart:
                break
            began = at
        return began

    def attach(self) -> "LogListener":
        """Listen to the logger from now on; a second call changes nothing while it is heard."""
        _listen(self.source, self)
        return self


def gave_up(text: str) -> bool:
    """Return whether a request failed after every retry."""
    return SAID in text and GAVE_UP in text


def retries(text: str) -> bool:
    """Return whether a loop failed and is tried again."""
    return RETRIES in text


FAILED_REQUESTS = LogListener("freqtrade.exchange.common", gave_up, kept=timedelta(days=1))
FAILED_LOOPS = LogListener("freqtrade.worker", retries, kept=timedelta(days=1))

REFUSED = (
    re.compile(r"Unable to (?:emergency )?exit trade (?P<pair>\S+): (?P<text>.*)", re.DOTALL),
    re.compile(r"Unable to place order (?P<text>.+ on market (?P<pair>[^\s.]+)\..*)", re.DOTALL),
)
"""How Freqtrade says that an exit failed. The second may be of an entry as well."""
ORDERED = re.compile(r"Could not (?:create|place) |Insufficient funds to create ")
"""How its reason begins when it was an order that failed, and not, say, a price that it lacks."""
IN_SHORT = re.compile(r'"code":\s*"?(?P<code>-?\d+)"?,\s*"msg":\s*"(?P<said>[^"]*)"')
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """The last exit of a pair that failed, in short, and how many failed like it.

    ``was_sent`` is whether it was an order that failed, and not something before it.
    """

    at: datetime
    text: str
    count: int
    was_sent: bool


class RefusedExits(logging.Handler):
    """Keeps for each pair why its last exit failed."""

    def __init__(self, source: str = "freqtrade.freqtradebot") -> None:
        super().__init__(logging.WARNING)
        self.source = source
        self._times: dict[str, deque[tuple[datetime, bool]]] = {}
        self._texts: dict[str, str] = {}
        self._mutex = threading.Lock()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what a message says of an exit."""
        for said in REFUSED:
            match = said.match(record.getMessage())
            if match is not None:
                with self._mutex:
                    pair = match["pair"]
                    self._texts[pair] = in_short(match["text"])
                    times = self._times.setdefault(pair, deque(maxlen=10_000))
                    times.append((datetime.now(UTC), ORDERED.match(match["text"]) is not None))

    def since(self, pair: str, began: datetime) -> Refusal | None:
        """Return the last failure of a pair's exit from a moment on; ``None`` without one."""
        with self._mutex:
            times = [one for one in self._times.get(pair, ()) if one[0] >= began]
            if not times:
                return None
            last, was_sent = times[-1]
            alike = sum(one[1] is was_sent for one in times)
            return Refusal(last, self._texts[pair], alike, was_sent)

    def attach(self) -> "RefusedExits":
        """Listen from now on; a second call changes nothing while it is heard."""
        _listen(self.source, self)
        return self


def in_short(text: str) -> str:
    """Return what the exchange said of a refused order, with its code; else the text's beginning.

    ccxt hands on the answer as it came: ``binance {"code":-2022,"msg":"ReduceOnly …"}``.
    """
    match = IN_SHORT.search(text)
    if match is not None:
        return f"{match['said']} ({match['code']})"
    line = " ".join(text.split()) or "no reason given"
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 1]}…"


def _listen(source: str, handler: logging.Handler) -> None:
    """Hear the warnings of a logger, also where a strategy's own set-up of logging silenced it."""
    logger = logging.getLogger(source)
    logger.addHandler(handler)
    logger.disabled = False
    if not logger.isEnabledFor(logging.WARNING):
        logger.setLevel(logging.WARNING)
        if logger.manager.disable >= logging.WARNING:
            logging.disable(logging.INFO)


REFUSED_EXITS = RefusedExits()


def keep_listening() -> None:
    """Hear again what was silenced since: guards rest on it."""
    for listener in (FAILED_REQUESTS, FAILED_LOOPS, REFUSED_EXITS):
        listener.attach()
