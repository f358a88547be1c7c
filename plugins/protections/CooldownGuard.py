"""The wait after a trade of a pair as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class CooldownGuard(GuardProtection):
    """Lock a pair for a while after its last trade closed."""

    rule = "cooldown"
    has_global_stop = False
    has_local_stop = True

    def limits(self, profile: RiskProfile) -> str:
        return f"no entries in a pair for {profile.cooldown_seconds:g} s after it closed"
