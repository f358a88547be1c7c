"""Live results against the backtest as a native protection."""

from plimsoll.bridge.plugins.protection import GuardProtection
from plimsoll.risk import RiskProfile


class DivergenceGuard(GuardProtection):
    """Lock all pairs until a person resumes when results fell far below their backtest.

    The backtest is that of ``plimsoll.expectation_file``; without one nothing is compared.
    """

    rule = "divergence"

    def limits(self, profile: RiskProfile) -> str:
        return (
            f"no entries until a person resumes when {profile.divergence_trades} trades are "
            f"{profile.max_divergence_fraction:.0%} below their backtest"
        )
