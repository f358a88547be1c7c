"""What the decision log of a bot adds to its database: acts, reasons, equity, transfers."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from plimsoll.journal.acts import ActsReader
from plimsoll.journal.history import moment
from plimsoll.journal.kind import Kind
from plimsoll.journal.reading import Reading
from plimsoll.journal.trade_notes import NotesReader, TradeNote

Record = Mapping[str, Any]


def _empty() -> "pd.Series[float]":
    return pd.Series(dtype="float64", index=pd.DatetimeIndex([], tz="UTC"))


@dataclass(frozen=True, eq=False)
class BotLog:
    """What the log says of one account in a span.

    Attributes
    ----------
    acts
        What the guards did, in the shape of ``plimsoll.performance.guard_acts``; ``None`` where
        the log has no start of the account.
    targets
        What of a portfolio's targets could be held, the record of each day of the span.
    notes
        Why each trade was opened and closed, by Freqtrade's number.
    equity
        Equity at the moments at which it was recorded, open positions included.
    transfers
        Money that was paid in (above zero) or withdrawn, at the moment it was noticed.
    mode
        ``dry_run`` or ``live`` as the last start had it; ``None`` without one.
    config
        The config of the last start, flat; empty without one.
    fault
        What is wrong with the log; ``None`` when it is whole.
    last_at
        The time of the account's last record.
    """

    acts: Mapping[str, Any] | None = None
    targets: tuple[Record, ...] = ()
    notes: Mapping[int, TradeNote] = field(default_factory=dict)
    equity: "pd.Series[float]" = field(default_factory=_empty)
    transfers: "pd.Series[float]" = field(default_factory=_empty)
    mode: str | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    fault: str | None = None
    last_at: pd.Timestamp | None = None


def read_bot_log(
    folder: Path,
    account: str | None,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    positions: Mapping[int, Mapping[str, Any]] | None = None,
) -> BotLog:
    """Read a decision log while its bot may be writing it; damage is passed over and named.

    Parameters
    ----------
    folder
        Where the daily files are.
    account
        Digest of the account; ``None`` takes every record.
    since, until
        The span of the acts and targets; notes, equity and transfers are read of all.
    positions
        ``open_time`` and ``stake_usd`` of each trade, by number, for the positions closed.
    """
    reading = Reading()
    acts, notes = ActsReader(since, until), NotesReader()
    equity: dict[datetime, float] = {}
    transfers: dict[datetime, float] = {}
    targets: list[Record] = []
    start: Record | None = None
    last: datetime | None = None
    for record in of_account(reading.records(folder), account):
        last = moment(record)
        if record["kind"] == Kind.START:
            start = record
        acts.take(record)
        notes.take(record)
        _take_money(record, last, equity, transfers)
        if record["kind"] == Kind.TARGETS and _is_within(last, since, until):
            targets.append(record)
    return BotLog(
        acts=None if start is None else acts.section(positions),
        targets=tuple(targets),
        notes=notes.notes,
        equity=_series(equity),
        transfers=_series(transfers),
        mode=None if start is None else str(start.get("mode")),
        config={} if start is None else dict(start.get("config") or {}),
        fault=reading.fault,
        last_at=None if last is None else pd.Timestamp(last),
    )


def of_account(records: Iterator[dict[str, Any]], account: str | None) -> Iterator[Record]:
    """Yield the records of an account: those after its start, and those that name it."""
    theirs = False
    for record in records:
        named = record.get("account")
        if record["kind"] == Kind.START:
            theirs = account is not None and named is not None and named != account
        if account is not None and named is not None and record["kind"] != Kind.START:
            if named == account:
                yield record
        elif not theirs:
            yield record


def _is_within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at <= until)


def _take_money(
    record: Record, at: datetime, equity: dict[datetime, float], transfers: dict[datetime, float]
) -> None:
    value = record.get("equity_usd")
    if isinstance(value, int | float) and not isinstance(value, bool):
        equity[at] = float(value)
    amount = record.get("amount_usd")
    moved = record["kind"] == Kind.BREAK and record.get("event") in ("transfer", "accepted")
    if moved and isinstance(amount, int | float):
        transfers[at] = transfers.get(at, 0.0) + float(amount)


def _series(values: Mapping[datetime, float]) -> "pd.Series[float]":
    if not values:
        return _empty()
    index = pd.DatetimeIndex(list(values)).tz_convert("UTC")
    return pd.Series(list(values.values()), index=index, dtype="float64").sort_index()
