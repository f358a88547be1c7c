"""A stored backtest as trading records and as the report of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from plimsoll.lab.results import BacktestResult
    from plimsoll.reporting.report import MarketKind, Report
    from plimsoll.reporting.trading_record import TradingRecord

BASELINES = frozenset({"BuyAndHold", "NoTrade"})
"""Strategies in a report that the others have to beat."""

REGIME_DAYS = 450
"""Days of candles before a run from which regimes are told on its first day."""


def backtest_report(
    source: Path,
    *,
    datadir: Path | None = None,
    pair: str | None = None,
    market: str | None = None,
    trials: int | None = None,
    against: Path | None = None,
) -> "Report":
    """Make the report of a stored backtest, strategies first and baselines after them.

    ``against`` is the result of the same run with its guards in another state; without it the
    folder of the result is asked for one.
    """
    from plimsoll.lab.results import read_backtests

    results = tuple(sorted(read_backtests(source), key=lambda result: result.strategy in BASELINES))
    other = _other(results[0], against)
    return _report(results, _datadir(results[0], datadir), pair, market, trials, other)


def _other(first: "BacktestResult", against: Path | None) -> "BacktestResult | None":
    from plimsoll.lab.results import read_backtest
    from plimsoll.lab.same_run import is_same_run, otherwise_guarded

    if against is None:
        return otherwise_guarded(first)
    other = read_backtest(existing(against, "the result to compare with"), first.strategy)
    if not is_same_run(other, first):
        raise UsageError(
            f"--against {against} is another run: expected {first.strategy} on {first.timeframe} "
            f"from {first.start:%Y-%m-%d} to {first.end:%Y-%m-%d}, the same pairs and balance"
        )
    return other


def _report(
    results: "tuple[BacktestResult, ...]",
    datadir: Path,
    pair: str | None,
    market: str | None,
    trials: int | None,
    against: "BacktestResult | None",
) -> "Report":
    import pandas as pd

    from plimsoll.lab.results import known_closes
    from plimsoll.performance.equity import buy_and_hold_curve
    from plimsoll.reporting.report import Report

    first = results[0]
    shown = _shown_pair(results, pair)
    candles = _candles(results, datadir)
    closes = known_closes(candles, first.timeframe)
    name = market or first.market or "origin not stated"
    costs = [result.costs_bps for result in results if result.costs_bps is not None]
    prices = _market(first, datadir)
    return Report(
        title=_title(results),
        made_at=pd.Timestamp(datetime.now(UTC)),
        market=name,
        market_kind=market_kind(name),
        strategies=[backtest_record(result, closes, prices) for result in results],
        buy_and_hold=buy_and_hold_curve(closes, first.starting_balance_usd),
        pair=shown,
        candles=candles[shown],
        costs_bps=costs[0] if costs else None,
        code_fingerprint=first.code_fingerprint,
        trials=trials,
        against=None if against is None else backtest_record(against, closes),
    )


def _candles(results: "tuple[BacktestResult, ...]", datadir: Path) -> "dict[str, pd.DataFrame]":
    from plimsoll.lab.results import load_candles

    first = results[0]
    return load_candles(
        datadir,
        first.pairs,
        first.timeframe,
        start=min(result.start for result in results),
        end=max(result.end for result in results),
        futures=_is_futures(first),
    )


def _market(first: "BacktestResult", datadir: Path) -> "pd.Series[float]":
    """Return the closes of the pair that stands for the market, from before the run on."""
    import pandas as pd

    from plimsoll.lab.results import known_closes, load_candles

    bitcoin = [pair for pair in first.pairs if pair.startswith("BTC/")]
    pair = [*bitcoin, *first.pairs][0]
    candles = load_candles(
        datadir,
        [pair],
        first.timeframe,
        start=first.start - pd.Timedelta(days=REGIME_DAYS),
        end=first.end,
        futures=_is_futures(first),
    )
    return known_closes(candles, first.timeframe)[pair]


def _is_futures(result: "BacktestResult") -> bool:
    return str(result.config.get("trading_mode", "spot")) == "futures"


def _title(results: "tuple[BacktestResult, ...]") -> str:
    names = [result.strategy for result in results]
    return f"Backtest of {', '.join(names) if len(names) <= 4 else f'{len(names)} strategies'}"


def backtest_record(
    result: "BacktestResult", closes: "pd.DataFrame", market: "pd.Series[float] | None" = None
) -> "TradingRecord":
    """Return one strategy of a stored backtest as a record.

    ``closes``: the known closes of its pairs over the run (`plimsoll.lab.results.known_closes`).
    ``market``: the closes that regimes are told from, named by its pair.
    """
    from plimsoll.performance.equity import buy_and_hold_curve, equity_curve
    from plimsoll.reporting.report import HOLD_NAME
    from plimsoll.reporting.trading_record import RecordSource, TradingRecord, record_trades

    trades = record_trades(result.trades)
    return TradingRecord(
        name=result.strategy,
        source=RecordSource.BACKTEST,
        trades=trades,
        equity=equity_curve(trades, closes, result.starting_balance_usd),
        starting_balance_usd=result.starting_balance_usd,
        stake_currency=str(result.config.get("stake_currency", "USDT")),
        timeframe=result.timeframe,
        closes=closes,
        benchmark=buy_and_hold_curve(closes, result.starting_balance_usd),
        benchmark_name=HOLD_NAME,
        market=market,
        market_name="" if market is None else str(market.name),
        acts=result.acts,
        shortfall=result.shortfall,
        costs_bps=result.costs_bps,
        is_baseline=result.strategy in BASELINES,
    )


def _shown_pair(results: "tuple[BacktestResult, ...]", pair: str | None) -> str:
    pairs = results[0].pairs
    if pair is not None and pair not in pairs:
        raise UsageError(f"--pair {pair} was not in the backtest; it had {', '.join(pairs)}")
    if pair is not None:
        return pair
    traded = {name: sum(int((r.trades["pair"] == name).sum()) for r in results) for name in pairs}
    return max(pairs, key=lambda name: traded[name])


def _datadir(result: "BacktestResult", datadir: Path | None) -> Path:
    from plimsoll.lab.results import candles_beside

    if datadir is not None:
        return existing(datadir, "the candle folder of the backtest")
    exchange = str(result.config.get("exchange", {}).get("name", "binance"))
    named = result.config.get("datadir")
    folder = Path(named) if named else candles_beside(result.path, exchange)
    if folder is None or not folder.is_dir():
        usual = folder or result.path.parent.parent / "data" / exchange
        raise UsageError(f"no candles at {usual}; pass --datadir with the folder of the backtest")
    return folder


def existing(path: Path, what: str) -> Path:
    """Return ``path``; raise `UsageError` that says what belongs there when it does not exist."""
    if not path.exists():
        raise UsageError(f"{path} does not exist; name {what}")
    return path


def market_kind(market: str) -> "MarketKind":
    """Return what a market's name says of the origin of its prices."""
    from plimsoll.reporting.report import MarketKind

    word = market.split(",")[0].split()[0].lower() if market.strip() else ""
    if word in ("synthetic", "simulated"):
        return MarketKind.SIMULATED
    return MarketKind.REAL if word in ("real", "replay") else MarketKind.UNSTATED
