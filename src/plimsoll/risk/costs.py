"""What one fill costs, stated once."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Bps = Annotated[float, Field(ge=0, le=100)]


class TradingCosts(BaseModel):
    """Cost of one fill in basis points of its notional: ``plimsoll.costs`` in the config.

    The shipped base profile passes the sum to Freqtrade as ``fee`` (each side of a trade).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    fee_bps: Bps = 4.0
    spread_bps: Bps = 2.0
    slippage_bps: Bps = 1.0

    @property
    def fill_fraction(self) -> float:
        """Cost of one fill as a fraction of its notional, for Freqtrade's ``fee``."""
        return (self.fee_bps + self.spread_bps + self.slippage_bps) / 10_000
