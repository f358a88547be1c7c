"""What Freqtrade recorded: backtest results, trade databases and the candles behind them.

Freqtrade's own readers do the reading; they are imported when used, since that takes seconds.
"""

import json
import logging
import sqlite3
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.core.errors import PlimsollError, UsageError
from plimsoll.performance.fills import no_trades
from plimsoll.performance.guard_acts import ENFORCE, Act, GuardActs
from plimsoll.performance.shortfall import Shortfall


class ResultError(PlimsollError):
    """A recorded result or its candles are missing, damaged or of another kind."""


class UnknownResultError(ResultError, UsageError):
    """What was named is not there."""


@dataclass(frozen=True, eq=False)
class BacktestResult:
    """One strategy of one backtest, as Freqtrade stored it.

    ``trades`` is Freqtrade's trade export (`plimsoll.performance.fills.TRADE_COLUMNS` and more).
    ``start`` and ``end`` are the dates of the first and last candle. ``fee_fraction`` is the
    highest fee that a trade paid, or what the config says; None when neither knows.
    ``config`` is the user's own config as stored beside the result, without secrets. ``acts`` is
    what the guards did; None when the result does not say. ``shortfall`` is what of a portfolio's
    targets could not be held; None for what is no portfolio.
    """

    path: Path
    strategy: str
    timerange: str
    timeframe: str
    start: pd.Timestamp
    end: pd.Timestamp
    pairs: tuple[str, ...]
    starting_balance_usd: float
    final_balance_usd: float
    trades: pd.DataFrame
    fee_fraction: float | None
    config: Mapping[str, Any]
    acts: GuardActs | None = None
    shortfall: Shortfall | None = None

    @property
    def costs_bps(self) -> dict[str, float] | None:
        """Assumed costs of a fill in basis points, by name; None when nothing is known.

        The parts stored under ``plimsoll.costs`` (``fee_bps`` and so on) when they add up to
        the fee that the trades paid, else that fee alone.
        """
        if self.fee_fraction is None:
            return None
        whole_bps = round(self.fee_fraction * 10_000.0, 4)
        own = self.config.get("plimsoll")
        stored = own.get("costs") if isinstance(own, Mapping) else None
        if isinstance(stored, Mapping):
            parts = {k.removesuffix("_bps"): float(v) for k, v in stored.items() if "_bps" in k}
            if abs(sum(parts.values()) - whole_bps) < 1e-6:
                return parts
        return {"fee": whole_bps}

    @property
    def code_fingerprint(self) -> str | None:
        """Fingerprint of the package that ran, when ``plimsoll.code_fingerprint`` was stored."""
        return _own_text(self.config, "code_fingerprint")

    @property
    def halts(self) -> tuple[Act, ...]:
        """Halts of the whole account that acted, oldest first; none where guards observed."""
        if self.acts is None:
            return ()
        return tuple(halt for halt in self.acts.halts if not halt.observed)

    @property
    def market(self) -> str | None:
        """Name of the market that the data came from, when ``plimsoll.market`` was stored."""
        return _own_text(self.config, "market")


@dataclass(frozen=True, eq=False)
class TradeDatabase:
    """The trades of a dry-run or live bot; open ones have a ``NaT`` ``close_date``."""

    path: Path
    strategies: tuple[str, ...]
    trades: pd.DataFrame


def find_result(path: Path) -> Path:
    """Return the result file that ``path`` means: itself, or a folder's last backtest.

    Of a folder that `plimsoll backtest-compare` keeps it is the enforced run's.

    Raises `UnknownResultError` when there is none.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise UnknownResultError(f"no backtest result at {path}; run `freqtrade backtesting` first")
    from freqtrade.data.btanalysis import get_latest_backtest_filename

    if (path / ENFORCE).is_dir() and not (path / ".last_result.json").exists():
        path /= ENFORCE
    try:
        latest = path / get_latest_backtest_filename(path)
    except (ValueError, OSError) as error:
        raise UnknownResultError(
            f"{path} holds no backtest result (.last_result.json is missing or damaged); "
            "run `freqtrade backtesting` first, or name the .zip"
        ) from error
    if not latest.is_file():
        raise UnknownResultError(
            f"{path}/.last_result.json names {latest.name}, which is not there"
        )
    return latest


def candles_beside(file: Path, exchange: str) -> Path | None:
    """Return the candle folder of the user folder that a result lies in; None when not in one."""
    above = file.expanduser().absolute().parents[1:4]
    return next((to for one in above if (to := one / "data" / exchange).is_dir()), None)


def read_backtests(path: Path) -> tuple[BacktestResult, ...]:
    """Read every strategy of a stored backtest.

    ``path``: a ``backtest-result-*.zip`` or the folder that holds it (its last result then).

    Raises `UnknownResultError` for a missing file, `ResultError` for a damaged one or another kind.
    """
    from freqtrade.data.btanalysis import load_backtest_stats

    file = find_result(path)
    try:
        stats = load_backtest_stats(file)
        strategies = stats["strategy"]
        config = _stored_config(file)
        results = tuple(
            _backtest(file, name, strategies[name], config) for name in sorted(strategies)
        )
    except ResultError:
        raise
    except Exception as error:
        raise ResultError(
            f"{file} is not a readable backtest result ({type(error).__name__}: {error}); "
            "run the backtest again"
        ) from error
    if not results:
        raise ResultError(f"{file} holds no strategy; run the backtest again")
    return results


def read_backtest(path: Path, strategy: str | None = None) -> BacktestResult:
    """Read one strategy of a stored backtest; its name may be left out when there is only one.

    Raises `ResultError` as `read_backtests` does, `UnknownResultError` for a name that is absent
    or needed.
    """
    results = read_backtests(path)
    names = ", ".join(result.strategy for result in results)
    if strategy is None and len(results) > 1:
        raise UnknownResultError(f"{results[0].path} holds {names}; name one of them")
    for result in results:
        if strategy in (None, result.strategy):
            return result
    raise UnknownResultError(f"{results[0].path} holds no {strategy}, only {names}")


def read_trade_database(path: Path, strategy: str | None = None) -> TradeDatabase:
    """Read all trades of a bot's SQLite database without writing to it.

    Freqtrade's own loader migrates the database and rebinds the process to it, so the rows are
    read here through its models on a private, read-only connection. A running bot may own it.

    Raises `ResultError` for a missing file, another kind of file, or an older layout.
    """
    if not path.is_file():
        raise ResultError(f"no trade database at {path}; start the bot once, or fix the path")
    try:
        trades, names = _database_trades(path, strategy)
    except Exception as error:
        reason = str(error).splitlines()[0]
        raise ResultError(
            f"{path} is not a trade database of this Freqtrade version ({reason})"
        ) from error
    return TradeDatabase(path, names, trades)


def load_candles(
    datadir: Path,
    pairs: Sequence[str],
    timeframe: str,
    *,
    start: pd.Timestamp,
    end: pd.Timestamp,
    futures: bool = True,
) -> dict[str, pd.DataFrame]:
    """Load the candles from ``start`` to ``end``, both included, by Freqtrade's data handler.

    Returns a frame a pair: Freqtrade's columns (``date`` is the open time, UTC) with candles
    without trade filled in. ``datadir`` is the folder above ``futures/``.

    Raises `ResultError` when a pair has no candle there.
    """
    from freqtrade.configuration import TimeRange
    from freqtrade.data.history import load_data
    from freqtrade.enums import CandleType

    if not datadir.is_dir():
        raise ResultError(f"no candle folder at {datadir}; pass --datadir")
    timerange = TimeRange("date", "date", int(start.timestamp()), int(end.timestamp()))
    kind = CandleType.FUTURES if futures else CandleType.SPOT
    logger = logging.getLogger("freqtrade.data.history")
    level = logger.level
    logger.setLevel(logging.ERROR)  # that a pair begins later is no news to who asks here
    try:
        loaded = load_data(datadir, timeframe, list(pairs), timerange=timerange, candle_type=kind)
    finally:
        logger.setLevel(level)
    absent = [pair for pair in pairs if pair not in loaded or loaded[pair].empty]
    if absent:
        raise ResultError(
            f"{datadir} has no {timeframe} candles of {', '.join(absent)} from {start:%Y-%m-%d} "
            f"to {end:%Y-%m-%d}; pass the --datadir that the backtest used"
        )
    return {pair: loaded[pair] for pair in pairs}


def known_closes(candles: Mapping[str, pd.DataFrame], timeframe: str) -> pd.DataFrame:
    """Return the closes of all pairs, a column a pair, indexed by when each was known.

    That is the open time of the candle + the timeframe. The first open of a pair stands before
    its closes, at the time of that open: an account measured on this index starts before its
    first possible trade, so that the costs of that trade are seen. A NaN stands where a pair has
    no price.
    """
    from freqtrade.exchange import timeframe_to_seconds

    length = pd.Timedelta(seconds=timeframe_to_seconds(timeframe))
    columns = {}
    for pair, frame in candles.items():
        opened = pd.DatetimeIndex(frame["date"])
        prices = [float(frame["open"].iloc[0]), *frame["close"].to_numpy(dtype="float64")]
        columns[pair] = pd.Series(prices, index=opened[:1].append(opened + length))
    return pd.DataFrame(columns).sort_index()


def _backtest(
    file: Path, name: str, stats: Mapping[str, Any], config: Mapping[str, Any]
) -> BacktestResult:
    trades = _trades_frame(stats["trades"])
    fees = trades[["fee_open", "fee_close"]].to_numpy(dtype="float64")
    stored_fee = config.get("fee")
    fee = float(np.max(fees)) if fees.size else stored_fee
    return BacktestResult(
        path=file,
        strategy=name,
        timerange=str(stats["timerange"]),
        timeframe=str(stats["timeframe"]),
        start=pd.Timestamp(int(stats["backtest_start_ts"]), unit="ms", tz="UTC"),
        end=pd.Timestamp(int(stats["backtest_end_ts"]), unit="ms", tz="UTC"),
        pairs=tuple(stats["pairlist"]),
        starting_balance_usd=float(stats["starting_balance"]),
        final_balance_usd=float(stats["final_balance"]),
        trades=trades,
        fee_fraction=None if fee is None else float(fee),
        config=config,
        acts=GuardActs.from_result(stats),
        shortfall=Shortfall.from_result(stats),
    )


def _trades_frame(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    if not records:
        return no_trades()
    frame = pd.DataFrame.from_records(list(records))
    for name in ("open", "close"):
        frame[f"{name}_date"] = pd.to_datetime(frame[f"{name}_timestamp"], unit="ms", utc=True)
    frame["funding_fees"] = frame["funding_fees"].astype("float64").fillna(0.0)
    return frame.sort_values("open_date", kind="stable").reset_index(drop=True)


def _stored_config(file: Path) -> dict[str, Any]:
    if file.suffix != ".zip":
        return {}
    name = f"{file.stem}_config.json"
    with zipfile.ZipFile(file) as archive:
        if name not in archive.namelist():
            return {}
        config: dict[str, Any] = json.loads(archive.read(name))
    return config


def _database_trades(path: Path, strategy: str | None) -> tuple[pd.DataFrame, tuple[str, ...]]:
    from freqtrade.persistence import Trade
    from sqlalchemy import create_engine, select
    from sqlalchemy.orm import Session
    from sqlalchemy.pool import NullPool

    address = f"{path.resolve().as_uri()}?mode=ro"
    engine = create_engine(
        "sqlite://", creator=lambda: sqlite3.connect(address, uri=True), poolclass=NullPool
    )
    query = select(Trade).order_by(Trade.id)
    if strategy is not None:
        query = query.where(Trade.strategy == strategy)
    with Session(engine) as session:
        records = [trade.to_json() for trade in session.scalars(query).unique()]
    names = tuple(sorted({str(record["strategy"]) for record in records}))
    return _trades_frame(records), names


def _own_text(config: Mapping[str, Any], key: str) -> str | None:
    own = config.get("plimsoll")
    value = own.get(key) if isinstance(own, Mapping) else None
    return None if value is None else str(value)


def stored_kind(datadir: Path, pair: str, timeframe: str, kind: str) -> pd.DataFrame:
    """Load what is stored of a kind of candles, ``funding_rate`` for example, with its own columns.

    Raises `ResultError` when nothing is.
    """
    from freqtrade.data.history import load_pair_history
    from freqtrade.enums import CandleType

    candle_type = CandleType.from_string(kind)
    frame: pd.DataFrame = load_pair_history(
        pair, timeframe, datadir, fill_up_missing=False, candle_type=candle_type
    )
    if frame.empty:
        raise ResultError(
            f"{datadir} has no {kind} of {pair}; download it, or train an agent without it"
        )
    return frame
