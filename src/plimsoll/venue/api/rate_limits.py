"""What requests cost, and what happens to those who spend too much.

Sources: Binance USD-M API, "General info", limits, and the weight that each endpoint's page names;
for spot the same of developers.binance.com, spot, REST API, "Limits".
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from plimsoll.venue.errors import ApiError

WEIGHT_LIMIT = 2_400
ORDER_LIMITS = {"10S": (10_000, 300), "1M": (60_000, 1_200)}
"""By the name in the header: the window in milliseconds and how many orders fit."""
MINUTE_MS = 60_000
PATIENCE = 10
"""How many requests of a client that was told to wait are answered with 429 before a ban."""
FIRST_BAN_MS, LONGEST_BAN_MS = 2 * MINUTE_MS, 3 * 86_400_000
_KLINES = ((100, 1), (500, 2), (1001, 5), (10_000, 10))
_DEPTH = ((51, 2), (101, 5), (501, 10), (10_000, 20))
_BY_LIMIT: dict[str, tuple[int, tuple[tuple[int, int], ...]]] = {
    **{
        f"/fapi/v1/{name}": (500, _KLINES)
        for name in (
            "klines",
            "continuousKlines",
            "markPriceKlines",
            "indexPriceKlines",
            "premiumIndexKlines",
        )
    },
    "/fapi/v1/depth": (500, _DEPTH),
}
"""The usual limit, and the weight below each number of rows."""
_WITHOUT_SYMBOL: dict[str, tuple[int, int]] = {
    "/fapi/v1/ticker/24hr": (1, 40),
    "/fapi/v1/ticker/price": (1, 2),
    "/fapi/v2/ticker/price": (1, 2),
    "/fapi/v1/ticker/bookTicker": (2, 5),
    "/fapi/v1/openOrders": (1, 40),
    "/fapi/v1/openAlgoOrders": (1, 40),
    "/fapi/v1/forceOrders": (20, 50),
    "/fapi/v1/premiumIndex": (1, 10),
}
"""The weight of one contract and of all."""
_FIXED: dict[str, int] = {
    "GET /fapi/v1/trades": 5,
    "GET /fapi/v1/historicalTrades": 200,
    "GET /fapi/v1/aggTrades": 20,
    "GET /fapi/v1/allOrders": 5,
    "GET /fapi/v1/allAlgoOrders": 5,
    "GET /fapi/v1/userTrades": 5,
    "GET /fapi/v1/income": 30,
    "GET /fapi/v1/commissionRate": 20,
    "GET /fapi/v1/positionSide/dual": 30,
    "GET /fapi/v1/multiAssetsMargin": 30,
    "GET /fapi/v1/accountConfig": 5,
    "GET /fapi/v1/symbolConfig": 5,
    "GET /fapi/v1/adlQuantile": 5,
    "GET /fapi/v2/account": 5,
    "GET /fapi/v3/account": 5,
    "GET /fapi/v2/balance": 5,
    "GET /fapi/v3/balance": 5,
    "GET /fapi/v2/positionRisk": 5,
    "GET /fapi/v3/positionRisk": 5,
    "POST /fapi/v1/order": 0,
    "POST /fapi/v1/algoOrder": 0,
    "POST /fapi/v1/batchOrders": 5,
    "PUT /fapi/v1/batchOrders": 5,
    "POST /fapi/v1/countdownCancelAll": 10,
    "GET /fapi/v1/fundingRate": 0,
    "GET /fapi/v1/fundingInfo": 0,
}
_FREE_PREFIX = "/futures/data/"
_ORDERS = {"POST /fapi/v1/order": 1, "PUT /fapi/v1/order": 1, "POST /fapi/v1/algoOrder": 1}
BATCH_ORDERS = 5


def weight_of(method: str, path: str, parameters: Mapping[str, str]) -> int:
    """Return what a request costs of the minute's weight."""
    if path.startswith(_FREE_PREFIX):
        return 0
    if path in _BY_LIMIT:
        usual, steps = _BY_LIMIT[path]
        text = parameters.get("limit", "")
        rows = int(text) if text.isdigit() else usual
        return next((weight for below, weight in steps if rows < below), steps[-1][1])
    if path in _WITHOUT_SYMBOL and method == "GET":
        one, every = _WITHOUT_SYMBOL[path]
        return one if parameters.get("symbol") else every
    return _FIXED.get(f"{method} {path}", 1)


def orders_in(method: str, path: str) -> int:
    """Return how many orders a request counts for."""
    if path == "/fapi/v1/batchOrders" and method != "DELETE":
        return BATCH_ORDERS
    return _ORDERS.get(f"{method} {path}", 0)


_SPOT_DEPTH = ((101, 5), (501, 25), (1001, 50), (10_000, 250))
_SPOT_ONE_OR_ALL: dict[str, tuple[int, int]] = {
    "/api/v3/ticker/24hr": (2, 80),
    "/api/v3/ticker/price": (2, 4),
    "/api/v3/ticker/bookTicker": (2, 4),
    "/api/v3/openOrders": (6, 80),
}
_SPOT_FIXED: dict[str, int] = {
    "GET /api/v3/exchangeInfo": 20,
    "GET /api/v3/klines": 2,
    "GET /api/v3/trades": 25,
    "GET /api/v3/historicalTrades": 25,
    "GET /api/v3/aggTrades": 4,
    "GET /api/v3/order": 4,
    "GET /api/v3/allOrders": 20,
    "GET /api/v3/account": 20,
    "GET /api/v3/myTrades": 20,
}
_SPOT_ORDER, _WALLET_PREFIX = "POST /api/v3/order", "/sapi/"


def spot_weight_of(method: str, path: str, parameters: Mapping[str, str]) -> int:
    """Return what a request of spot costs of the minute's weight; the wallet's have their own."""
    if path.startswith(_WALLET_PREFIX):
        return 0
    if path == "/api/v3/depth":
        text = parameters.get("limit", "")
        rows = int(text) if text.isdigit() else 100
        return next((weight for below, weight in _SPOT_DEPTH if rows < below), 250)
    if path in _SPOT_ONE_OR_ALL and method == "GET":
        one, every = _SPOT_ONE_OR_ALL[path]
        return one if parameters.get("symbol") else every
    return _SPOT_FIXED.get(f"{method} {path}", 1)


def spot_orders_in(method: str, path: str) -> int:
    """Return how many orders a request of spot counts for."""
    return int(f"{method} {path}" == _SPOT_ORDER)


@dataclass(frozen=True)
class Tariff:
    """What requests cost on one market, and how much may be spent.

    `order_limits` has, by the name in the header, a window in milliseconds and how many orders fit.
    """

    weight_limit: int
    order_limits: Mapping[str, tuple[int, int]]
    weight_of: Callable[[str, str, Mapping[str, str]], int]
    orders_in: Callable[[str, str], int]


TARIFF = Tariff(WEIGHT_LIMIT, ORDER_LIMITS, weight_of, orders_in)
"""USD-M futures."""
SPOT_TARIFF = Tariff(
    6_000, {"10S": (10_000, 100), "1D": (86_400_000, 200_000)}, spot_weight_of, spot_orders_in
)


@dataclass
class _Window:
    """What was spent in the window that began at `start_ms`."""

    length_ms: int
    start_ms: int = 0
    spent: int = 0

    def add(self, amount: int, now_ms: int) -> int:
        start_ms = now_ms // self.length_ms * self.length_ms
        if start_ms != self.start_ms:
            self.start_ms, self.spent = start_ms, 0
        self.spent += amount
        return self.spent

    def left_seconds(self, now_ms: int) -> int:
        return -((now_ms - self.start_ms - self.length_ms) // 1000)


@dataclass
class RateLimits:
    """The account's and the client's budgets, on the exchange's clock.

    They are always counted, for the headers; only with `enforced` does anybody have to wait.
    """

    enforced: bool = False
    tariff: Tariff = TARIFF
    _weight: _Window = field(default_factory=lambda: _Window(MINUTE_MS))
    _orders: dict[str, _Window] = field(default_factory=dict)
    _warned: int = 0
    _banned_until_ms: int = 0
    _bans: int = 0

    def __post_init__(self) -> None:
        """Open a window for each of the tariff's limits on orders."""
        limits = self.tariff.order_limits
        self._orders = {name: _Window(length) for name, (length, _) in limits.items()}

    def charge(
        self, method: str, path: str, parameters: Mapping[str, str], now_ms: int
    ) -> dict[str, str]:
        """Book a request and return the headers of its answer.

        Raises `RateLimitError` when it is more than the limits allow and they are enforced.
        """
        if self.enforced and now_ms < self._banned_until_ms:
            raise self._ban(now_ms)
        used = self._weight.add(self.tariff.weight_of(method, path, parameters), now_ms)
        headers = {"X-MBX-USED-WEIGHT-1M": str(used)}
        if self.enforced and used > self.tariff.weight_limit:
            raise self._warning(now_ms, headers)
        if used <= self.tariff.weight_limit:
            self._warned = 0
        orders = self.tariff.orders_in(method, path)
        if orders:
            headers |= self._charge_orders(orders, now_ms, headers)
        return headers

    def _charge_orders(self, orders: int, now_ms: int, headers: dict[str, str]) -> dict[str, str]:
        counted = {name: window.add(orders, now_ms) for name, window in self._orders.items()}
        own = {f"X-MBX-ORDER-COUNT-{name}": str(count) for name, count in counted.items()}
        for name, count in counted.items():
            limit = self.tariff.order_limits[name][1]
            if self.enforced and count > limit:
                text = f"Too many new orders; current limit is {limit} orders per {name}."
                wait = self._orders[name].left_seconds(now_ms)
                raise RateLimitError(429, -1015, text, wait, headers | own)
        return own

    def _warning(self, now_ms: int, headers: dict[str, str]) -> "RateLimitError":
        self._warned += 1
        if self._warned > PATIENCE:
            self._warned = 0
            length_ms = min(FIRST_BAN_MS * 2**self._bans, LONGEST_BAN_MS)
            self._bans += 1
            self._banned_until_ms = now_ms + length_ms
            return self._ban(now_ms)
        text = (
            f"Too many requests; current limit of IP is {self.tariff.weight_limit} requests per "
            "minute. Please use the websocket for live updates to avoid polling the API."
        )
        return RateLimitError(429, -1003, text, self._weight.left_seconds(now_ms), headers)

    def _ban(self, now_ms: int) -> "RateLimitError":
        text = (
            f"Way too many requests; IP banned until {self._banned_until_ms}. "
            "Please use the websocket for live updates to avoid bans."
        )
        wait = -((now_ms - self._banned_until_ms) // 1000)
        return RateLimitError(418, -1003, text, wait, {})


class RateLimitError(ApiError):
    """A refusal for spending too much, with the headers that say when to come back."""

    def __init__(
        self, status: int, code: int, message: str, wait_seconds: int, headers: Mapping[str, str]
    ) -> None:
        super().__init__(code, message, status)
        self.headers = {**headers, "Retry-After": str(wait_seconds)}
