"""``make feed-latency``: how late the streams of fifty contracts come, what order flow costs.

The streams of fifty contracts on the simulated exchange in real time, by ccxt.pro as a bot or
`plimsoll record` has them: candles, trades and best prices. Then a bot with and without the layer
``orderflow.json``. It rewrites the last section of docs/latency.md.
"""

import argparse
import asyncio
import json
import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from freqtrade.configuration.load_config import load_config_file

from plimsoll.lab.recorder import exchange_of
from plimsoll.lab.venue import serve_venue
from plimsoll.venue.market.symbols import BY_NAME
from tests.conftest import ROOT
from tests.support.drill import Drill, DrillPlan, drill

HEADING = "## The feed of fifty contracts"
KINDS = {"kline": "candles", "aggTrade": "trades", "bookTicker": "best prices"}
WARM_UP_SECONDS = 20.0
SAMPLED = 50
"""Every so many messages one is encoded, to know its size."""
FLOW_PAIRS = ("BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT")


class Listener:
    """What came, by kind: how late, how large, and which numbers were left out."""

    def __init__(self) -> None:
        self.lags: dict[str, list[float]] = defaultdict(list)
        self.sizes: dict[str, list[int]] = defaultdict(list)
        self.last: dict[tuple[str, str], int] = {}
        self.gaps: dict[str, int] = defaultdict(int)
        self.counts = False

    def hear(self, message: Any) -> None:
        kind = message.get("e") if isinstance(message, dict) else None
        if kind not in KINDS:
            return
        number = {"kline": lambda: message["k"]["t"] // 60_000, "aggTrade": lambda: message["a"]}
        if kind in number:
            key, value = (kind, message["s"]), int(number[kind]())
            self.gaps[kind] += self.counts and value > self.last.get(key, value) + 1
            self.last[key] = value
        if not self.counts:
            return
        self.lags[kind].append(1000 * time.time() - message["E"])
        if len(self.lags[kind]) % SAMPLED == 0:
            self.sizes[kind].append(len(orjson.dumps(message)))


async def _listen(config: Mapping[str, Any], pairs: Sequence[str], seconds: float) -> Listener:
    exchange, listener = exchange_of("binance", config), Listener()
    handle = exchange.handle_message

    def timed(client: Any, message: Any) -> Any:
        listener.hear(message)
        return handle(client, message)

    exchange.handle_message = timed

    async def candles(pair: str) -> None:
        while True:
            await exchange.watch_ohlcv(pair, "1m")

    async def trades() -> None:
        while True:
            await exchange.watch_trades_for_symbols(list(pairs))

    async def best_prices() -> None:
        while True:
            await exchange.watch_bids_asks(list(pairs))

    await exchange.load_markets()
    for pair in pairs:  # the exchange makes a contract's day when it is first asked for
        await exchange.fetch_ohlcv(pair, "1m", limit=2)
    every = [*map(candles, pairs), trades(), best_prices()]
    followers = [asyncio.create_task(one) for one in every]
    await asyncio.sleep(WARM_UP_SECONDS)
    listener.counts = True
    await asyncio.sleep(seconds)
    listener.counts = False
    for one in followers:
        one.cancel()
    with suppress(Exception):
        await asyncio.gather(*followers, return_exceptions=True)
    await exchange.close()
    return listener


def measure_feed(folder: Path, *, contracts: int, seconds: float) -> dict[str, Any]:
    """Listen to so many contracts for so long; return the figures by kind of message."""
    names = list(BY_NAME)[:contracts]
    load, began = os.getloadavg()[0], time.process_time()
    with serve_venue(["--symbols", ",".join(names)], folder=folder) as venue:
        config = {**load_config_file(str(venue.config)), "trading_mode": "futures"}
        pairs = [BY_NAME[name].pair for name in names]
        heard = asyncio.run(_listen(config, pairs, seconds))
    rows = {}
    for kind, name in KINDS.items():
        lags, sizes = np.array(heard.lags[kind]), heard.sizes[kind]
        p50, p95, p99 = np.percentile(lags, [50, 95, 99])
        rows[name] = {
            "messages": len(lags),
            "messages_per_second": len(lags) / seconds,
            "lag_ms": [float(p50), float(p95), float(p99), float(lags.max())],
            "kilobytes_per_second": len(lags) / seconds * float(np.mean(sizes)) / 1000,
            "gaps": heard.gaps[kind] if kind != "bookTicker" else None,
        }
    return {
        "contracts": contracts,
        "seconds": seconds,
        "processor_share": (time.process_time() - began) / (seconds + WARM_UP_SECONDS),
        "load": [load, os.getloadavg()[0]],
        "kinds": rows,
    }


def measure_order_flow(folder: Path, *, candles: int) -> dict[str, Any]:
    """Run a bot without and with Freqtrade's order flow; return what each takes."""
    layer = load_config_file(str(ROOT / "user_data" / "config" / "orderflow.json"))
    layer.pop("$schema", None)
    found = {}
    for name, overlay in (("without", {}), ("with orderflow.json", layer)):
        exchange = {"pair_whitelist": list(FLOW_PAIRS), **overlay.get("exchange", {})}
        plan = DrillPlan(
            strategy="SentSignal",
            speed=3.0,
            throttle_seconds=5,
            pairs=FLOW_PAIRS,
            overlay={**overlay, "exchange": exchange, "max_open_trades": 0},
        )
        began = time.monotonic()
        place = folder / name.partition(" ")[0]
        place.mkdir(parents=True)
        with drill(place, plan) as bot:
            _pass(bot, 2)
            ready, before = time.monotonic() - began, _processor_seconds(bot)
            _pass(bot, candles)
            found[name] = {
                "start_seconds": ready,
                "processor_seconds_a_candle": (_processor_seconds(bot) - before) / candles,
                "memory_mb": _memory_mb(bot),
            }
    return {"pairs": len(FLOW_PAIRS), "candles": candles, "bots": found}


def _pass(bot: Drill, candles: int) -> None:
    began = bot.now()
    bot.wait_until(
        lambda: (bot.now() - began).total_seconds() >= 60 * candles, seconds=600, what="candles"
    )


def _processor_seconds(bot: Drill) -> float:
    fields = Path(f"/proc/{bot.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _memory_mb(bot: Drill) -> float:
    lines = Path(f"/proc/{bot.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


ABOUT = """{heading}

<!-- Written by `make feed-latency` on {made_on}. -->

{contracts} contracts on the simulated exchange in real time for {seconds:.0f} s: candles of a
minute, trades and best prices of each, by ccxt.pro in one process, as a bot or
[`plimsoll record`](recording.md) has them. **Lag** is from the exchange's event time to the handler
of the message, on one machine: without a network, and with a load of {load[0]:.1f} → {load[1]:.1f}
on {cores} cores. The exchange sends four times a second, all at once, so the lag holds the time of
working off the messages before it.

| Stream | Messages a second | kB a second | Lag: median, p95, p99, worst (ms) | Gaps |
| --- | --- | --- | --- | --- |
{rows}

Together {total:.0f} messages a second, for which the process used {processor_share:.0%} of a core.
Best prices have no number by which one could see that some are missing.
"""

MOST_PUSHES = 4
BUSY = """
**The machine was busy**: the exchange itself got to send {pushes:.1f} times a second. Most of the
lag is the time for which its process and this one waited for a processor, and the seconds below are
no more exact. `make feed-latency` on a quiet machine tells more.
"""

FLOW = """
### What order flow costs a bot

{pairs} pairs, candles of a minute at three times real time, {candles} of them, with one trade a
second and pair; a busy contract on Binance has fifty times as many.

| Bot | Start to two candles (s) | Processor a candle (s) | Memory (MB) |
| --- | --- | --- | --- |
{rows}
"""


def section(feed: Mapping[str, Any], flow: Mapping[str, Any] | None, made_on: str) -> str:
    """Return the page's section, as Markdown."""
    rows = []
    for name, row in feed["kinds"].items():
        lags = ", ".join(f"{value:.0f}" for value in row["lag_ms"])
        gaps = "–" if row["gaps"] is None else row["gaps"]
        rate, size = row["messages_per_second"], row["kilobytes_per_second"]
        rows.append(f"| {name} | {rate:.0f} | {size:.0f} | {lags} | {gaps} |")
    total = sum(row["messages_per_second"] for row in feed["kinds"].values())
    told = {**feed, "heading": HEADING, "made_on": made_on, "cores": os.cpu_count()}
    text = ABOUT.format(**told, rows="\n".join(rows), total=total)
    pushes = feed["kinds"]["candles"]["messages_per_second"] / feed["contracts"]
    if pushes < MOST_PUSHES - 1:
        text += BUSY.format(pushes=pushes)
    if flow is None:
        return text
    bots = [
        f"| {name} | {row['start_seconds']:.0f} | {row['processor_seconds_a_candle']:.2f} | "
        f"{row['memory_mb']:.0f} |"
        for name, row in flow["bots"].items()
    ]
    return text + FLOW.format(**{**flow, "rows": "\n".join(bots)})


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and rewrite the section."""
    parser = argparse.ArgumentParser(prog="python -m tests.latency.feed", description=__doc__)
    parser.add_argument("--contracts", type=int, default=50, help="at most 50 (%(default)s)")
    parser.add_argument("--seconds", type=float, default=120.0, help="(%(default)s)")
    parser.add_argument("--candles", type=int, default=8, help="of the two bots (%(default)s)")
    parser.add_argument("--without-order-flow", action="store_true", help="measure no bot")
    asked = parser.parse_args(arguments)
    out = ROOT / "out" / "feed-latency" / f"{datetime.now(UTC):%Y%m%dT%H%M%S}"
    out.mkdir(parents=True)
    feed = measure_feed(out, contracts=asked.contracts, seconds=asked.seconds)
    flow = None
    if not asked.without_order_flow:
        flow = measure_order_flow(out / "bots", candles=asked.candles)
    (out / "measured.json").write_text(json.dumps({"feed": feed, "flow": flow}, indent=2))
    page = ROOT / "docs" / "latency.md"
    before = page.read_text(encoding="utf-8").partition(HEADING)[0].rstrip()
    text = section(feed, flow, f"{datetime.now(UTC):%Y-%m-%d}")
    page.write_text(f"{before}\n\n{text}", encoding="utf-8")
    print(f"written: {page}")


if __name__ == "__main__":
    main()
