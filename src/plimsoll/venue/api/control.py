"""The control endpoints under /plimsoll/: clock, scenarios, faults, transfers and counters."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.api.books import books, order_latency
from plimsoll.venue.api.lookahead import path_ahead
from plimsoll.venue.clock import real_now_ms
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.faults import FAULTS
from plimsoll.venue.market.scenario import SCENARIOS
from plimsoll.venue.market.symbols import symbol_of

Body = Mapping[str, Any]
Control = Callable[[Exchange, Body], dict[str, Any] | Sequence[Any]]


def _number(body: Body, name: str, *, needed: bool = True) -> float | None:
    value = body.get(name)
    if value is None and not needed:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f'expected a number "{name}" in the JSON body, found {value!r}')
    return float(value)


def _health(exchange: Exchange, body: Body) -> dict[str, Any]:
    del body
    now_ms = exchange.clock.now_ms()
    return {
        "status": "ok",
        "market": exchange.market.kind,
        "symbols": exchange.listed(now_ms),
        "now_ms": now_ms,
        "outage_until_ms": exchange.market.overlay.outage_until_ms(now_ms),
    }


def _clock(exchange: Exchange, body: Body) -> dict[str, Any]:
    del body
    clock = exchange.clock
    now_ms = clock.now_ms()
    return {
        "now_ms": now_ms,
        "mode": clock.mode,
        "speed": clock.speed,
        "real_ms": real_now_ms(),
    }


def _step(exchange: Exchange, body: Body) -> dict[str, Any]:
    exchange.clock.step(_number(body, "seconds") or 0.0)
    return _clock(exchange, body)


def _speed(exchange: Exchange, body: Body) -> dict[str, Any]:
    exchange.clock.set_speed(_number(body, "speed") or 0.0)
    return _clock(exchange, body)


def _scenarios(exchange: Exchange, body: Body) -> list[Any]:
    del exchange, body
    return list_scenarios()


def list_scenarios() -> list[dict[str, Any]]:
    """Return name, description and defaults of every scenario."""
    return [
        {
            "name": scenario.name,
            "description": scenario.description,
            "magnitude": scenario.default_magnitude,
            "duration_seconds": scenario.default_duration_seconds,
        }
        for scenario in SCENARIOS.values()
    ]


def _scenario(exchange: Exchange, body: Body) -> dict[str, Any]:
    name, symbols = body.get("name"), body.get("symbols")
    if not isinstance(name, str):
        raise UsageError(f'expected a text "name", one of {", ".join(SCENARIOS)}; found {name!r}')
    event = exchange.start_scenario(
        name,
        symbols=_symbols(symbols),
        magnitude=_number(body, "magnitude", needed=False),
        duration_seconds=_number(body, "duration_seconds", needed=False),
    )
    return {
        "name": name,
        "start_ms": event.start_ms,
        "end_ms": event.end_ms,
        "magnitude": event.magnitude,
        "symbols": sorted(event.symbols) if event.symbols is not None else None,
    }


def _symbols(names: object) -> list[str] | None:
    if names is None:
        return None
    if not isinstance(names, list) or not all(isinstance(item, str) for item in names):
        raise UsageError(f'expected "symbols" to be a list of names or null, found {names!r}')
    return [symbol_of(item) for item in names]


def list_faults() -> list[dict[str, Any]]:
    """Return name, description and options of every kind of fault."""
    return [asdict(kind) for kind in FAULTS.values()]


def _faults(exchange: Exchange, body: Body) -> dict[str, Any]:
    del body
    now_ms = exchange.clock.now_ms()
    started = [
        {**fault.record(), "active": fault.is_active(now_ms)} for fault in exchange.faults.started
    ]
    return {"kinds": list_faults(), "started": started}


def _start_fault(exchange: Exchange, body: Body) -> dict[str, Any]:
    options = dict(body)
    if options.get("symbols") is not None:
        options["symbols"] = _symbols(options["symbols"])
    return exchange.start_fault(options).record()


def _end_faults(exchange: Exchange, body: Body) -> dict[str, Any]:
    number = _number(body, "id", needed=False)
    ended = exchange.faults.end(None if number is None else int(number), exchange.clock.now_ms())
    return {"ended": [fault.record() for fault in ended]}


def _transfer(exchange: Exchange, body: Body) -> dict[str, Any]:
    if (asset := body.get("asset")) is not None:
        moved = _number(body, "amount") or 0.0
        return {
            "asset": asset,
            "amount": moved,
            "total": float(exchange.transfer_coins(str(asset), moved)),
        }
    amount, recorded = _number(body, "amount_usd") or 0.0, body.get("recorded", True)
    if not isinstance(recorded, bool):
        raise UsageError(f'expected "recorded" to be true or false, found {recorded!r}')
    exchange.transfer(amount, recorded=recorded)
    return {
        "amount_usd": amount,
        "recorded": recorded,
        "wallet_usd": exchange.account.wallet_usd,
        "free_usd": exchange.matching.free_usd(),
    }


def _filters(exchange: Exchange, body: Body) -> dict[str, Any]:
    """Change a contract's filters: ``tick_size``, ``step_size``, ``min_notional_usd``."""
    names = ("tick_size", "step_size", "min_notional_usd")
    values = {name: _number(body, name, needed=False) for name in names}
    if all(value is None for value in values.values()):
        raise UsageError(f"expected at least one of {', '.join(names)}")
    symbol = _symbol(body)
    spec = exchange.change_filters(symbol, **values)
    return {"symbol": symbol, **{name: getattr(spec, name) for name in names}}


def _delist(exchange: Exchange, body: Body) -> dict[str, Any]:
    symbol = _symbol(body)
    exchange.delist(symbol)
    return {"symbol": symbol, "status": exchange.status(symbol)}


def _symbol(body: Body) -> str:
    name = body.get("symbol")
    if not isinstance(name, str):
        raise UsageError(f'expected a text "symbol" such as BTCUSDT, found {name!r}')
    return symbol_of(name)


def _stats(exchange: Exchange, body: Body) -> dict[str, Any]:
    del body
    return asdict(exchange.stats)


CONTROLS: dict[tuple[str, str], Control] = {
    ("GET", "/plimsoll/health"): _health,
    ("GET", "/plimsoll/clock"): _clock,
    ("POST", "/plimsoll/clock/step"): _step,
    ("POST", "/plimsoll/clock/speed"): _speed,
    ("POST", "/plimsoll/path"): path_ahead,
    ("GET", "/plimsoll/scenarios"): _scenarios,
    ("POST", "/plimsoll/scenario"): _scenario,
    ("GET", "/plimsoll/faults"): _faults,
    ("POST", "/plimsoll/faults"): _start_fault,
    ("DELETE", "/plimsoll/faults"): _end_faults,
    ("POST", "/plimsoll/transfer"): _transfer,
    ("GET", "/plimsoll/stats"): _stats,
    ("GET", "/plimsoll/books"): books,
    ("GET", "/plimsoll/order-latency"): order_latency,
    ("POST", "/plimsoll/filters"): _filters,
    ("POST", "/plimsoll/delist"): _delist,
}
