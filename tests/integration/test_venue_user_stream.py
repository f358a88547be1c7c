"""The account's own stream over loopback, as the real ccxt.pro reads it."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import ccxt.pro
import pytest

from tests.support.venue_keys import CCXT_KEYS, in_venue_time
from tests.unit.venue.serving import post, venue

BTC = "BTC/USDT:USDT"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    path = tmp_path / "venue.json"
    start = ("--start", "2025-01-01T00:00:30Z", "--clock", "stepped")
    with venue("--symbols", "BTCUSDT,ETHUSDT", *start, "--write-config", path) as line:
        config = json.loads(path.read_text())["exchange"]["ccxt_config"] | CCXT_KEYS
        config["options"]["defaultType"] = "swap"
        yield line["url"], config


def talk(served: tuple[str, dict[str, Any]], scene: Callable[[Any, str], Awaitable[None]]) -> None:
    """Run a scene with a client that follows the account."""

    async def run() -> None:
        url, config = served
        api = in_venue_time(ccxt.pro.binance(config), url)
        try:
            await api.load_markets()
            await asyncio.wait_for(scene(api, url), 60)
        finally:
            await api.close()

    asyncio.run(run())


async def following(watch: Awaitable[Any]) -> "asyncio.Task[Any]":
    """Return the watch as a task that has subscribed."""
    task = asyncio.ensure_future(watch)
    await asyncio.sleep(1.0)
    assert not task.done(), task
    return task


async def until(watch: Callable[[], Awaitable[Any]], holds: Callable[[Any], bool]) -> Any:
    """Return the first message for which a condition holds."""
    while not holds(told := await watch()):
        pass
    return told


def test_orders_and_trades_are_watched(served: tuple[str, dict[str, Any]]) -> None:
    async def scene(api: Any, url: str) -> None:
        orders = await following(api.watch_orders(BTC))
        trades = await following(api.watch_my_trades(BTC))
        placed = await api.create_order(BTC, "market", "buy", 0.1)
        told = await orders
        if told[-1]["status"] != "closed":
            told = await until(
                lambda: api.watch_orders(BTC), lambda got: got[-1]["status"] == "closed"
            )
        assert told[-1]["id"] == placed["id"]
        assert told[-1]["filled"] == pytest.approx(0.1)
        fills = list(await trades)
        while sum(fill["amount"] for fill in fills) < 0.0999:
            fills += await api.watch_my_trades(BTC)
        assert {fill["order"] for fill in fills} == {placed["id"]}
        assert all(fill["fee"]["cost"] > 0 for fill in fills)
        assert {fill["takerOrMaker"] for fill in fills} == {"taker"}

    talk(served, scene)


def test_positions_and_balance_are_watched(served: tuple[str, dict[str, Any]]) -> None:
    async def scene(api: Any, url: str) -> None:
        assert await api.watch_positions([BTC]) == []  # the picture that ccxt asks for first
        positions = await following(api.watch_positions([BTC]))
        balance = await following(api.watch_balance())
        bought = await api.create_order(BTC, "market", "buy", 0.1)
        held = await positions
        if held[0]["contracts"] != pytest.approx(0.1):
            held = await until(
                lambda: api.watch_positions([BTC]),
                lambda got: got[0]["contracts"] == pytest.approx(0.1),
            )
        assert (held[0]["side"], held[0]["marginMode"]) == ("long", "isolated")
        assert held[0]["entryPrice"] == pytest.approx(bought["average"], rel=1e-6)
        told = await balance
        while told["USDT"]["total"] > 10_000 - 0.0005 * bought["cost"] + 1e-6:
            told = await api.watch_balance()
        assert told["USDT"]["total"] == pytest.approx(10_000 - 0.0005 * bought["cost"])

    talk(served, scene)


def test_a_stop_that_triggers_is_told_from_its_placing_to_its_end(
    served: tuple[str, dict[str, Any]],
) -> None:
    async def scene(api: Any, url: str) -> None:
        bought = await api.create_order(BTC, "market", "buy", 0.1)
        watched = await following(api.watch_orders(BTC))
        stop = await api.create_order(
            BTC,
            "market",
            "sell",
            0.1,
            None,
            {"stopLossPrice": round(bought["average"] * 0.99, 1), "reduceOnly": True},
        )
        seen = [(one["id"], one["status"]) for one in await watched]
        crash = {"name": "move", "magnitude": -0.05, "duration_seconds": 60}
        post(f"{url}/plimsoll/scenario", crash)
        post(f"{url}/plimsoll/clock/step", {"seconds": 120})
        while len({number for number, _ in seen}) < 2 or seen[-1][1] != "closed":
            seen += [(one["id"], one["status"]) for one in await api.watch_orders(BTC)]
        assert seen[0] == (stop["id"], "open")
        assert any(number != stop["id"] and status == "closed" for number, status in seen)

    talk(served, scene)
