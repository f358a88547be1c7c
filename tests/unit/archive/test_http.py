"""The client against a real server on loopback."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer, unused_port

from plimsoll.archive.http import Client, RateLimit, get_json
from plimsoll.core import PlimsollError

Answers = list[web.Response]


def asked(answers: Answers, ask: Callable[[Client, str], Awaitable[object]]) -> tuple[object, int]:
    """Return what a question got from a server with a list of answers, and how many it used."""
    left = list(answers)

    async def answer(request: web.Request) -> web.Response:
        del request
        return left.pop(0)

    async def run() -> object:
        app = web.Application()
        app.router.add_get("/x", answer)
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        try:
            async with Client(pause_seconds=0.01) as client:
                return await ask(client, str(server.make_url("/x")))
        finally:
            await server.close()

    return asyncio.run(run()), len(answers) - len(left)


def get(client: Client, url: str) -> Awaitable[object]:
    return client.get(url)


@pytest.mark.parametrize("status", [429, 418, 500, 502, 503])
def test_a_passing_refusal_is_retried(status: int) -> None:
    answers = [web.Response(status=status), web.Response(body=b"well")]
    assert asked(answers, get) == (b"well", 2)


def test_retry_after_is_waited_for() -> None:
    begun = time.monotonic()
    answers = [web.Response(status=429, headers={"Retry-After": "1"}), web.Response(body=b"well")]
    assert asked(answers, get) == (b"well", 2)
    assert time.monotonic() - begun >= 1.0


def test_a_ban_of_hours_ends_at_once_with_a_clear_line() -> None:
    answers = [web.Response(status=418, headers={"Retry-After": "7200"})]
    with pytest.raises(PlimsollError, match=r"asks to wait 7200 s.*where it stopped"):
        asked(answers, get)


def test_a_server_that_keeps_failing_is_given_up_by_name() -> None:
    with pytest.raises(PlimsollError, match=r"failed 6 times, last with HTTP 503: full"):
        asked([web.Response(status=503, text="full") for _ in range(6)], get)


def test_a_refusal_is_not_retried() -> None:
    with pytest.raises(PlimsollError, match=r"HTTP 400: .*-1121"):
        asked([web.Response(status=400, text='{"code": -1121}')], get)


def test_what_does_not_exist_is_none_and_never_json() -> None:
    assert asked([web.Response(status=404)], get) == (None, 1)
    with pytest.raises(PlimsollError, match="404"):
        asked([web.Response(status=404)], get_json)
    with pytest.raises(PlimsollError, match="expected JSON"):
        asked([web.Response(text="<html>")], get_json)


def test_a_host_that_is_not_there_is_given_up() -> None:
    async def run() -> None:
        async with Client(pause_seconds=0.001) as client:
            await client.get(f"http://127.0.0.1:{unused_port()}/x")

    with pytest.raises(PlimsollError, match="failed 6 times"):
        asyncio.run(run())


def test_the_limit_holds_requests_back(monkeypatch: pytest.MonkeyPatch) -> None:
    naps: list[float] = []
    sleep = asyncio.sleep

    async def nap(seconds: float) -> None:
        naps.append(seconds)
        await sleep(seconds)

    async def run() -> float:
        limit, begun = RateLimit(3, 0.4), time.monotonic()
        for _ in range(7):
            await limit.acquire()
        return time.monotonic() - begun

    monkeypatch.setattr("plimsoll.archive.http.asyncio.sleep", nap)
    assert asyncio.run(run()) >= 0.8
    assert sum(naps) < 0.9  # longer only because the machine is busy
