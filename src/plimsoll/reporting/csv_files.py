"""A record as CSV beside its page: trades, equity, months, acts of the guards, denials.

Each file has one table of all records, the record's name in the first column. Columns keep their
order and names; a later version adds new ones at the end. Times are ISO 8601 in UTC, fractions of
1, ``_usd`` is the stake currency, an empty field is not known or not there.
"""

import csv
import io
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from plimsoll.performance.drawdown import drawdown_curve
from plimsoll.performance.fills import trade_fills
from plimsoll.reporting.trading_record import TradingRecord
from plimsoll.reporting.whole_file import write_whole

Row = Sequence[Any]

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "trades.csv": {
        "name": "strategy, or the name that was given to it",
        "source": "`backtest`, `dry-run` or `live`",
        "pair": "as Freqtrade writes it",
        "side": "`long` or `short`",
        "opened_at": "UTC, the first fill or its order",
        "closed_at": "UTC; empty while open",
        "is_open": "1 while open, else 0",
        "entry_price": "mean of all entries, stake currency",
        "exit_price": "of the last exit, stake currency",
        "amount": "base units; of an open trade what is held now",
        "leverage": "a factor",
        "stake_usd": "own money committed, stake currency",
        "profit_usd": "after fees and funding, stake currency; empty while open",
        "profit_fraction": "profit over the entries' value without leverage; empty while open",
        "fees_usd": "of all fills, stake currency",
        "funding_usd": "stake currency, above 0 when received",
        "lowest_price": "while open, stake currency; empty when nobody recorded it",
        "highest_price": "while open, stake currency; empty when nobody recorded it",
        "entries": "number of filled entry orders",
        "exits": "number of filled exit orders",
        "enter_tag": "text of the strategy",
        "exit_reason": "text of Freqtrade, of the strategy, or `plimsoll_` and a guard's rule",
        "stake_currency": "what `_usd` stands for",
    },
    "equity.csv": {
        "name": "strategy, or the name that was given to it",
        "at": "UTC",
        "equity_usd": "value of the account with open positions, stake currency",
        "drawdown_fraction": "fall from the highest value so far, 0 or more",
        "benchmark_usd": "value of the starting balance in the benchmark, stake currency",
    },
    "monthly.csv": {
        "name": "strategy, or the name that was given to it",
        "month": "`YYYY-MM`, UTC",
        "return_fraction": "change of equity within the month",
        "profit_usd": "the same in the stake currency",
        "first_at": "UTC, first value of the month",
        "last_at": "UTC, last value of the month",
        "trades_closed": "number",
    },
    "acts.csv": {
        "name": "strategy, or the name that was given to it",
        "at": "UTC",
        "event": "`halted`, `flatten`, `reducing`, `ended`, `rearmed`, `closed`, `probation_ended`",
        "rule": "the guard; of a re-arming the rules that it ended",
        "pair": "empty for the whole account",
        "until": "UTC; empty when it does not end by itself",
        "value": "what was measured, in the limit's unit",
        "limit": "in its own unit",
        "reason": "text",
        "observed": "1 where the guards only observed, else 0",
        "trade_opened_at": "UTC, of a closed position",
        "trade_stake_usd": "stake currency, of a closed position",
        "trade_profit_usd": "stake currency, of a closed position",
    },
    "denials.csv": {
        "name": "strategy, or the name that was given to it",
        "day": "`YYYY-MM-DD`, UTC",
        "rule": "the guard",
        "kind": "`entry`, `addition`, `cut` (of a stake) or `leverage` (a cut of it)",
        "count": "number on that day",
    },
}
"""The columns of each file, in their order, with meaning and unit."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a text begins that a spreadsheet may take for a formula (OWASP, CSV injection)."""


def csv_files(records: Sequence[TradingRecord]) -> dict[str, bytes]:
    """Return the content of each file by its name, UTF-8.

    The same records give the same bytes. A text that begins like a formula gets an apostrophe in
    front, so that no spreadsheet runs it; a line break in a text becomes a space.
    """
    return {
        name: _table(COLUMNS[name], (row for record in records for row in rows_of(record)))
        for name, rows_of in _ROWS.items()
    }


def write_csv(records: Sequence[TradingRecord], folder: Path) -> dict[str, Path]:
    """Write every file into ``folder``, each whole or not at all; return where, by its name."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, content in csv_files(records).items():
        written[name] = folder / name
        write_whole(written[name], content)
    return written


def _table(columns: Iterable[str], rows: Iterable[Row]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_field(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8", "backslashreplace")


def _field(value: Any) -> str:
    if value is None or value is pd.NaT:
        return ""
    if isinstance(value, str):
        return _harmless(value)
    if isinstance(value, bool | np.bool_):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, float | np.floating):
        return f"{value:.12g}" if math.isfinite(value) else ""
    return str(value)


def _harmless(text: str) -> str:
    quoted = f"'{text}" if text.lstrip(" ").startswith(FORMULA_STARTS) else text
    return " ".join(quoted.splitlines()) if "\n" in quoted or "\r" in quoted else quoted


def _trades(record: TradingRecord) -> Iterable[Row]:
    trades = record.trades.reset_index(drop=True)
    fills = trade_fills(trades)
    signs = np.where(trades["is_short"], -1.0, 1.0)
    enters = np.sign(fills["amount"]) == signs[fills["trade"].to_numpy(dtype=int)]
    numbers = range(len(trades))
    fees = fills.groupby("trade")["fee_usd"].sum().reindex(numbers, fill_value=0.0)
    entries = enters.groupby(fills["trade"]).sum().reindex(numbers, fill_value=0)
    fills_of = fills.groupby("trade").size().reindex(numbers, fill_value=0)
    value = fills["amount"].abs() * fills["price_usd"]
    entered = value.where(enters, 0.0).groupby(fills["trade"]).sum().reindex(numbers, fill_value=0)
    for number, row in enumerate(trades.to_dict("records")):
        is_open = row["close_date"] is pd.NaT
        bought = float(entered[number])
        yield (
            record.name,
            str(record.source),
            row["pair"],
            "short" if row["is_short"] else "long",
            row["open_date"],
            row["close_date"],
            is_open,
            row["open_rate"],
            None if is_open else row["close_rate"],
            row["amount"],
            row["leverage"],
            row["stake_amount"],
            None if is_open else row["profit_abs"],
            None if is_open or not bought > 0.0 else row["profit_abs"] / bought,
            float(fees[number]),
            row["funding_fees"],
            row["min_rate"],
            row["max_rate"],
            int(entries[number]),
            int(fills_of[number] - entries[number]),
            row["enter_tag"],
            row["exit_reason"],
            record.stake_currency,
        )


def _equity(record: TradingRecord) -> Iterable[Row]:
    falls = drawdown_curve(record.equity)
    benchmark = record.benchmark
    held: list[float | None] = [None] * len(record.equity)
    if benchmark is not None:
        index = record.equity.index.union(benchmark.index)
        held = list(benchmark.reindex(index).ffill().reindex(record.equity.index))
    times = pd.DatetimeIndex(record.equity.index)
    for at, usd, fall, value in zip(times, record.equity, falls, held, strict=True):
        yield record.name, at, usd, fall, value


def _monthly(record: TradingRecord) -> Iterable[Row]:
    equity = record.equity
    months = (pd.DatetimeIndex(equity.index) - pd.Timedelta(1, "ns")).strftime("%Y-%m")
    closed = pd.DatetimeIndex(record.closed_trades["close_date"]).strftime("%Y-%m")
    counts = pd.Series(closed).value_counts()
    before, since = float(equity.iloc[0]), equity.index[0]
    for month, rows in equity.groupby(months, sort=True):
        last = float(rows.iloc[-1])
        change = last / before - 1.0 if before > 0.0 else math.nan
        count = int(counts.get(str(month), 0))
        if rows.index[-1] != equity.index[0]:
            span = since, rows.index[-1]
            yield record.name, str(month), change, last - before, *span, count
        before, since = last, rows.index[-1]


def _acts(record: TradingRecord) -> Iterable[Row]:
    for act in () if record.acts is None else record.acts.acts:
        trade = act.trade
        position: Row = (None, None, None)
        if trade is not None:
            position = (trade.open_time, trade.stake_usd, trade.profit_usd)
        yield (
            *(record.name, act.at, act.event, act.rule, act.pair or "", act.until),
            *(act.value, act.limit, act.reason, act.observed, *position),
        )


def _denials(record: TradingRecord) -> Iterable[Row]:
    for one in () if record.acts is None else record.acts.denials:
        for day, count in sorted(one.by_day.items()):
            yield record.name, day.isoformat(), one.rule, one.kind, count


_ROWS: Mapping[str, Callable[[TradingRecord], Iterable[Row]]] = {
    "trades.csv": _trades,
    "equity.csv": _equity,
    "monthly.csv": _monthly,
    "acts.csv": _acts,
    "denials.csv": _denials,
}
