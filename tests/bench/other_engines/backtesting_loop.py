"""Run by backtesting.py's own interpreter: print seconds and trades of the rules, pair by pair.

``python backtesting_loop.py CANDLES.npz FEE STOP TARGET``; it knows one instrument at a time.
"""

import json
import sys
import time
import warnings

import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy


class Crossing(Strategy):
    """The signals are columns; stop and target are prices from the close that called."""

    stop = 0.02
    target = 0.04

    def init(self) -> None:
        pass

    def next(self) -> None:
        if self.position:
            if self.data.Leave[-1]:
                self.position.close()
        elif self.data.Enter[-1]:
            price = self.data.Close[-1]
            self.buy(size=0.1, sl=price * (1 - self.stop), tp=price * (1 + self.target))


def main(file: str, fee: str, stop: str, target: str) -> None:
    """Time the simulation of each pair, its statistics included: it does not part with them."""
    warnings.simplefilter("ignore")
    kept = np.load(file)
    Crossing.stop, Crossing.target = float(stop), float(target)
    seconds, trades = 0.0, 0
    for pair in range(kept["open"].shape[1]):
        names = {"Open": "open", "High": "high", "Low": "low", "Close": "close"}
        columns = {name: kept[own][:, pair] for name, own in names.items()}
        columns |= {"Enter": kept["enter"][:, pair], "Leave": kept["leave"][:, pair]}
        frame = pd.DataFrame(columns)
        frame["Volume"] = 1.0
        test = Backtest(frame, Crossing, cash=10_000_000, commission=float(fee))
        began = time.process_time()
        trades += int(test.run()["# Trades"])
        seconds += time.process_time() - began
    print(json.dumps({"seconds": seconds, "trades": trades}))


if __name__ == "__main__":
    main(*sys.argv[1:])
