"""Long at three times leverage: a drill of the liquidation distance."""

from datetime import datetime

from AlwaysLong import AlwaysLong

from plimsoll.core import Side


class LeveragedLong(AlwaysLong):
    """As AlwaysLong, with the leverage that every account may take."""

    def desired_leverage(self, pair: str, side: Side, now: datetime) -> float:
        return 3.0
