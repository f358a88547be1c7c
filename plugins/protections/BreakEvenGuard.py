"""Results below break-even as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class BreakEvenGuard(GuardProtection):
    """Lock all pairs until a person resumes when the latest trades together lost money."""

    rule = "break_even"

    def limits(self, profile: RiskProfile) -> str:
        if profile.break_even_trades is None:
            return "switched off by the profile"
        return (
            "no entries until a person resumes when the latest "
            f"{profile.break_even_trades} trades lost money together"
        )
