"""GET over aiohttp: few at once, retrying 429 and 5xx, and clear about what failed."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson

from plimsoll.core import PlimsollError

ATTEMPTS = 6
LONGEST_WAIT_SECONDS = 120.0
TIMEOUT = aiohttp.ClientTimeout(total=60, sock_connect=15)
RETRIED = frozenset({408, 418, 425, 429})


class RateLimit:
    """At most ``requests`` in any ``seconds``."""

    def __init__(self, requests: int, seconds: float) -> None:
        self._requests, self._seconds = requests, seconds
        self._begun: deque[float] = deque()

    async def acquire(self) -> None:
        """Wait until one more request fits the limit."""
        while True:
            now = time.monotonic()
            while self._begun and now - self._begun[0] >= self._seconds:
                self._begun.popleft()
            if len(self._begun) < self._requests:
                self._begun.append(now)
                return
            await asyncio.sleep(self._seconds - (now - self._begun[0]))


class Client:
    """A session for one backfill: ``async with Client() as client``."""

    def __init__(self, *, connections: int = 8, pause_seconds: float = 0.5) -> None:
        self._connections, self._pause_seconds = connections, pause_seconds
        self._slots = asyncio.Semaphore(connections)
        self._not_before: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        """Open the session."""
        connector = aiohttp.TCPConnector(limit=self._connections)
        self._session = aiohttp.ClientSession(connector=connector, timeout=TIMEOUT)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    async def get(
        self, url: str, parameters: Mapping[str, str] | None = None, limit: RateLimit | None = None
    ) -> bytes | None:
        """Return a body, None for 404.

        Waits for ``Retry-After`` where the server names it, otherwise twice as long each time,
        and holds back other requests to a host that asked for a pause.

        Raises
        ------
        PlimsollError
            When the server refuses, or still fails after six attempts.
        """
        async with self._slots:
            fault = "no answer"
            for attempt in range(ATTEMPTS):
                await self._wait_for_host(url)
                if limit is not None:
                    await limit.acquire()
                status, body, retry_after = await self._request(url, parameters)
                if status == 200:
                    return body
                if status == 404:
                    return None
                said = body[:200].decode("utf-8", "replace").strip()
                fault = f"HTTP {status}: {said}" if status else said
                if status and status < 500 and status not in RETRIED:
                    raise PlimsollError(f"{url} refused: {fault}")
                wait = self._pause_seconds * 2.0**attempt * random.uniform(0.8, 1.2)  # noqa: S311
                if retry_after is not None:
                    wait = retry_after
                    self._not_before[_host(url)] = time.monotonic() + retry_after
                if wait > LONGEST_WAIT_SECONDS:
                    raise PlimsollError(
                        f"{url} asks to wait {wait:.0f} s (HTTP {status}); run this again later, "
                        "it goes on where it stopped"
                    )
                if attempt + 1 < ATTEMPTS:
                    await asyncio.sleep(wait)
        raise PlimsollError(f"{url} failed {ATTEMPTS} times, last with {fault}; run this again")

    async def _request(
        self, url: str, parameters: Mapping[str, str] | None
    ) -> tuple[int, bytes, float | None]:
        if self._session is None:
            raise RuntimeError("use the client as a context manager")
        try:
            async with self._session.get(url, params=parameters) as answer:
                return answer.status, await answer.read(), _seconds(answer.headers)
        except (aiohttp.ClientError, TimeoutError) as error:
            return 0, (str(error) or type(error).__name__).encode(), None

    async def _wait_for_host(self, url: str) -> None:
        wait = self._not_before.get(_host(url), 0.0) - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)


async def get_json(
    client: Client,
    url: str,
    parameters: Mapping[str, str] | None = None,
    limit: RateLimit | None = None,
) -> Any:
    """Return the JSON of an answer.

    Raises
    ------
    PlimsollError
        When there is none.
    """
    body = await client.get(url, parameters, limit)
    if body is None:
        raise PlimsollError(f"{url} does not exist (HTTP 404); is the address right?")
    try:
        return orjson.loads(body)
    except ValueError as error:
        raise PlimsollError(f"{url}: expected JSON, found {body[:80]!r}") from error


def _seconds(headers: Mapping[str, str]) -> float | None:
    try:
        return max(float(headers["Retry-After"]), 0.0)
    except (KeyError, ValueError):
        return None


def _host(url: str) -> str:
    return url.split("/")[2]
