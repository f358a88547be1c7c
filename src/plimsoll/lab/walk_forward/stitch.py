"""The tests of all windows as one backtest result, which Freqtrade's own tools read."""

from pathlib import Path
from typing import Any

import pandas as pd
from freqtrade.configuration import TimeRange
from freqtrade.data.history import load_data
from freqtrade.data.metrics import combined_dataframes_with_rel_mean
from freqtrade.optimize.optimize_reports import generate_backtest_stats, store_backtest_results

from plimsoll.bridge.config.subject import versions
from plimsoll.gates.evidence.results import MADE_WITH
from plimsoll.lab.search.configuration import quiet, with_timerange
from plimsoll.lab.search.epochs import Epochs
from plimsoll.lab.walk_forward.kept import COUNTS, KeptLock, trades_of, wallet_of
from plimsoll.lab.walk_forward.plan import days_text, timerange_of
from plimsoll.performance.guard_acts import SECTION
from plimsoll.performance.windows import Span

NAME = "walk-forward"


def stitched_content(records: list[dict[str, Any]], config: dict[str, Any]) -> dict[str, Any]:
    """Return the tests of all windows as Freqtrade's content of one backtest.

    Each test began with the balance that the one before ended with, so that trades, wallet and
    balance follow each other; counts are sums.
    """
    trades = [one for record in records if len(one := trades_of(record))]
    wallets = [one for record in records if len(one := wallet_of(record))]
    return {
        "results": pd.concat(trades, ignore_index=True) if trades else trades_of(records[0]),
        "config": config,
        "locks": [KeptLock(lock) for record in records for lock in record["locks"]],
        "final_balance": records[-1]["final_balance"],
        "wallet_summary": pd.concat(wallets, ignore_index=True) if wallets else pd.DataFrame(),
        **{name: sum(int(record[name]) for record in records) for name in COUNTS},
    }


def store_stitched(
    epochs: Epochs, records: list[dict[str, Any]], span: Span, *, pairs: list[str], run_id: str
) -> Path:
    """Store the tests of all windows in the folder of backtest results; return the file.

    ``epochs`` are of the strategy, on whatever span; ``span`` is that of all tests, and
    ``pairs`` are all that were traded.
    """
    strategy = epochs.get_strategy_name()
    config = with_timerange(epochs.config, timerange_of(span, str(epochs.config["timeframe"])))
    content = stitched_content(records, epochs.config)
    at = int(pd.Timestamp.now(tz="UTC").timestamp())
    content |= {"run_id": run_id, "backtest_start_time": at, "backtest_end_time": at}
    length = pd.Timedelta(epochs.backtesting.timeframe_td)
    first, last = span.start, span.end - length
    with quiet():
        candles = tested_candles(epochs, pairs, span)
        stats = generate_backtest_stats(
            candles,
            {strategy: content},
            min_date=first.to_pydatetime(),
            max_date=last.to_pydatetime(),
            notes=f"walk-forward {run_id}: {len(records)} tests, {days_text(span)}",
        )
        stats["strategy"][strategy][SECTION] = {MADE_WITH: versions()}
        folder = Path(epochs.config["user_data_dir"]) / "backtest_results"
        folder.mkdir(parents=True, exist_ok=True)
        return store_backtest_results(
            {**config, "exportdirectory": folder / NAME, "export": "trades"},
            stats,
            run_id,
            market_change_data=combined_dataframes_with_rel_mean(
                candles, first.to_pydatetime(), last.to_pydatetime()
            ),
            wallet_summary={strategy: content["wallet_summary"]},
            strategy_files={strategy: str(epochs.strategy.__file__)},
        )


def tested_candles(epochs: Epochs, pairs: list[str], span: Span) -> dict[str, pd.DataFrame]:
    """Return the candles of a span, by pair; a pair without any is left out."""
    config = epochs.config
    start, end = (int(one.timestamp()) for one in (span.start, span.end))
    last = end - epochs.backtesting.timeframe_secs
    with quiet():
        return load_data(
            config["datadir"],
            str(config["timeframe"]),
            pairs,
            timerange=TimeRange("date", "date", start, last),
            data_format=config["dataformat_ohlcv"],
            candle_type=config["candle_type_def"],
        )
