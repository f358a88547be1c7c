"""``POST /plimsoll/path``: what the price will do, for whoever drives a stepped clock."""

from collections.abc import Mapping
from typing import Any

from plimsoll.core.errors import UsageError
from plimsoll.venue.exchange import Exchange
from plimsoll.venue.market.symbols import symbol_of
from plimsoll.venue.market.turning_points import turning_points

LONGEST_MS = 31 * 86_400_000


def path_ahead(exchange: Exchange, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return, for each contract, its path to an instant, the tick and half of the spread now.

    ``{"symbols": ["BTCUSDT"], "start_ms": …, "end_ms": …}``; the answer holds
    ``{"BTCUSDT": {"points": [[ms, price], …], "tick": 0.1, "half_spread_fraction": 0.0001}}``.

    Raises `UsageError` for an unknown contract, for times that are none, and unless the clock is
    stepped: where time passes by itself nobody may know what comes.
    """
    if exchange.clock.mode != "stepped":
        raise UsageError("only under a stepped clock may the path ahead be asked for")
    start_ms, end_ms = _instant(body, "start_ms"), _instant(body, "end_ms")
    if not start_ms < end_ms <= start_ms + LONGEST_MS:
        raise UsageError("expected start_ms before end_ms, by 31 days at most")
    symbols = body.get("symbols")
    if not isinstance(symbols, list) or not symbols:
        raise UsageError(f'expected a list "symbols", found {symbols!r}')
    return {str(name): _ahead(exchange, str(name), start_ms, end_ms) for name in symbols}


def _instant(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise UsageError(f'expected epoch milliseconds "{name}", found {value!r}')
    return value


def _ahead(exchange: Exchange, name: str, start_ms: int, end_ms: int) -> dict[str, Any]:
    symbol = symbol_of(name)
    spec = exchange.market.specs.get(symbol)
    if spec is None:
        raise UsageError(f'unknown contract "{name}"')
    spread = exchange.snapshot(symbol, exchange.clock.now_ms()).spread_fraction
    turns = turning_points(exchange.market, symbol, start_ms, end_ms)
    return {
        "points": [[turn.time_ms, turn.price] for turn in turns],
        "tick": spec.tick_size,
        "half_spread_fraction": spread * exchange.spread_scale / 2,
    }
