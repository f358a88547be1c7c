"""Bybit's answers and refusals: the envelope, and what the exchange's own refusals are called.

Source: bybit-exchange.github.io/docs/v5, "Error Codes". The account and the filters refuse in
Binance's numbers (`venue.errors`); `translated` says the same in Bybit's.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from plimsoll.core.errors import PlimsollError
from plimsoll.venue.account.margin import ORDER_REJECTED
from plimsoll.venue.account.matching import POST_ONLY
from plimsoll.venue.errors import ApiError

Result = dict[str, Any]
PARAMETERS, EXPIRED, KEY_INVALID, SIGN_INVALID, DENIED = 10001, 10002, 10003, 10004, 10005
TOO_MANY, SERVER_ERROR = 10006, 10016
NO_ORDER, NO_BALANCE, REDUCE_ONLY, LEVERAGE_CAPPED = 110001, 110007, 110017, 110013
SAME_MODE, SAME_LEVERAGE, TWICE = 110025, 110043, 110072
MARGIN_MODE, NOT_LIVE, OVER_LIMIT = 110073, 110074, 110090
RISING, FALLING, TOO_SMALL, NO_PRICE = 110092, 110093, 110094, 110003
_ID_PREFIX = 0x706C696D << 96


class BybitError(PlimsollError):
    """A refusal in Bybit's shape; most come with HTTP 200."""

    def __init__(self, code: int, message: str, status: int = 200) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


def envelope(result: Mapping[str, Any], now_ms: int, code: int = 0, message: str = "OK") -> Result:
    """Return an answer as Bybit wraps it."""
    return {
        "retCode": code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {},
        "time": now_ms,
    }


def invalid(text: str) -> BybitError:
    """Return the refusal of a parameter."""
    return BybitError(PARAMETERS, f"params error: {text}")


_TRANSLATED = {
    -1111: (PARAMETERS, "params error: Qty invalid"),
    -1121: (PARAMETERS, "params error: symbol invalid"),
    -2011: (NO_ORDER, "order not exists or too late to cancel"),
    -2013: (NO_ORDER, "order not exists or too late to cancel"),
    -2019: (NO_BALANCE, "ab not enough for new order"),
    -2022: (REDUCE_ONLY, "current position is zero, cannot fix reduce-only order qty"),
    -2027: (OVER_LIMIT, "Order placement failed as your position may exceed the max limit."),
    -4003: (PARAMETERS, "params error: Qty invalid"),
    -4014: (PARAMETERS, "params error: Price invalid"),
    -4028: (LEVERAGE_CAPPED, "cannot set leverage gt maxLeverage by risk limit"),
    -4131: (NO_PRICE, "Order price exceeds the allowable range."),
    -4140: (NOT_LIVE, "This contract is not live"),
    -4161: (LEVERAGE_CAPPED, "cannot set leverage due to risk limit"),
    -4164: (TOO_SMALL, "Order does not meet minimum order value 5USDT"),
    -5022: (REDUCE_ONLY, POST_ONLY),
}
_REJECTED = {
    "ReduceOnly": _TRANSLATED[-2022],
    "Order's notional": _TRANSLATED[-4164],
}


def translated(error: ApiError) -> BybitError:
    """Return a refusal of the account or the filters in Bybit's words."""
    if error.code == ORDER_REJECTED:
        for words, said in _REJECTED.items():
            if error.message.startswith(words):
                return BybitError(*said)
    code, text = _TRANSLATED.get(error.code, (PARAMETERS, f"params error: {error.message}"))
    return BybitError(code, text)


def order_id_text(number: int) -> str:
    """Return an order's number as Bybit writes ids, which are no numbers."""
    return str(UUID(int=_ID_PREFIX | number))


def order_number(text: str) -> int | None:
    """Return the number behind an id; ``None`` for an id that this exchange never gave."""
    try:
        whole = UUID(text).int
    except ValueError:
        return None
    number = whole ^ _ID_PREFIX
    return number if 0 < number < 1 << 64 else None
