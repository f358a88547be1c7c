"""``plimsoll report``: turn a stored backtest into one HTML page and one PNG."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from plimsoll.core.errors import UsageError

if TYPE_CHECKING:
    import pandas as pd

    from plimsoll.lab.results import BacktestResult
    from plimsoll.reporting.report import MarketKind, Report, StrategyTrack

BASELINES = frozenset({"BuyAndHold", "NoTrade"})
"""Strategies in a report that the others have to beat."""

DEFAULT_FOLDER = Path("user_data/backtest_results")
DEFAULT_OUT = Path("out")


def report(
    result: Path | None = typer.Argument(
        None,
        help="A backtest-result .zip or the folder that holds it (its last one). "
        f"[default: {DEFAULT_FOLDER}]",
        show_default=False,
    ),
    datadir: Path | None = typer.Option(
        None, "--datadir", help="Candle folder. [default: ../data/<exchange> beside the result]"
    ),
    pair: str | None = typer.Option(
        None, "--pair", help="Pair of the price panel. [default: the most traded]"
    ),
    out: Path = typer.Option(DEFAULT_OUT, "--out", help="Folder for report.html and report.png."),
    market: str | None = typer.Option(
        None,
        "--market",
        help="Where the prices came from: 'synthetic, seed 7' or 'real, Binance USD-M'.",
    ),
    trials: int | None = typer.Option(
        None, "--trials", min=1, help="How many variants were tried before this one."
    ),
    as_json: bool = typer.Option(False, "--json", help="Print the figures as one JSON object."),
) -> None:
    """Write a report of a backtest: figures, tables and trades against buy and hold."""
    from plimsoll.cli.places import made_folder
    from plimsoll.reporting.report import render_report, report_record

    source = _existing(DEFAULT_FOLDER if result is None else result, "a result .zip or folder")
    made = backtest_report(source, datadir=datadir, pair=pair, market=market, trials=trials)
    files = render_report(made, made_folder(out, "--out"))
    if as_json:
        record = {**report_record(made), "html": str(files.html), "png": str(files.png)}
        typer.echo(json.dumps(record))
        return
    typer.echo(f"{files.html}\n{files.png}")


def backtest_report(
    source: Path,
    *,
    datadir: Path | None = None,
    pair: str | None = None,
    market: str | None = None,
    trials: int | None = None,
) -> "Report":
    """Make the report of a stored backtest, strategies first and baselines after them."""
    from plimsoll.lab.results import read_backtests

    results = tuple(sorted(read_backtests(source), key=lambda result: result.strategy in BASELINES))
    return _report(results, _datadir(results[0], datadir), pair, market, trials)


def _report(
    results: "tuple[BacktestResult, ...]",
    datadir: Path,
    pair: str | None,
    market: str | None,
    trials: int | None,
) -> "Report":
    import pandas as pd

    from plimsoll.lab.results import known_closes, load_candles
    from plimsoll.performance.equity import buy_and_hold_curve
    from plimsoll.reporting.report import Report

    first = results[0]
    shown = _shown_pair(results, pair)
    spot = first.config.get("trading_mode", "spot") != "futures"
    candles = load_candles(
        datadir,
        first.pairs,
        first.timeframe,
        start=min(result.start for result in results),
        end=max(result.end for result in results),
        futures=not spot,
    )
    closes = known_closes(candles, first.timeframe)
    name = market or first.market or "origin not stated"
    costs = [result.costs_bps for result in results if result.costs_bps is not None]
    return Report(
        title=_title(results),
        made_at=pd.Timestamp(datetime.now(UTC)),
        market=name,
        market_kind=_kind(name),
        strategies=[_track(result, closes) for result in results],
        buy_and_hold=buy_and_hold_curve(closes, first.starting_balance_usd),
        pair=shown,
        candles=candles[shown],
        costs_bps=costs[0] if costs else None,
        code_fingerprint=first.code_fingerprint,
        trials=trials,
    )


def _title(results: "tuple[BacktestResult, ...]") -> str:
    names = [result.strategy for result in results]
    return f"Backtest of {', '.join(names) if len(names) <= 4 else f'{len(names)} strategies'}"


def _track(result: "BacktestResult", closes: "pd.DataFrame") -> "StrategyTrack":
    from plimsoll.performance.equity import equity_curve
    from plimsoll.performance.measures import performance
    from plimsoll.reporting.report import StrategyTrack

    equity = equity_curve(result.trades, closes, result.starting_balance_usd)
    return StrategyTrack(
        name=result.strategy,
        equity=equity,
        trades=result.trades,
        performance=performance(equity, result.trades),
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
    if datadir is not None:
        return _existing(datadir, "the candle folder of the backtest")
    exchange = str(result.config.get("exchange", {}).get("name", "binance"))
    folder = result.path.parent.parent / "data" / exchange
    if not folder.is_dir():
        raise UsageError(f"no candles at {folder}; pass --datadir with the folder of the backtest")
    return folder


def _existing(path: Path, what: str) -> Path:
    if not path.exists():
        raise UsageError(f"{path} does not exist; name {what}")
    return path


def _kind(market: str) -> "MarketKind":
    from plimsoll.reporting.report import MarketKind

    word = market.split(",")[0].split()[0].lower() if market.strip() else ""
    if word in ("synthetic", "simulated"):
        return MarketKind.SIMULATED
    return MarketKind.REAL if word in ("real", "replay") else MarketKind.UNSTATED
