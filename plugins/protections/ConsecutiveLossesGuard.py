"""The pause after losses in a row as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class ConsecutiveLossesGuard(GuardProtection):
    """Lock all pairs for a while after that many losing trades in a row."""

    rule = "consecutive_losses"

    def limits(self, profile: RiskProfile) -> str:
        return (
            f"no entries for {profile.consecutive_losses_pause_hours:g} h after "
            f"{profile.max_consecutive_losses} losses in a row"
        )
