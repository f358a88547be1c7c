"""A strategy that stands still in the middle of closing: the file ``hold`` says that it shall."""

import time
from datetime import datetime
from pathlib import Path

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Order, Trade


class HeldLong(AlwaysLong):
    """Does not go on from an exit while ``hold`` is in the user folder; ``held`` says so.

    What is to happen while positions are being closed has all the time that it takes.
    """

    def on_fill(self, trade: Trade, order: Order, now: datetime) -> None:
        folder = Path(self.config["user_data_dir"])
        while order.ft_order_side == trade.exit_side and (folder / "hold").exists():
            (folder / "held").touch()
            time.sleep(1)
