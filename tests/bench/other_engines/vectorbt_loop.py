"""Run by vectorbt's own interpreter: print seconds and trades of the rules on candles in a file.

``python vectorbt_loop.py CANDLES.npz FEE STOP TARGET``; all pairs are one call.
"""

import json
import sys
import time

import numpy as np
import pandas as pd
import vectorbt as vbt

REPEATS = 4


def main(file: str, fee: str, stop: str, target: str) -> None:
    """Time the simulation alone, without the first call that compiles it."""
    kept = np.load(file)
    columns = {name: pd.DataFrame(kept[name]) for name in kept.files}
    enter, leave = (columns[name].shift(1, fill_value=False) for name in ("enter", "leave"))
    seconds = []
    for _ in range(REPEATS):
        began = time.process_time()
        portfolio = vbt.Portfolio.from_signals(
            columns["close"],
            enter.astype(bool),
            leave.astype(bool),
            open=columns["open"],
            high=columns["high"],
            low=columns["low"],
            price=columns["open"],
            size=100.0,
            size_type="value",
            init_cash=1000.0,
            fees=float(fee),
            sl_stop=float(stop),
            tp_stop=float(target),
        )
        trades = int(portfolio.trades.count().sum())
        seconds.append(time.process_time() - began)
    print(json.dumps({"seconds": min(seconds), "trades": trades}))


if __name__ == "__main__":
    main(*sys.argv[1:])
