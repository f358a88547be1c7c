"""What Bybit allows a second, told in headers with every signed answer.

Source: bybit-exchange.github.io/docs/v5/rate-limit: per endpoint and user a second (10006 above
it), and 600 requests in five seconds per address (HTTP 403 above them).
"""

from collections import deque
from dataclasses import dataclass, field

from plimsoll.venue.bybit.envelope import TOO_MANY, BybitError

SECOND_MS = 1000
ADDRESS_LIMIT, ADDRESS_MS = 600, 5_000
A_SECOND = {
    "/v5/order/create": 10,
    "/v5/order/cancel": 10,
    "/v5/order/cancel-all": 10,
    "/v5/order/realtime": 50,
    "/v5/order/history": 50,
    "/v5/execution/list": 50,
    "/v5/position/list": 50,
    "/v5/position/set-leverage": 10,
    "/v5/position/switch-mode": 10,
    "/v5/account/wallet-balance": 50,
    "/v5/account/info": 50,
    "/v5/account/fee-rate": 10,
    "/v5/account/transaction-log": 50,
    "/v5/user/query-api": 10,
    "/v5/asset/coin/query-info": 5,
}
USUAL = 10


@dataclass
class RateLimits:
    """The budgets on the exchange's clock, as rolling windows; always told, enforced on demand."""

    enforced: bool = False
    _address: deque[int] = field(default_factory=deque)
    _spent: dict[str, deque[int]] = field(default_factory=dict)

    def charge_address(self, now_ms: int) -> bool:
        """Book a request of the address; return whether it may be answered."""
        within = _within(self._address, now_ms, ADDRESS_MS) <= ADDRESS_LIMIT
        return within or not self.enforced

    def charge(self, path: str, now_ms: int) -> dict[str, str]:
        """Book a signed request and return its headers.

        Raises `BybitError` 10006 above the limit when limits are enforced.
        """
        limit = A_SECOND.get(path, USUAL)
        spent = _within(self._spent.setdefault(path, deque()), now_ms, SECOND_MS)
        if self.enforced and spent > limit:
            raise BybitError(TOO_MANY, "Too many visits. Exceeded the API Rate Limit.")
        return {
            "X-Bapi-Limit": str(limit),
            "X-Bapi-Limit-Status": str(max(limit - spent, 0)),
            "X-Bapi-Limit-Reset-Timestamp": str(now_ms + (SECOND_MS if spent >= limit else 0)),
        }


def _within(times: deque[int], now_ms: int, length_ms: int) -> int:
    """Add a request and return how many there are in the window that ends with it."""
    while times and times[0] <= now_ms - length_ms:
        times.popleft()
    times.append(now_ms)
    return len(times)
