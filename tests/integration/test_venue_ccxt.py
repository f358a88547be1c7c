"""Unmodified ccxt (sync, async, WebSocket) against the served venue."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp
import ccxt
import ccxt.async_support
import ccxt.pro
import pytest

from plimsoll.lab.recorder import exchange_of
from tests.unit.venue.serving import post, venue

BTC, ETH = "BTC/USDT:USDT", "ETH/USDT:USDT"
SIDES = ("bids", "asks")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("venue") / "venue.json"
    arguments = ("--symbols", f"{BTC},{ETH}", "--start", "2025-01-01T00:00:30Z")
    with venue(*arguments, "--speed", "60", "--write-config", path) as line:
        yield line["url"], _options(path)


def _options(path: Path) -> dict[str, Any]:
    config = json.loads(path.read_text())["exchange"]["ccxt_config"]
    config["options"]["defaultType"] = "swap"
    return config  # type: ignore[no-any-return]


def test_sync_ccxt_reads_every_public_method(served: tuple[str, dict[str, Any]]) -> None:
    api = ccxt.binance(served[1])
    markets = api.load_markets()
    assert set(markets) == {BTC, ETH}
    assert markets[BTC]["precision"] == {
        **markets[BTC]["precision"],
        "price": 0.1,
        "amount": 0.001,
    }
    assert [markets[BTC][name] for name in ("swap", "linear", "active")] == [True] * 3
    assert markets[BTC]["limits"]["cost"]["min"] == 50.0
    asked_ms = api.fetch_time()
    candles = api.fetch_ohlcv(BTC, "5m", limit=999)
    assert asked_ms - 300_000 < candles[-1][0] <= api.fetch_time()
    assert len(candles) == 999
    assert candles[-1][0] - candles[0][0] == 998 * 300_000
    for price in ("mark", "index", "premiumIndex"):
        assert len(api.fetch_ohlcv(BTC, "1h", limit=20, params={"price": price})) == 20
    ticker, book = api.fetch_ticker(BTC), api.fetch_order_book(BTC, 20)
    assert ticker["low"] <= ticker["last"] <= ticker["high"]
    assert len(book["bids"]) == len(book["asks"]) == 20
    assert set(api.fetch_tickers()) == set(api.fetch_bids_asks()) == {BTC, ETH}
    assert len(api.fetch_funding_rate_history(BTC, limit=10)) == 10
    assert set(api.fetch_funding_rates()) == {BTC, ETH}
    assert api.fetch_funding_intervals()[BTC]["interval"] == "8h"
    assert api.fetch_open_interest(BTC)["openInterestAmount"] > 0
    assert len(api.fetch_open_interest_history(BTC, "5m", limit=100)) == 100
    assert len(api.fetch_long_short_ratio_history(BTC, "1h", limit=10)) == 10
    assert len(api.fetch_trades(BTC, limit=50)) == 50
    assert api.fetch_mark_prices()[BTC]["markPrice"] > 0
    with pytest.raises(ccxt.BadSymbol):
        api.fapiPublicGetKlines({"symbol": "FOOUSDT", "interval": "5m"})


ELSEWHERE = ("publicGetPing", "sapiGetSystemStatus", "dapiPublicGetPing", "eapiPublicGetPing")


@pytest.mark.parametrize("method", ELSEWHERE)
def test_sync_ccxt_asks_this_exchange_for_addresses_of_others_and_is_refused(
    served: tuple[str, dict[str, Any]], method: str
) -> None:
    with pytest.raises(ccxt.NetworkError) as refused:
        getattr(ccxt.binance(served[1]), method)()
    assert "Tunnel connection failed: 404" in str(refused.value.__cause__)


@pytest.mark.parametrize("method", ELSEWHERE)
def test_async_ccxt_asks_this_exchange_for_addresses_of_others_and_is_refused(
    served: tuple[str, dict[str, Any]], method: str
) -> None:
    async def refusal() -> BaseException | None:
        api = ccxt.pro.binance(served[1])
        try:
            with pytest.raises(ccxt.BaseError) as refused:
                await getattr(api, method)()
        finally:
            await api.close()
        return refused.value.__cause__

    cause = asyncio.run(refusal())
    assert isinstance(cause, aiohttp.ClientHttpProxyError)
    assert cause.status == 404


def test_a_socket_to_another_address_is_refused_here(served: tuple[str, dict[str, Any]]) -> None:
    async def refusal() -> str:
        api = ccxt.pro.binance(served[1])
        try:
            with pytest.raises(ccxt.NetworkError) as refused:
                await api.watch(api.urls["api"]["ws"]["inverse"], "any", {"id": 1}, "any")
        finally:
            await api.close()
        return str(refused.value)

    assert f"404, message='Not Found', url='{served[0]}'" in asyncio.run(refusal())


def _awaited(
    api: Any, work: Callable[[Any], Awaitable[list[Any]]], seconds: float = 120
) -> list[Any]:
    async def run() -> list[Any]:
        try:
            await api.load_markets()
            return await asyncio.wait_for(work(api), seconds)
        finally:
            await api.close()

    return asyncio.run(run())


def test_async_ccxt_reads_many_at_once(served: tuple[str, dict[str, Any]]) -> None:
    async def work(api: Any) -> list[Any]:
        since = await api.fetch_time() - 600 * 60_000  # minutes go by between the answers
        calls = [api.fetch_ohlcv(pair, "1m", since, limit=500) for pair in (BTC, ETH) * 5]
        return list(await asyncio.gather(*calls))

    results = _awaited(ccxt.async_support.binance(served[1]), work)
    assert [len(candles) for candles in results] == [500] * 10
    assert results[0] == results[2]
    assert results[0] != results[1]


@pytest.mark.parametrize("speed", [60, 600])
def test_watched_candles_have_no_gap_and_equal_the_served_ones(
    served: tuple[str, dict[str, Any]], speed: int
) -> None:
    url, options = served
    post(f"{url}/plimsoll/clock/speed", {"speed": speed})

    async def work(api: Any) -> list[Any]:
        seen: dict[int, list[float]] = {}
        while len(seen) < 6:
            for candle in await api.watch_ohlcv(BTC, "1m"):
                seen[candle[0]] = candle
        opens = sorted(seen)
        served_ = await api.fetch_ohlcv(BTC, "1m", since=opens[0], limit=100)
        return [opens, [seen[at] for at in opens[1:-1]], served_]

    opens, watched, fetched = _awaited(ccxt.pro.binance(options), work)
    assert [at - opens[0] for at in opens] == [60_000 * n for n in range(len(opens))]
    assert watched == [row for row in fetched if opens[0] < row[0] < opens[-1]]


WATCHED: dict[str, Callable[[Any], Awaitable[Any]]] = {
    "trades": lambda api: api.watch_trades(BTC),
    "book": lambda api: api.watch_order_book(BTC),
    "best prices": lambda api: api.watch_bids_asks([BTC, ETH]),
    "mark": lambda api: api.watch_mark_price(BTC),
    "marks": lambda api: api.watch_mark_prices(),
    "ticker": lambda api: api.watch_ticker(BTC),
    "candles of two": lambda api: api.watch_ohlcv_for_symbols([[BTC, "1m"], [ETH, "5m"]]),
}


@pytest.mark.parametrize("name", WATCHED)
def test_ccxt_pro_watches(served: tuple[str, dict[str, Any]], name: str) -> None:
    async def work(api: Any) -> list[Any]:
        return [await WATCHED[name](api) for _ in range(3)]

    assert all(_awaited(ccxt.pro.binance(served[1]), work))


def test_a_watched_book_never_crosses(served: tuple[str, dict[str, Any]]) -> None:
    async def work(api: Any) -> list[Any]:
        tops = []
        for _ in range(12):
            book = await api.watch_order_book(BTC)
            if book["bids"]:
                tops.append((book["bids"][0][0], book["asks"][0][0]))
        return tops

    tops = _awaited(ccxt.pro.binance(served[1]), work)
    assert tops
    assert all(bid < ask for bid, ask in tops)


def test_a_book_of_differences_is_the_whole_one_of_the_same_number(
    served: tuple[str, dict[str, Any]],
) -> None:
    """ccxt chains the differences by their numbers; the stream of whole books is the truth."""
    url, options = served
    post(f"{url}/plimsoll/clock/speed", {"speed": 20})
    built: dict[int, list[Any]] = {}
    sent: dict[int, list[Any]] = {}

    async def work(api: Any) -> list[Any]:
        config = {"trading_mode": "futures", "exchange": {"ccxt_config": options}}
        whole = exchange_of("binance", config)

        async def differences() -> None:
            while True:
                book = await api.watch_order_book(BTC)
                built[book["nonce"]] = [list(map(list, book[side][:20])) for side in SIDES]

        async def wholes() -> None:
            await whole.load_markets()
            while True:
                for book in await whole.watch_depth([BTC], 20):
                    sides = [book[side] for side in SIDES]
                    sent[book["nonce"]] = [[[float(x) for x in one] for one in s] for s in sides]

        tasks = [asyncio.create_task(one()) for one in (differences, wholes)]
        try:
            while len(built.keys() & sent.keys()) < 12:
                done, _ = await asyncio.wait(tasks, timeout=0.1)
                for task in done:
                    await task
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await whole.close()
        return []

    _awaited(ccxt.pro.binance(options), work)
    both = sorted(built.keys() & sent.keys())
    assert len({str(sent[number]) for number in both}) == len(both), "the price moved"
    for number in both:
        assert built[number] == sent[number], number


def test_unsubscribing_and_subscribing_again_works(served: tuple[str, dict[str, Any]]) -> None:
    async def work(api: Any) -> list[Any]:
        first = await api.watch_ohlcv(BTC, "1m")
        await api.un_watch_ohlcv(BTC, "1m")
        return [first, await api.watch_ohlcv(BTC, "1m")]

    assert all(_awaited(ccxt.pro.binance(served[1]), work))


def test_an_outage_drops_the_socket_and_a_new_one_works_afterwards(
    served: tuple[str, dict[str, Any]],
) -> None:
    url, options = served
    post(f"{url}/plimsoll/clock/speed", {"speed": 60})

    async def work(api: Any) -> list[Any]:
        await api.watch_ohlcv(ETH, "1m")
        post(f"{url}/plimsoll/scenario", {"name": "outage", "duration_seconds": 300})
        dropped = await _watch_until_dropped(api)
        while True:
            try:
                return [dropped, await api.watch_ohlcv(ETH, "1m")]
            except ccxt.NetworkError:
                await asyncio.sleep(0.1)

    found = _awaited(ccxt.pro.binance(options), work)
    assert found[0]
    assert found[1][-1][1] > 0


async def _watch_until_dropped(api: Any) -> str:
    while True:
        try:
            await api.watch_ohlcv(ETH, "1m")
        except ccxt.NetworkError as error:
            return str(error) or type(error).__name__
