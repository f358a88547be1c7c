"""What is assumed of the market where no data say it: every coefficient with its unit."""

from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from plimsoll.core import PlimsollError


class ExecutionError(PlimsollError):
    """Fills cannot be priced: candles are missing, or say nothing."""


class OrderKind(StrEnum):
    """How an order reaches the book."""

    MARKET = "market"
    LIMIT = "limit"


class ExecutionSettings(BaseModel):
    """Coefficients of the market's answer to an order.

    - ``impact_coefficient`` (no unit): the Y of the square-root law. An order of Q USD moves the
      price by ``Y x daily volatility x sqrt(Q / daily volume)``; Y is of order one (Toth et al.
      2011, Anomalous Price Impact and the Critical Nature of Liquidity in Financial Markets; for
      Bitcoin: Donier & Bonart 2015, A Million Metaorder Analysis of Market Impact on the Bitcoin).
    - ``participation_fraction``: the most of a candle's volume that the order is part of; an
      assumption, a tenth by custom.
    - ``volume_days``: days before a fill from which daily volume and volatility are measured.
    - ``depth_order_usd``: the size of the orders for which the stated slippage of each pair was
      measured (``plimsoll costs measure --order-usd``). A book of even depth makes it grow in
      proportion to the size; what is dearer, this or the square-root law, is charged. None: the
      law alone.
    - ``entry_orders`` and ``exit_orders``: what kind the strategy sends. Stops are market orders.
    - ``maker_fee_bps``: fee of a resting order in basis points; None for the pair's own fee.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    impact_coefficient: Annotated[float, Field(ge=0, le=10)] = 1.0
    participation_fraction: Annotated[float, Field(gt=0, le=1)] = 0.1
    volume_days: Annotated[int, Field(ge=1, le=90)] = 7
    depth_order_usd: Annotated[float, Field(gt=0)] | None = None
    entry_orders: OrderKind = OrderKind.MARKET
    exit_orders: OrderKind = OrderKind.MARKET
    maker_fee_bps: Annotated[float, Field(ge=-10, le=100)] | None = None
