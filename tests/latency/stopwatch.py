"""A log handler that times the parts of Freqtrade's loop, one JSON line a loop.

The config of a measured bot names it. It changes nothing but for the time that it takes itself,
some microseconds a call.
"""

import functools
import json
import logging
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.latency.waiting import Waiting

GUARDS, REQUESTS = "guards and callbacks", "requests"
OF_GUARDS = "of the guards: "
"""How the name of a part begins that lies within the guards and callbacks."""
MEASURED: list["Stopwatch"] = []


class Stopwatch(logging.Handler):
    """Times of one bot; ``path`` is the file that it appends to."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = Path(path)
        self._parts: dict[str, list[float]] = {}
        self._orders: list[dict[str, Any]] = []
        self._cpu = 0.0
        self._waiting = Waiting()
        self._analysed: dict[str, int] = {}
        self._depth: dict[str, int] = defaultdict(int)
        if not MEASURED:
            MEASURED.append(self)
            self._install()

    def emit(self, record: logging.LogRecord) -> None:
        """Emit nothing: this handler exists for its construction."""

    def _install(self) -> None:
        from ccxt.base.exchange import Exchange as Ccxt
        from freqtrade import freqtradebot
        from freqtrade.data.dataprovider import DataProvider
        from freqtrade.exchange.exchange import Exchange
        from freqtrade.freqtradebot import FreqtradeBot
        from freqtrade.strategy.interface import IStrategy

        self._waiting.install()
        self._time(DataProvider, "refresh", "candles fetched")
        self._time(IStrategy, "analyze", "candles analysed")
        self._time(FreqtradeBot, "manage_open_orders", "open orders")
        self._time(FreqtradeBot, "exit_positions", "exits")
        self._time(FreqtradeBot, "enter_positions", "entries")
        self._time(Exchange, "fetch_l2_order_book", "order books")
        self._time(Exchange, "_lev_prep", "margin type and leverage")
        self._time(Exchange, "get_trades_for_order", "fills for fees")
        self._time(Exchange, "get_balances", "balance")
        self._time(Exchange, "fetch_positions", "positions")
        self._time(Exchange, "fetch_order", "orders asked for")
        self._time(Exchange, "create_order", "orders sent", before=self._note_order)
        self._time(Ccxt, "fetch", REQUESTS)
        self._time(IStrategy, "advise_indicators", "indicators", before=self._note_candle)
        self._time_callbacks(freqtradebot)
        self._time_loops(FreqtradeBot)

    def _time_callbacks(self, module: Any) -> None:
        """Time the strategy's callbacks with their guards where Freqtrade calls them."""
        wrapper = module.strategy_safe_wrapper

        def timed(callback: Any, *given: Any, **named: Any) -> Any:
            return self._timed(wrapper(callback, *given, **named), GUARDS)

        module.strategy_safe_wrapper = timed

    def _time(
        self,
        owner: type,
        name: str,
        part: str,
        before: Callable[..., None] | None = None,
    ) -> None:
        setattr(owner, name, self._timed(getattr(owner, name), part, before))

    def _timed(
        self, call: Callable[..., Any], part: str, before: Callable[..., None] | None = None
    ) -> Callable[..., Any]:
        @functools.wraps(call)
        def timed(*given: Any, **named: Any) -> Any:
            if before is not None:
                before(*given, **named)
            began = self._now()
            self._depth[part] += 1
            try:
                return call(*given, **named)
            finally:
                self._depth[part] -= 1
                if not self._depth[part]:
                    self._count(part, began)
                    if part != GUARDS and self._depth[GUARDS]:
                        self._count(OF_GUARDS + part, began)

        return timed

    def _now(self) -> tuple[float, float, float]:
        """Return seconds by the clock, of the processor, and of waiting for the exchange."""
        return time.perf_counter(), time.process_time(), self._waiting.exchange

    def _count(self, part: str, began: tuple[float, float, float]) -> None:
        """Add a call of a part: one, and its seconds by the clock, of processor, of waiting."""
        counted = self._parts.setdefault(part, [0, 0.0, 0.0, 0.0])
        counted[0] += 1
        for place, (now, then) in enumerate(zip(self._now(), began, strict=True), start=1):
            counted[place] += now - then

    def _time_loops(self, bot_class: Any) -> None:
        process = bot_class.process

        @functools.wraps(process)
        def timed(bot: Any) -> None:
            self._parts, self._orders, self._analysed = {}, [], {}
            self._waiting.count()
            at, began, self._cpu = time.time(), time.perf_counter(), time.process_time()
            try:
                process(bot)
            finally:
                self._write(at, time.perf_counter() - began)

        bot_class.process = timed

    def _note_order(self, _: Any, *given: Any, **named: Any) -> None:
        pair = named.get("pair") or given[0]
        side = "exit" if named.get("reduceOnly") else "entry"
        self._orders.append(
            {
                "at": time.time(),
                "pair": pair,
                "side": side,
                "processor": time.process_time() - self._cpu,
                "waited": self._waiting.exchange,
                "queued": self._waiting.processor,
                "guards": self._parts.get(GUARDS, [0, 0.0, 0.0, 0.0])[2],
            }
        )

    def _note_candle(self, _: Any, frame: Any, metadata: dict[str, str]) -> None:
        self._analysed[metadata["pair"]] = int(frame["date"].iloc[-1].timestamp())

    def _write(self, at: float, seconds: float) -> None:
        line = {
            "at": at,
            "seconds": seconds,
            "cpu_seconds": time.process_time() - self._cpu,
            "parts": self._parts,
            "orders": self._orders,
            "analysed": self._analysed,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
