"""The daily loss limit as a native Freqtrade protection, for any strategy."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class DailyLossGuard(GuardProtection):
    """Lock all pairs until the trading day ends when its realised loss is at the limit.

    The loss of an open position is not seen here, and no position is closed.
    """

    rule = "daily_loss"

    def limits(self, profile: RiskProfile) -> str:
        usd = f" or {profile.max_daily_loss_usd:g} USD" if profile.max_daily_loss_usd else ""
        return (
            "no entries until the trading day ends after a realised loss of "
            f"{profile.max_daily_loss_fraction:.1%}{usd}"
        )
