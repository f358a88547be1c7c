"""Request parameters as Bybit checks them, and pages of a list."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from plimsoll.venue.bybit.envelope import Result, invalid
from plimsoll.venue.exchange import Exchange

Parameters = Mapping[str, str]
LINEAR = "linear"
CATEGORIES = (LINEAR, "inverse", "spot", "option")
WEEK_MS = 7 * 86_400_000


def texts(body: str) -> dict[str, str]:
    """Return a JSON body as the parameters of a query; raises `BybitError` for anything else."""
    try:
        values = orjson.loads(body) if body else {}
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise invalid("the body is no JSON object")
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def category_of(parameters: Parameters) -> str:
    """Return a category that Bybit knows."""
    category = parameters.get("category", "")
    if category not in CATEGORIES:
        raise invalid("Category is invalid")
    return category


def require_linear(parameters: Parameters) -> None:
    """Refuse a category that this venue does not trade."""
    if category_of(parameters) != LINEAR:
        raise invalid("this venue serves category linear only")


def listed_symbol(exchange: Exchange, parameters: Parameters, now_ms: int) -> str:
    """Return a listed contract of category linear."""
    require_linear(parameters)
    symbol = parameters.get("symbol", "")
    if symbol not in exchange.market.specs or exchange.market.first_candle_ms(symbol) > now_ms:
        raise invalid("symbol invalid")
    return symbol


def chosen(exchange: Exchange, parameters: Parameters, now_ms: int) -> str | None:
    """Return the contract that a list is about, ``None`` for all that settle in USDT.

    Raises `BybitError` where neither symbol, base nor settlement coin is named.
    """
    require_linear(parameters)
    if parameters.get("symbol"):
        return listed_symbol(exchange, parameters, now_ms)
    if parameters.get("baseCoin"):
        return listed_symbol(
            exchange, {**parameters, "symbol": f"{parameters['baseCoin']}USDT"}, now_ms
        )
    if parameters.get("settleCoin") != "USDT":
        text = "Missing some parameters that must be filled in, symbol or settleCoin or baseCoin"
        raise invalid(text)
    return None


def whole(parameters: Parameters, name: str) -> int | None:
    """Return a whole number of 0 or more, None when absent."""
    text = parameters.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 20):
        raise invalid(f"{name} invalid")
    return int(text)


def limit_of(parameters: Parameters, default: int, most: int) -> int:
    """Return how many rows are asked for."""
    limit = whole(parameters, "limit")
    if limit is None:
        return default
    if not 1 <= limit <= most:
        raise invalid(f"limit should be between 1 and {most}")
    return limit


def decimal(parameters: Parameters, name: str) -> float:
    """Return a number of 0 or more, 0 when absent."""
    text = parameters.get(name, "")
    try:
        value = float(text) if text else 0.0
    except ValueError:
        value = float("nan")
    if not 0.0 <= value < 1e15:
        raise invalid(f"{name} invalid")
    return value


def flag(parameters: Parameters, name: str) -> bool:
    """Return whether something is asked for; anything but true and false is refused."""
    text = parameters.get(name, "false").lower()
    if text not in ("true", "false"):
        raise invalid(f"{name} invalid")
    return text == "true"


def week_of(parameters: Parameters, now_ms: int, usual_ms: int = WEEK_MS) -> tuple[int, int]:
    """Return first and last millisecond of a history: at most seven days.

    One of ``startTime`` and ``endTime`` gives a span of `usual_ms` after or before it, neither
    the latest.
    """
    start, end = whole(parameters, "startTime"), whole(parameters, "endTime")
    if start is None:
        last = now_ms if end is None else end
        return last - usual_ms, last
    if end is None:
        return start, start + usual_ms
    if start > end:
        raise invalid("startTime should be less than endTime")
    if end - start > WEEK_MS:
        raise invalid("The time range between startTime and endTime cannot exceed 7 days")
    return start, end


def page_of(rows: Sequence[Any], parameters: Parameters, default: int, most: int) -> Result:
    """Return one page of rows with the cursor of the next, empty after the last."""
    limit, first = limit_of(parameters, default, most), whole(parameters, "cursor") or 0
    following = first + limit
    return {
        "category": LINEAR,
        "list": list(rows[first:following]),
        "nextPageCursor": str(following) if following < len(rows) else "",
    }
