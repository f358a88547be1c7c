"""Every limit, in one frozen model. No other module holds a limit."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class RiskProfile(BaseModel):
    """The limits of one account: ``plimsoll.risk`` in the Freqtrade config.

    Fractions are fractions (0.03 is 3 %), USD is the stake currency. The bounds in the types
    are hard caps that no configuration can pass.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_daily_loss_fraction: Annotated[
        float,
        Field(gt=0, le=0.10, description="Loss since the day began, as a fraction of its equity."),
    ] = 0.03
    max_daily_loss_usd: Annotated[
        float | None,
        Field(gt=0, description="Loss since the day began, in USD; the tighter of both holds."),
    ] = None
    day_starts_at_hour_utc: Annotated[
        int, Field(ge=0, le=23, description="The hour at which a trading day begins, UTC.")
    ] = 0
