"""The halt after a fall from the high-water mark as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class DrawdownGuard(GuardProtection):
    """Lock all pairs until a person resumes when realised equity fell too far from its high.

    The first limit of the profile, at which stakes shrink, cannot be honoured: a protection
    sizes nothing.
    """

    rule = "drawdown"

    def limits(self, profile: RiskProfile) -> str:
        return (
            "no entries until a person resumes after a realised fall of "
            f"{profile.drawdown_halt_fraction:.1%} from the high"
        )
