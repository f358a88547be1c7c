"""Request parameters as Binance spot checks them."""

import re
from decimal import Decimal

import orjson

from plimsoll.venue.api.parameters import Parameters
from plimsoll.venue.api.public import symbol_of
from plimsoll.venue.errors import ApiError
from plimsoll.venue.exchange import Exchange

_DECIMAL = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?")
_PRECISION = 8


def amount(parameters: Parameters, name: str) -> Decimal:
    """Return an exact number of 0 or more, 0 when absent; none may have more than 8 decimals."""
    text = parameters.get(name, "")
    if not text:
        return Decimal(0)
    if not _DECIMAL.fullmatch(text):
        raise ApiError(
            -1100,
            f"Illegal characters found in parameter '{name}'; legal range is "
            "'^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
        )
    if len(text.partition(".")[2].rstrip("0")) > _PRECISION:
        raise ApiError(-1111, f"Parameter '{name}' has too much precision.")
    return Decimal(text)


def symbols_of(exchange: Exchange, parameters: Parameters, now_ms: int) -> list[str] | None:
    """Return the symbols that a request names by ``symbol`` or ``symbols``, `None` for all."""
    if parameters.get("symbol") and parameters.get("symbols"):
        raise ApiError(-1101, "Too many parameters; expected 'symbol' or 'symbols'.")
    if parameters.get("symbol"):
        return [symbol_of(exchange, parameters, now_ms)]
    if not parameters.get("symbols"):
        return None
    try:
        named = orjson.loads(parameters["symbols"])
    except orjson.JSONDecodeError:
        named = None
    if not isinstance(named, list) or not all(isinstance(one, str) for one in named) or not named:
        raise ApiError(-1100, "Illegal characters found in parameter 'symbols'.")
    return [symbol_of(exchange, {"symbol": one}, now_ms) for one in named]
