"""A backtest's result as Freqtrade stores it: a zip with trades, wallet, config and strategy."""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.gates.kinds import Kind
from plimsoll.gates.reading import EvidenceError, Reading, number
from plimsoll.gates.subject import (
    config_fingerprint,
    parameter_values,
    parameters_fingerprint,
    source_fingerprint,
)
from plimsoll.performance.errors import MeasureError
from plimsoll.performance.fills import trade_fills, utc_ns
from plimsoll.performance.guard_acts import SECTION
from plimsoll.performance.marked_days import KEY as MARKED_DAYS
from plimsoll.performance.marked_days import from_record
from plimsoll.performance.measures import check_equity, daily_returns

CENT = 0.01
ROUNDING = 1e-6
"""Of the balance: what summed floats may differ by."""
TRADE_ROUNDING = 2e-4
"""Of a trade's notional: what the exchange's precision may move its profit by."""
UNMARKED = (
    "it does not say what the account was worth at midnight with its open positions; run the "
    "backtest again with this version of Plimsoll"
)
MADE_WITH = "made_with"
"""The member of our section of a result that names versions."""


_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, MeasureError)


@dataclass(frozen=True, slots=True, eq=False)
class StoredResult:
    """One strategy of a stored backtest.

    ``trades`` is Freqtrade's export; ``wallet`` what Freqtrade noted of the account (USD, UTC;
    of perpetuals what is closed), ``None`` where there is none; ``marked`` the account with its
    open positions at each midnight, ``None`` where the result does not hold it.
    """

    strategy: str
    statistics: Mapping[str, Any]
    config: Mapping[str, Any]
    source: bytes | None
    parameters: bytes | None
    trades: pd.DataFrame
    wallet: "pd.Series[float] | None"
    marked: "pd.Series[float] | None"

    @property
    def start(self) -> pd.Timestamp:
        """The first candle."""
        return pd.Timestamp(int(number(self.statistics, "backtest_start_ts")), unit="ms", tz="UTC")

    @property
    def end(self) -> pd.Timestamp:
        """The last candle."""
        return pd.Timestamp(int(number(self.statistics, "backtest_end_ts")), unit="ms", tz="UTC")

    @property
    def equity(self) -> "pd.Series[float] | None":
        """The account with its open positions; ``None`` where the result cannot tell.

        Of spot, Freqtrade's wallet values the coins that are held; of perpetuals it does not.
        """
        spot = self.config.get("trading_mode", "spot") == "spot"
        return self.wallet if spot and self.marked is None else self.marked


def open_result(content: bytes, strategy: str | None = None) -> StoredResult:
    """Open one strategy of a stored backtest; it may be unnamed when there is only one.

    Raises
    ------
    EvidenceError
        When it is no such file, is damaged, or does not have the strategy.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError) as error:
        raise EvidenceError(f"it is no result of a backtest ({error})") from None
    try:
        return _opened(members, strategy)
    except _UNREADABLE as error:
        raise EvidenceError(f"it is no readable result of a backtest ({error!r})") from None


def strategies_in(content: bytes) -> list[str]:
    """Return the names of the strategies of a stored backtest; raises `EvidenceError`."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            for name in archive.namelist():
                if name.endswith(".json") and not name.endswith("_config.json"):
                    told = json.loads(archive.read(name))
                    if isinstance(told, dict) and isinstance(told.get("strategy"), dict):
                        return sorted(told["strategy"])
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError) as error:
        raise EvidenceError(f"it is no result of a backtest ({error})") from None
    raise EvidenceError("it is no result of a backtest")


def read_result(content: bytes, strategy: str | None = None) -> Reading:
    """Read the evidence in a stored backtest; daily returns are those with its open positions.

    What it states is recomputed from its trades, and what disagrees is a fault. Raises
    `EvidenceError` when it cannot be read at all.
    """
    result = open_result(content, strategy)
    faults = list(contradictions(result))
    returns = None
    if result.equity is None:
        faults.append(UNMARKED)
    else:
        try:
            check_equity(result.equity)
            returns = daily_returns(result.equity)
        except MeasureError as error:
            faults.append(f"its wallet is no account: {error}")
    made_at = datetime.fromtimestamp(number(result.statistics, "backtest_run_end_ts"), UTC)
    return Reading(
        kind=Kind.RESULT,
        strategy=result.strategy,
        identity=f"{result.strategy} {result.start} {result.end} {made_at.isoformat()}",
        made_at=made_at,
        figures={"trades": float(len(result.trades))},
        made_with=made_with(result),
        series={} if returns is None else {"returns": returns},
        facts={"start": result.start, "end": result.end, "limits": limits_of(result.config)},
        faults=tuple(faults),
    )


def made_with(result: StoredResult) -> dict[str, Any]:
    """Return the fields of a subject that a result says it was made with."""
    own = result.config.get("plimsoll") or {}
    versions = (result.statistics.get(SECTION) or {}).get(MADE_WITH) or {}
    source = result.source
    return {
        "strategy": result.strategy,
        "code": own.get("code_fingerprint"),
        "source": None if source is None else source_fingerprint(source),
        "parameters": None
        if source is None
        else parameters_fingerprint(parameter_values(result.parameters)),
        "config": config_fingerprint(result.config) if result.config else None,
        "freqtrade": versions.get("freqtrade"),
        "plimsoll": versions.get("plimsoll"),
    }


def limits_of(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the limits that a config sets, as it writes them."""
    return dict((config.get("plimsoll") or {}).get("risk") or {})


def contradictions(result: StoredResult) -> Iterator[str]:
    """Yield what in a result contradicts its own trades: it was changed, or is damaged."""
    trades, stated = result.trades, result.statistics
    start, final = number(stated, "starting_balance"), number(stated, "final_balance")
    if len(trades) != number(stated, "total_trades"):
        yield f"it states {stated['total_trades']} trades and has {len(trades)}"
    if trades.duplicated(["pair", "open_date", "is_short", "open_rate"]).any():
        yield "it has the same trade twice"
    if bool((trades["close_date"] > result.end + pd.Timedelta(days=2)).any()):
        yield "a trade closes after the end of its candles"
    made = float(trades["profit_abs"].sum())
    if abs(start + made - final) > CENT + ROUNDING * start:
        yield (
            f"its trades made {made:,.2f}, but its balance went from {start:,.2f} to {final:,.2f}"
        )
    yield from _of_single_trades(trades)
    for name, equity in (("wallet", result.wallet), ("account", result.marked)):
        if equity is not None:
            yield from _of_wallet(name, equity, trades, start)


def _of_single_trades(trades: pd.DataFrame) -> Iterator[str]:
    """Yield the first trade whose profit its own fills do not give."""
    if trades.empty:
        return
    try:
        fills = trade_fills(trades)
    except MeasureError as error:
        yield f"its trades cannot be followed: {error}"
        return
    cash = (-fills["amount"] * fills["price_usd"] - fills["fee_usd"]).groupby(fills["trade"]).sum()
    by_trade = cash.reindex(range(len(trades)), fill_value=0.0).to_numpy(dtype="float64")
    made = by_trade + trades["funding_fees"].to_numpy(dtype="float64")
    notional = (trades["amount"] * trades["open_rate"]).abs().to_numpy(dtype="float64")
    apart = np.abs(made - trades["profit_abs"].to_numpy(dtype="float64"))
    wrong = np.flatnonzero(apart > CENT + TRADE_ROUNDING * notional)
    if len(wrong):
        row = trades.iloc[int(wrong[0])]
        yield (
            f"the trade of {row['pair']} at {row['open_date']:%Y-%m-%d %H:%M} states "
            f"{row['profit_abs']:,.2f}, its fills made {made[wrong[0]]:,.2f}"
        )


def _of_wallet(
    name: str, equity: "pd.Series[float]", trades: pd.DataFrame, start: float
) -> Iterator[str]:
    """Yield where an account without a position is not what the trades before it left."""
    at = utc_ns(pd.DatetimeIndex(equity.index))
    opened, closed = utc_ns(trades["open_date"]), utc_ns(trades["close_date"])
    order = np.argsort(closed, kind="stable")
    made = np.concatenate([[0.0], np.cumsum(trades["profit_abs"].to_numpy("float64")[order])])
    before = np.searchsorted(closed[order], at, side="left")
    through = np.searchsorted(closed[order], at, side="right")
    begun = np.searchsorted(np.sort(opened), at, side="right")
    flat = (before == through) & (begun == before)
    apart = np.abs(equity.to_numpy("float64") - (start + made[before]))
    wrong = np.flatnonzero(flat & (apart > CENT + ROUNDING * start))
    if len(wrong):
        where = int(wrong[0])
        yield (
            f"its {name} at {equity.index[where]:%Y-%m-%d %H:%M} is {equity.iloc[where]:,.2f}, "
            f"its trades had left {start + made[before[where]]:,.2f}"
        )


def _opened(members: Mapping[str, bytes], strategy: str | None) -> StoredResult:
    main = [name for name in members if name.endswith(".json")]
    told = {name: json.loads(members[name]) for name in main}
    [stem] = [
        name.removesuffix(".json")
        for name, one in told.items()
        if isinstance(one, dict) and isinstance(one.get("strategy"), dict)
    ]
    strategies = told[f"{stem}.json"]["strategy"]
    if strategy is None and len(strategies) != 1:
        raise EvidenceError(f"it holds {', '.join(strategies)}; name one of them")
    name = next(iter(strategies)) if strategy is None else strategy
    if name not in strategies:
        raise EvidenceError(f"it holds {', '.join(strategies)}, not {name}")
    statistics = strategies[name]
    start = pd.Timestamp(int(number(statistics, "backtest_start_ts")), unit="ms", tz="UTC")
    wallet = members.get(f"{stem}_{name}_wallet.feather")
    marked = (statistics.get(SECTION) or {}).get(MARKED_DAYS)
    return StoredResult(
        strategy=name,
        statistics=statistics,
        config=told.get(f"{stem}_config.json") or {},
        source=members.get(f"{stem}_{name}.py"),
        parameters=members.get(f"{stem}_{name}.json"),
        trades=trades_frame(statistics["trades"]),
        wallet=None
        if wallet is None
        else _equity(wallet, start, number(statistics, "starting_balance")),
        marked=None if marked is None else from_record(marked),
    )


def trades_frame(records: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return Freqtrade's trade export as a frame with moments (UTC).

    Raises
    ------
    EvidenceError
        When a number of a trade is none.
    """
    frame = pd.DataFrame.from_records(list(records), columns=None if records else list(_COLUMNS))
    for name in ("open", "close"):
        moments = frame[f"{name}_timestamp"].astype("float64")
        frame[f"{name}_date"] = pd.to_datetime(moments, unit="ms", utc=True)
    frame["funding_fees"] = frame["funding_fees"].astype("float64").fillna(0.0)
    for name in _NUMBERS:
        values = frame[name].to_numpy(dtype="float64")
        if not np.isfinite(values).all():
            raise EvidenceError(f"a trade's {name} is no number")
    return frame


_NUMBERS = ("open_rate", "close_rate", "amount", "profit_abs", "fee_open", "fee_close")
_COLUMNS = ("pair", "is_short", "open_timestamp", "close_timestamp", "funding_fees", *_NUMBERS)


def _equity(wallet: bytes, start: pd.Timestamp, balance: float) -> "pd.Series[float]":
    rows = pd.read_feather(io.BytesIO(wallet))
    if "total_quote" not in rows:
        rows = rows.assign(total_quote=rows["rate"] * rows["balance"])
    whole = rows.groupby("date")["total_quote"].sum().astype("float64").sort_index()
    index = pd.DatetimeIndex(whole.index)
    index = index.tz_localize("UTC") if index.tz is None else index.tz_convert("UTC")
    whole.index = index.as_unit("ns")
    whole = whole[whole.index > start]
    first = pd.Series([balance], index=pd.DatetimeIndex([start]).as_unit("ns"))
    return pd.concat([first, whole]).rename("equity_usd")
