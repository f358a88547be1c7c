"""The limit of trades in a day as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class TradesPerDayGuard(GuardProtection):
    """Lock all pairs until the trading day ends once that many trades were opened in it.

    It counts when a trade closes: what opens between two closes is counted at the second, so
    a day may have as many trades more as positions are open at once, less one.
    """

    rule = "trades_per_day"

    def limits(self, profile: RiskProfile) -> str:
        return (
            f"no entries until the trading day ends after {profile.max_trades_per_day} trades, "
            "counted at each close"
        )
