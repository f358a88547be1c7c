"""Time Freqtrade's backtest loop for strategies of others, in a process that may be bare.

``python -m tests.bench.foreign_loop USERDIR DATADIR CONFIG TIMERANGE STRATEGY...`` prints JSON: by
strategy the seconds of the processor in the loop alone, the trades, and a hash over them. It
imports nothing of Plimsoll: what is loaded is what the config names.
"""

import hashlib
import json
import logging
import sys
import time
from typing import Any

from freqtrade.configuration import Configuration
from freqtrade.data.history import get_timerange
from freqtrade.enums import RunMode
from freqtrade.optimize.backtesting import Backtesting


def main(userdir: str, datadir: str, config: str, timerange: str, *names: str) -> None:
    """Backtest each strategy once and print what it took and made."""
    loop(userdir, datadir, config, timerange, names[0])  # what is compiled and read only once
    print(json.dumps({name: loop(userdir, datadir, config, timerange, name) for name in names}))


def loop(
    userdir: str, datadir: str, config: str, timerange: str, name: str
) -> tuple[float, int, str]:
    """Return seconds, the number of trades, and a hash over every column of them."""
    args: dict[str, Any] = {
        "config": [config],
        "user_data_dir": userdir,
        "datadir": datadir,
        "strategy": name,
        "timeframe": "5m",
        "timerange": timerange,
    }
    made = Configuration(args, RunMode.BACKTEST).get_config()
    logging.disable(logging.CRITICAL)
    backtesting = Backtesting(made)
    data, _ = backtesting.load_bt_data()
    backtesting._set_strategy(backtesting.strategylist[0])
    processed = backtesting.strategy.advise_all_indicators(data)
    first, last = get_timerange(processed)
    began = time.process_time()
    result = backtesting.backtest(processed=processed, start_date=first, end_date=last)
    seconds = time.process_time() - began
    Backtesting.cleanup()
    backtesting.exchange.close()
    logging.disable(logging.NOTSET)
    trades = result["results"]
    text = trades.to_csv(index=False)
    return seconds, len(trades), hashlib.sha256(text.encode()).hexdigest()


if __name__ == "__main__":
    main(*sys.argv[1:])
