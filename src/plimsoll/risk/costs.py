"""What one fill costs, stated once: for every pair, and for the pairs that differ."""

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from plimsoll.core import PlimsollError

Bps = Annotated[float, Field(ge=0, le=100)]
PairName = Annotated[str, Field(pattern=r"^[^/:\s]+/[^/:\s]+(:[^/:\s]+)?$")]

BPS = 10_000
SECONDS_PER_YEAR = 365 * 86400


class PairCosts(BaseModel):
    """What differs for one pair, in basis points of a fill's notional; ``None`` as everywhere."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    fee_bps: Bps | None = None
    spread_bps: Bps | None = None
    slippage_bps: Bps | None = None


COMMON = PairCosts()
"""A pair that differs in nothing."""


@dataclass(frozen=True, slots=True)
class FillCosts:
    """Stated cost of one fill of one pair in basis points of its notional."""

    fee_bps: float
    spread_bps: float
    slippage_bps: float

    @property
    def fraction(self) -> float:
        """Their sum as a fraction of the notional."""
        return (self.fee_bps + self.spread_bps + self.slippage_bps) / BPS


class TradingCosts(BaseModel):
    """Cost of one fill in basis points of its notional: ``plimsoll.costs`` in the config.

    The shipped base profile passes the sum of fee, spread and slippage to Freqtrade as ``fee``
    (each side of a trade). Freqtrade knows one fee for all pairs and all times: what a pair
    costs beyond it, and what latency costs, is known to the guards and to the sizing only.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    fee_bps: Bps = 4.0
    spread_bps: Bps = 2.0
    slippage_bps: Bps = 1.0
    latency_ms: Annotated[float, Field(ge=0, le=10_000)] = 100.0
    latency_share: Annotated[float, Field(ge=0, le=1)] = 0.5
    pairs: dict[PairName, PairCosts] = Field(default_factory=dict)

    @property
    def fill_fraction(self) -> float:
        """Stated cost of one fill as a fraction of its notional, for Freqtrade's ``fee``."""
        return self.of_pair(None).fraction

    def of_pair(self, pair: str | None) -> FillCosts:
        """Return what a fill of a pair costs before latency; of ``None``, what is common."""
        own = COMMON if pair is None else self.pairs.get(pair, COMMON)
        return FillCosts(
            fee_bps=self.fee_bps if own.fee_bps is None else own.fee_bps,
            spread_bps=self.spread_bps if own.spread_bps is None else own.spread_bps,
            slippage_bps=self.slippage_bps if own.slippage_bps is None else own.slippage_bps,
        )

    def latency_fraction(self, yearly_volatility: float) -> float:
        """Return what the price moves against an order on its way, as a fraction.

        Volatility of ``yearly_volatility`` (a fraction a year) grows with the square root of
        time (Bachelier 1900), so that over the latency it is
        ``volatility of a candle x sqrt(latency / candle)``, whatever the candle.
        ``latency_share`` of it is taken to be lost. Blind orders would lose none on average;
        orders that follow a move lose some (Moallemi & Saglam 2013, The Cost of Latency in
        High-Frequency Trading).

        Raises
        ------
        PlimsollError
            When the volatility is negative or no number.
        """
        if not isfinite(yearly_volatility) or yearly_volatility < 0:
            raise PlimsollError(
                f"expected a volatility of 0 or more, found {yearly_volatility}: the cost of "
                "latency is unknown"
            )
        years = self.latency_ms / 1000 / SECONDS_PER_YEAR
        return yearly_volatility * sqrt(years) * self.latency_share

    def fill_fraction_of(self, pair: str, yearly_volatility: float) -> float:
        """Return the whole cost of one fill of a pair as a fraction: stated, and of latency."""
        return self.of_pair(pair).fraction + self.latency_fraction(yearly_volatility)
