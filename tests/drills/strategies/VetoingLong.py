"""A strategy that refuses every exit."""

from datetime import datetime

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Trade


class VetoingLong(AlwaysLong):
    """Never lets go of a position, nor does it let any other rule of its own."""

    def veto_exit(self, trade: Trade, reason: str, now: datetime) -> bool:
        return True
