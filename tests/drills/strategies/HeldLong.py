"""A strategy that blocks in the middle of closing while the file ``hold`` exists."""

import time
from datetime import datetime
from pathlib import Path

from AlwaysLong import AlwaysLong
from freqtrade.persistence import Order, Trade


class HeldLong(AlwaysLong):
    """Blocks in an exit while ``hold`` is in the user folder, and writes ``held`` while it does.

    A test then has as much time as it needs while positions are being closed.
    """

    def on_fill(self, trade: Trade, order: Order, now: datetime) -> None:
        folder = Path(self.config["user_data_dir"])
        while order.ft_order_side == trade.exit_side and (folder / "hold").exists():
            (folder / "held").touch()
            time.sleep(1)
