"""Faults of the served venue over loopback, seen by plain sockets and by ccxt."""

import asyncio
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import aiohttp
import ccxt
import pytest

from plimsoll.venue.profile import ccxt_urls
from tests.support.venue_keys import HEADERS, signed, signed_query, venue_ms
from tests.unit.venue.serving import COMMAND, environment, get, post, venue

ORDER = "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.01"
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


@pytest.fixture(scope="module")
def served() -> Iterator[str]:
    arguments = ("--symbols", "BTCUSDT,ETHUSDT", "--start", "2025-01-01T00:00:00Z")
    with venue(*arguments, "--clock", "stepped") as line:
        yield line["url"]


@pytest.fixture
def url(served: str) -> Iterator[str]:
    yield served
    delete(served)


def delete(url: str, number: int | None = None) -> Any:
    body = b"" if number is None else f'{{"id": {number}}}'.encode()
    request = urllib.request.Request(f"{url}/plimsoll/faults", data=body, method="DELETE")
    with OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def start(url: str, kind: str, **options: object) -> dict[str, Any]:
    status, answer = post(f"{url}/plimsoll/faults", {"kind": kind, **options})
    assert status == 200, answer
    return dict(answer)


def place(url: str) -> Any:
    query = signed_query(venue_ms(url), **dict(parse_qsl(ORDER)))
    request = urllib.request.Request(f"{url}/fapi/v1/order?{query}", method="POST", headers=HEADERS)
    return OPENER.open(request, timeout=60)


def orders(url: str) -> int:
    return len(signed(url, "/fapi/v1/allOrders", symbol="BTCUSDT"))


def market(url: str, **options: Any) -> ccxt.binance:
    exchange = ccxt.binance(
        {
            "urls": ccxt_urls(url),
            "enableRateLimit": False,
            "options": {
                "defaultType": "swap",
                "fetchMarkets": {"types": ["linear"]},
                "fetchCurrencies": False,
            },
            **options,
        }
    )
    exchange.session.trust_env = False
    return exchange


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, ccxt.OperationFailed),
        (503, ccxt.OperationFailed),
        (429, ccxt.DDoSProtection),
        (418, ccxt.DDoSProtection),
    ],
)
def test_an_http_error_reaches_ccxt_as_its_own_kind(
    url: str, status: int, error: type[Exception]
) -> None:
    exchange = market(url)
    exchange.load_markets()
    start(url, "http-error", status=status, count=1, paths=["/fapi/v1/depth"])
    with pytest.raises(error):
        exchange.fetch_order_book("BTC/USDT:USDT")
    assert exchange.fetch_order_book("BTC/USDT:USDT")["bids"]


def test_a_rate_limit_says_when_to_come_back(url: str) -> None:
    start(url, "http-error", status=429, retry_after_seconds=7)
    with pytest.raises(urllib.error.HTTPError) as refused:
        OPENER.open(f"{url}/fapi/v1/time", timeout=60)
    assert refused.value.headers["Retry-After"] == "7"
    assert get(f"{url}/plimsoll/health")[0] == 200


@pytest.mark.parametrize("accepted", [False, True])
def test_an_order_without_an_answer_is_carried_out_only_when_asked(
    url: str, accepted: bool
) -> None:
    before, began = orders(url), time.monotonic()
    options = {"paths": ["POST /fapi/v1/order"], "hold_seconds": 0.3, "count": 1}
    start(url, "no-answer", after_acceptance=accepted, **options)
    with pytest.raises((OSError, urllib.error.URLError)) as unanswered:
        place(url)
    assert time.monotonic() - began > 0.25
    # The connection was dropped; nobody's patience ended.
    assert not isinstance(getattr(unanswered.value, "reason", unanswered.value), TimeoutError)
    assert orders(url) - before == int(accepted)
    with place(url) as answer:
        assert answer.status == 200


def test_ccxt_gives_up_on_a_request_that_nobody_answers(url: str) -> None:
    exchange = market(url)
    exchange.load_markets()
    exchange.timeout = 500
    start(url, "no-answer", hold_seconds=30, count=1, paths=["/fapi/v1/depth"])
    with pytest.raises(ccxt.RequestTimeout):
        exchange.fetch_order_book("BTC/USDT:USDT")


def test_ccxt_sees_a_skewed_clock(url: str) -> None:
    exchange = market(url)
    right = exchange.fetch_time()
    start(url, "clock-skew", skew_seconds=45)
    assert exchange.fetch_time() - right == 45_000


def test_faults_are_listed_and_ended(url: str) -> None:
    fault = start(url, "stale-book", symbols=["ETH/USDT:USDT"], duration_seconds=60)
    assert fault["symbols"] == ["ETHUSDT"]
    assert fault["end_ms"] - fault["start_ms"] == 60_000
    listed = get(f"{url}/plimsoll/faults")[1]
    assert {"http-error", "wrong-tick"} <= {kind["name"] for kind in listed["kinds"]}
    assert [entry["id"] for entry in listed["started"] if entry["active"]] == [fault["id"]]
    assert [entry["id"] for entry in delete(url, fault["id"])["ended"]] == [fault["id"]]
    assert delete(url) == {"ended": []}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"kind": "gremlin"}, "unknown fault"),
        ({"kind": "http-error", "share": 2}, 'expected "share"'),
        ({"kind": "http-error", "symbols": "BTC"}, 'expected "symbols"'),
        ({"kind": "http-error", "symbols": ["FOO"]}, "unknown symbol FOO"),
    ],
)
def test_a_bad_wish_gets_one_clear_line(url: str, body: object, message: str) -> None:
    status, answer = post(f"{url}/plimsoll/faults", body)
    assert status == 400
    assert message in answer["error"]
    assert "\n" not in answer["error"]


def test_sockets_are_dropped_and_refused_until_the_fault_ends(url: str) -> None:
    async def talk() -> None:
        stream = f"{url}/ws/btcusdt@bookTicker"
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(stream)
            assert (await socket.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT
            await asyncio.to_thread(start, url, "dropped-sockets")
            kinds = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.CLOSING}
            while (await socket.receive(timeout=60)).type not in kinds:
                pass
            with pytest.raises(aiohttp.WSServerHandshakeError):
                await session.ws_connect(stream)
            await asyncio.to_thread(delete, url)
            again = await session.ws_connect(stream)
            assert (await again.receive(timeout=60)).type is aiohttp.WSMsgType.TEXT
            await again.close()

    asyncio.run(talk())


def test_a_stale_candle_stream_is_silent_and_then_catches_up(url: str) -> None:
    async def talk() -> None:
        async with aiohttp.ClientSession() as session:
            socket = await session.ws_connect(f"{url}/stream?streams=btcusdt@kline_1m")
            await socket.receive_json(timeout=60)
            await asyncio.to_thread(start, url, "stale-candles", symbols=["BTCUSDT"])
            await asyncio.to_thread(post, f"{url}/plimsoll/clock/step", {"seconds": 180})
            with pytest.raises(TimeoutError):
                await socket.receive_json(timeout=0.8)
            await asyncio.to_thread(delete, url)
            told = [await socket.receive_json(timeout=60) for _ in range(3)]
            assert [message["data"]["k"]["x"] for message in told] == [True] * 3
            await socket.close()

    asyncio.run(talk())


def test_the_command_starts_lists_and_ends_faults(url: str) -> None:
    def run(*words: str) -> str:
        ran = subprocess.run(
            [*COMMAND, *words], capture_output=True, text=True, timeout=240, env=environment()
        )
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    started = run("fault", "http-error", "--url", url, "--status", "429", "--symbols", "BTC/USDT")
    assert '"status": 429' in started
    assert get(f"{url}/fapi/v1/depth?symbol=BTCUSDT")[0] == 429
    assert "dropped-sockets" in run("faults")
    assert '"http-error"' in run("mend", "--url", url)
    assert get(f"{url}/fapi/v1/depth?symbol=BTCUSDT")[0] == 200


def test_a_move_pushes_the_price_by_its_fraction(url: str) -> None:
    def price() -> float:
        return float(get(f"{url}/fapi/v1/ticker/price?symbol=ETHUSDT")[1]["price"])

    before = price()
    body = {"name": "move", "symbols": ["ETHUSDT"], "magnitude": -0.2, "duration_seconds": 30}
    assert post(f"{url}/plimsoll/scenario", body)[0] == 200
    assert post(f"{url}/plimsoll/clock/step", {"seconds": 30})[0] == 200
    assert price() / before == pytest.approx(0.8, abs=0.01)
